// The dispatcher between workloads made by hand and SMs that only take time.
#pragma once

#include <catch2/catch.hpp>

#include "sim/gpu/cta_dispatcher.hpp"
#include "sim/kernel/simulation.hpp"
#include "tests/sim/gpu/small_gpu.hpp"

#include <functional>
#include <map>
#include <tuple>

namespace heddle {

inline constexpr Cycles kLink = 60; // cycles of the links between dispatcher and SMs

// A CTA as an SM saw it arrive.
struct Arrival {
    Cycle cycle; // of dispatch
    SmId sm;
    std::uint32_t cta; // linear index in its grid
    std::uint32_t kernel;
    Bytes carve_out;
    bool invalidate_l1;
};

// How long a CTA runs (kNever: it hangs), and how long after its end its stores are acknowledged (0: it has none).
struct CtaTime {
    Cycles run = 100;
    Cycles stores = 0;
};
using Work = std::function<CtaTime(std::uint32_t kernel, std::uint32_t cta)>;

class FakeSm final : public ComponentOf<FakeSm> {
  public:
    FakeSm(const ClockDomain& clock, SmId id, Rx<CtaLaunch> launches, Tx<CtaNotice> notices, const Work& work)
        : ComponentOf("sm", clock), id_(id), launches_(launches), notices_(notices), work_(work) {}

    void tick(Now now) override {
        for (const CtaLaunch* launch = launches_.peek(now); launch; launch = launches_.peek(now)) {
            const std::uint32_t cta = launch->instructions->index.x;
            arrivals.push_back({now.cycle - kLink, id_, cta, launch->kernel, launch->shared_carve_out, launch->invalidate_l1});
            const CtaTime duration = work_(launch->kernel, cta);
            CtaNotice done{CtaNotice::Kind::Done, id_, launch->kernel, launch->ticket, duration.stores != 0, 10, 320};
            if (duration.run != kNever) due_.emplace(now.cycle + duration.run, done);
            if (duration.stores != 0) due_.emplace(now.cycle + duration.run + duration.stores, CtaNotice{CtaNotice::Kind::Drained, id_});
            resident_ += 1;
            most_resident = std::max(most_resident, resident_);
            launches_.pop(now);
        }
        while (!due_.empty() && due_.begin()->first <= now.cycle) {
            if (due_.begin()->second.kind == CtaNotice::Kind::Done) --resident_;
            HEDDLE_EXPECT(notices_.can_send(now), "no room for a notice of SM {}", id_);
            notices_.send(now, due_.begin()->second);
            due_.erase(due_.begin());
        }
    }
    Cycle next_event(Cycle now) const override {
        Cycle next = due_.empty() ? kNever : std::max(now + 1, due_.begin()->first);
        const Cycle arrival = edge(launches_.next_arrival());
        return arrival == kNever ? next : std::min(next, std::max(now + 1, arrival));
    }
    void explain_wait(WaitReport&) const override {}
    unsigned most_resident = 0;
    std::vector<Arrival> arrivals;

  private:
    SmId id_;
    Rx<CtaLaunch> launches_;
    Tx<CtaNotice> notices_;
    const Work& work_;
    std::multimap<Cycle, CtaNotice> due_;
    unsigned resident_ = 0;
};

// A grid of which some CTAs hold no warps.
class GappyKernel final : public Kernel {
  public:
    GappyKernel(std::uint64_t id, std::uint32_t ctas, std::function<bool(std::uint32_t)> empty) : empty_(std::move(empty)) {
        launch_.name = "gappy";
        launch_.id = id;
        launch_.grid = {ctas, 1, 1};
        launch_.block = {32, 1, 1};
        launch_.registers_per_thread = 32;
    }
    const KernelLaunch& launch() const override { return launch_; }
    const KernelCode& code() const override { return code_; }
    std::optional<CtaInstructions> next_cta() override {
        if (next_ == launch_.grid.x) return std::nullopt;
        CtaInstructions cta;
        cta.index = {next_, 0, 0};
        if (!empty_(next_++)) cta.warps.push_back(nullptr);
        return cta;
    }

  private:
    KernelLaunch launch_;
    KernelCode code_;
    std::function<bool(std::uint32_t)> empty_;
    std::uint32_t next_ = 0;
};

class OneKernel final : public Workload {
  public:
    explicit OneKernel(std::unique_ptr<Kernel> kernel) : kernel_(std::move(kernel)) {}
    std::string description() const override { return "one"; }
    std::string digest() const override { return "one"; }
    std::optional<Command> next_command() override {
        if (!kernel_) return std::nullopt;
        Command command;
        command.kernel = std::move(kernel_);
        return command;
    }
    FrontendNotes notes() const override { return {}; }

  private:
    std::unique_ptr<Kernel> kernel_;
};

struct Outcome {
    std::vector<Arrival> arrivals; // in order of dispatch
    std::vector<KernelRecord> kernels;
    std::vector<std::pair<Cycle, CtaDispatcher::Copy>> copies; // with the cycle of their boundary
    std::vector<unsigned> most_resident;                       // by SM
    bool finished = false;
    std::uint64_t ctas = 0, skipped = 0, empty = 0, copy_bytes = 0, clusters = 0;
    std::string wait_report;
    const KernelRecord& kernel(std::uint64_t id) const {
        for (const auto& k : kernels)
            if (k.id == id) return k;
        FAIL("kernel " << id << " has not run");
        return kernels.front();
    }
    std::vector<Arrival> of(std::uint32_t kernel) const {
        std::vector<Arrival> result;
        for (const auto& a : arrivals)
            if (a.kernel == kernel) result.push_back(a);
        return result;
    }
};

struct Setting {
    std::vector<std::string> overrides;
    Work work = [](std::uint32_t, std::uint32_t) { return CtaTime{}; };
    std::uint64_t first = 1, last = ~0ULL;
    bool boundary_for_copies = false;
    RunOptions options;
};

inline Outcome dispatch(Workload& workload, const Setting& setting = {}) {
    std::vector<std::string> overrides{"clocks.sm=1000 MHz"};
    overrides.insert(overrides.end(), setting.overrides.begin(), setting.overrides.end());
    const GpuConfig config = small_gpu(overrides);
    ClockDomain clock("sm", config.clocks.sm);
    const Duration latency = clock.duration_of(kLink);
    Outcome outcome;
    std::vector<std::unique_ptr<Link<CtaLaunch>>> launches;
    std::vector<std::unique_ptr<Link<CtaNotice>>> notices;
    std::vector<std::unique_ptr<FakeSm>> sms;
    CtaDispatcher::Ports ports;
    for (unsigned i = 0; i < config.sms(); ++i) {
        launches.push_back(std::make_unique<Link<CtaLaunch>>("launch", latency, latency, config.sm.limits.ctas));
        notices.push_back(std::make_unique<Link<CtaNotice>>("notice", latency, latency, 2 * config.sm.limits.ctas));
        sms.push_back(std::make_unique<FakeSm>(clock, static_cast<SmId>(i), Rx(*launches[i]), Tx(*notices[i]), setting.work));
        ports.launches.emplace_back(*launches[i]);
        ports.notices.emplace_back(*notices[i]);
    }
    CtaDispatcher dispatcher("gpu.dispatcher", clock, config, std::move(ports), latency);
    Simulation simulation;
    simulation.add(dispatcher);
    for (unsigned i = 0; i < sms.size(); ++i) {
        simulation.add(*sms[i]);
        simulation.add(*launches[i], dispatcher, *sms[i]);
        simulation.add(*notices[i], *sms[i], dispatcher);
    }
    dispatcher.start(workload, setting.first, setting.last, setting.boundary_for_copies);
    simulation.set_boundary([&] { return dispatcher.wanted_boundary(); },
                            [&](Time time) {
                                auto reached = dispatcher.reach_boundary(time);
                                for (auto& kernel : reached.kernels) outcome.kernels.push_back(std::move(kernel.record));
                                for (const auto& copy : reached.copies) outcome.copies.emplace_back(clock.edge_at_or_after(time), copy);
                            });
    simulation.run(setting.options);
    for (const auto& sm : sms) { // possibly on threads of their own, so each kept its own log
        outcome.most_resident.push_back(sm->most_resident);
        outcome.arrivals.insert(outcome.arrivals.end(), sm->arrivals.begin(), sm->arrivals.end());
    }
    std::stable_sort(outcome.arrivals.begin(), outcome.arrivals.end(), [](const Arrival& a, const Arrival& b) {
        return std::tie(a.cycle, a.kernel, a.cta) < std::tie(b.cycle, b.kernel, b.cta);
    });
    outcome.finished = dispatcher.finished();
    outcome.ctas = dispatcher.stats.ctas.value();
    outcome.skipped = dispatcher.stats.skipped_kernels.value();
    outcome.empty = dispatcher.stats.empty_ctas.value();
    outcome.copy_bytes = dispatcher.stats.copy_bytes.value();
    outcome.clusters = dispatcher.unmodelled.cluster_launches.value();
    outcome.wait_report = simulation.wait_report();
    return outcome;
}

// Adds kernels of no particular code: the SMs here do not look at it.
struct Kernels {
    Program program{"k", 80};
    SyntheticWorkload workload;
    Kernels() { program.row("EXIT", {}, {}); }
    void add(SyntheticLaunch launch) {
        workload.add_kernel(program, launch, [](std::uint64_t, std::uint32_t, WarpCode&) {});
    }
};

inline std::vector<SmId> sms_of(const std::vector<Arrival>& arrivals) {
    std::vector<SmId> result;
    for (const auto& a : arrivals) result.push_back(a.sm);
    return result;
}

} // namespace heddle
