#include "sim/kernel/systemc_host.hpp"

#define SC_INCLUDE_DYNAMIC_PROCESSES
#include <systemc>

#include <algorithm>
#include <exception>

// The library's own main() wants this symbol; Heddle's main() drives the kernel directly.
__attribute__((visibility("default"))) int sc_main(int, char**) { return 0; }

namespace heddle {

namespace {

sc_core::sc_time to_sc(Duration femtoseconds) { return sc_core::sc_time::from_value(femtoseconds); }

class Host : public sc_core::sc_module {
  public:
    SC_HAS_PROCESS(Host);
    Host(sc_core::sc_module_name name, Simulation& simulation, bool skip) : sc_module(name), simulation_(simulation), skip_(skip) {
        // In order of first appearance, so that nothing depends on addresses.
        for (Component* component : simulation.components()) {
            auto domain = std::find_if(domains_.begin(), domains_.end(), [&](const auto& d) { return d->clock == &component->clock(); });
            if (domain == domains_.end()) domain = domains_.insert(domains_.end(), std::make_unique<Domain>(&component->clock()));
            (*domain)->components.push_back(component);
        }
        for (std::size_t i = 0; i < domains_.size(); ++i) {
            sc_core::sc_spawn_options options;
            options.spawn_method();
            options.set_sensitivity(&domains_[i]->wake);
            sc_core::sc_spawn([this, i] { tick(*domains_[i]); }, sc_core::sc_gen_unique_name("domain"), &options);
        }
    }

    std::exception_ptr error;

  private:
    struct Domain {
        explicit Domain(const ClockDomain* c) : clock(c) {}
        const ClockDomain* clock;
        std::vector<Component*> components;
        sc_core::sc_event wake;
    };

    void tick(Domain& domain) {
        const Time now = sc_core::sc_time_stamp().value();
        try {
            pass_boundaries(now);
            Time next = kNoTime;
            Time caused = kNoTime;
            for (Component* component : domain.components) {
                component->caused = kNoTime;
                next = std::min(next, component->run_until(now + 1, skip_));
                caused = std::min(caused, component->caused);
            }
            if (!skip_ && next != kNoTime) next = std::min(next, domain.clock->time_of(domain.clock->edge_at_or_after(now + 1)));
            wake(domain, now, next);
            for (auto& other : domains_) {
                if (caused != kNoTime) wake(*other, now, other->clock->time_of(other->clock->edge_at_or_after(caused)));
            }
            const Time boundary = simulation_.next_boundary();
            if (boundary != kNoTime) wake(domain, now, boundary);
        } catch (...) {
            error = std::current_exception();
            sc_core::sc_stop();
        }
    }

    // Calls for every boundary not after `now`. All edges before it are done: SystemC time does not go back.
    void pass_boundaries(Time now) {
        for (Time boundary = simulation_.next_boundary(); boundary <= now; boundary = simulation_.next_boundary()) {
            // Domains that slept because nothing can happen have edges before it still to tick, if they are ticked at all.
            for (Component* component : simulation_.components())
                if (!skip_) component->run_until(boundary, skip_);
            simulation_.reach_boundary(boundary);
            for (auto& domain : domains_) domain->wake.notify(sc_core::SC_ZERO_TIME);
        }
    }

    // An earlier notification wins over a later one, by the rules of sc_event.
    void wake(Domain& domain, Time now, Time at) {
        if (at == kNoTime) return;
        if (at <= now) domain.wake.notify(sc_core::SC_ZERO_TIME);
        else domain.wake.notify(to_sc(at - now));
    }

    Simulation& simulation_;
    bool skip_;
    std::vector<std::unique_ptr<Domain>> domains_;
};

} // namespace

void run_on_systemc(Simulation& simulation, bool skip) {
    static bool used = false;
    HEDDLE_EXPECT(!used, "SystemC can be elaborated once per process");
    used = true;
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    Host host("heddle", simulation, skip);
    sc_core::sc_start(); // returns when no event is left
    if (host.error) std::rethrow_exception(host.error);
}

} // namespace heddle
