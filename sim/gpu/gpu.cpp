#include "sim/gpu/gpu.hpp"

#include "sim/dram/hbm_channel.hpp"
#include "sim/gpu/cta_dispatcher.hpp"
#include "sim/gpu/die_area.hpp"
#include "sim/gpu/energy.hpp"
#include "sim/gpu/energy_meter.hpp"
#include "sim/gpu/interval_governor.hpp"
#include "sim/gpu/run_hash.hpp"
#include "sim/l2/l2_slice.hpp"
#include "sim/noc/crossbar.hpp"
#include "sim/sm/sm.hpp"
#include "sim/sm/tensor_core.hpp"

#include <algorithm>

namespace heddle {

namespace {

constexpr Duration kDrainCheck = 200 * kNanosecond;

double per_second(double per_cycle, Hertz clock) { return per_cycle * static_cast<double>(clock); }

} // namespace

struct Gpu::Machine {
    explicit Machine(const GpuConfig& c);

    template <class T> Link<T>& link(std::string name, Duration latency, std::size_t capacity) {
        auto made = std::make_unique<Link<T>>(std::move(name), latency, latency, capacity);
        Link<T>& result = *made;
        links.push_back(std::move(made));
        return result;
    }
    void wire_memory();
    void wire_sms();
    void wire_dispatcher();
    void connect();
    void register_stats();
    void observe(const ObservationOptions& what);
    Time wanted_boundary() const;
    bool quiet(Time time) const;
    void reached(Time time);
    void change_sm_clock(Hertz frequency);
    void read_meter(Time until, const TensorOperations& tensor);
    void share_energy(std::vector<CtaDispatcher::Finished>& kernels, const TensorOperations& tensor);
    void kernel_ended(CtaDispatcher::Finished finished, const Counters& counters, const TensorOperations& tensor_operations);
    TensorOperations tensor_operations() const;
    EnergyInputs energy_inputs() const { return {config.power, config.clocks.sm, config.clocks.l2, sms, slices, channels}; }
    void take_observations();
    void close_energy(RunRecord& of) const;
    void close_cycles(const std::vector<std::uint64_t>& values) const;

    GpuConfig config;
    ClockDomain sm_clock, l2_clock, dram_clock;
    AddressMap addresses;
    unsigned gpcs, sms, slices, channels;
    std::vector<unsigned> gpc_of_sm;

    // A link is made before its two ends; the ends are noted here and joined once every component exists.
    std::vector<std::unique_ptr<LinkBase>> links;
    std::vector<Link<CtaLaunch>*> launch;            // [sm]
    std::vector<Link<CtaNotice>*> notice;            // [sm]
    std::vector<Link<MemoryRequest>*> sm_request;    // [sm]
    std::vector<Link<MemoryReply>*> sm_reply;        // [sm]
    std::vector<std::vector<Link<MemoryRequest>*>> slice_request; // [gpc][slice]
    std::vector<std::vector<Link<MemoryReply>*>> slice_reply;     // [gpc][slice]
    std::vector<Link<DramRequest>*> dram_request;    // [slice]
    std::vector<Link<DramReply>*> dram_reply;        // [slice]
    std::vector<Link<MemoryRequest>*> peer_request;  // [slice]: from the slice to its counterpart
    std::vector<Link<PeerReply>*> peer_reply;        // [slice]: likewise

    std::vector<std::unique_ptr<Sm>> sm;
    std::vector<std::unique_ptr<Crossbar<MemoryRequest>>> request_crossbar; // [gpc]
    std::vector<std::unique_ptr<Crossbar<MemoryReply>>> reply_crossbar;     // [gpc]
    std::vector<std::unique_ptr<L2Slice>> l2;
    std::vector<std::unique_ptr<HbmChannel>> dram;
    std::unique_ptr<CtaDispatcher> dispatcher;

    Simulation simulation;
    StatTree tree;
    std::vector<std::uint64_t> last_snapshot;
    TensorOperations last_tensor_operations{};
    std::unique_ptr<TimeSeriesSampler> sampler;
    bool sampling = false;
    std::unique_ptr<IntervalGovernor> governor; // if one looks at intervals
    bool governing = false;
    bool clock_changed = false;
    std::unique_ptr<EnergyMeter> meter; // if energies are known and the SM clock may change
    Energy energy_used;                 // up to the last reading
    Energy kernel_used;                 // of that, since a kernel ended at kernel_from
    Time kernel_from = 0;
    GpuRunOptions options;
    RunRecord record;
    Time present = 0;      // of the last boundary
    Time last_end = 0;     // of the kernels that have ended
    bool empty_l2 = false; // cold caches: L2 is to be emptied before the next kernel
};

Gpu::Machine::Machine(const GpuConfig& c)
    : config(c), sm_clock("sm", c.clocks.sm), l2_clock("l2", c.clocks.l2), dram_clock("dram", c.clocks.dram), addresses(config.address_map),
      gpcs(static_cast<unsigned>(c.sms_per_gpc.size())), sms(c.sms()), slices(c.address_map.slices), channels(addresses.channels()) {
    for (unsigned gpc = 0; gpc < gpcs; ++gpc) gpc_of_sm.insert(gpc_of_sm.end(), config.sms_per_gpc[gpc], gpc);

    const NocConfig& noc = config.noc;
    for (unsigned i = 0; i < sms; ++i) {
        const Duration cta = sm_clock.duration_of(config.host.cta_launch_latency);
        launch.push_back(&link<CtaLaunch>(fmt::format("dispatcher->sm[{}]", i), cta, config.sm.limits.ctas));
        notice.push_back(&link<CtaNotice>(fmt::format("sm[{}]->dispatcher", i), cta, config.sm.limits.ctas + 2));
        sm_request.push_back(&link<MemoryRequest>(fmt::format("sm[{}]->gpc", i), l2_clock.duration_of(noc.sm_to_gpc), noc.sm_queue_messages));
        sm_reply.push_back(&link<MemoryReply>(fmt::format("gpc->sm[{}]", i), l2_clock.duration_of(noc.gpc_to_sm), noc.sm_queue_messages));
    }
    for (unsigned gpc = 0; gpc < gpcs; ++gpc) {
        auto& requests = slice_request.emplace_back();
        auto& replies = slice_reply.emplace_back();
        for (unsigned s = 0; s < slices; ++s) {
            // Room for what is in flight at one message per cycle, there and back, and what waits at the end.
            requests.push_back(&link<MemoryRequest>(fmt::format("gpc[{}]->l2[{}]", gpc, s), l2_clock.duration_of(noc.gpc_to_slice),
                                                    noc.slice_queue_messages + noc.gpc_to_slice / 2));
            replies.push_back(&link<MemoryReply>(fmt::format("l2[{}]->gpc[{}]", s, gpc), l2_clock.duration_of(noc.slice_to_gpc),
                                                 noc.reply_queue_messages + noc.slice_to_gpc / 2));
        }
    }
    for (unsigned s = 0; s < slices; ++s) {
        const Duration to_dram = l2_clock.duration_of(config.l2.dram_link_latency);
        const std::size_t room = 16 + 2 * config.l2.dram_link_latency; // one a cycle, there and back
        dram_request.push_back(&link<DramRequest>(fmt::format("l2[{}]->dram", s), to_dram, room));
        dram_reply.push_back(&link<DramReply>(fmt::format("dram->l2[{}]", s), to_dram, room));
        if (addresses.partitions() != 2) continue;
        const Duration across = l2_clock.duration_of(config.l2.peer_latency);
        const std::size_t peer_room = 16 + 2 * config.l2.peer_latency;
        peer_request.push_back(&link<MemoryRequest>(fmt::format("l2[{}]->peer", s), across, peer_room));
        peer_reply.push_back(&link<PeerReply>(fmt::format("l2[{}]=>peer", s), across, peer_room));
    }
    wire_memory();
    wire_sms();
    wire_dispatcher();
    connect();
    register_stats();
}

void Gpu::Machine::wire_sms() {
    for (unsigned i = 0; i < sms; ++i) {
        const unsigned gpc = gpc_of_sm[i];
        sm.push_back(std::make_unique<Sm>(fmt::format("gpu.sm[{}]", i), sm_clock, config.sm, addresses, static_cast<SmId>(i), static_cast<std::uint8_t>(gpc),
                                          addresses.side_of_gpc(gpc, gpcs),
                                          Sm::Ports{Tx(*sm_request[i]), Rx(*sm_reply[i]), Rx(*launch[i]), Tx(*notice[i])}));
    }
    unsigned first = 0;
    for (unsigned gpc = 0; gpc < gpcs; ++gpc) {
        Crossbar<MemoryRequest>::Ports requests;
        Crossbar<MemoryReply>::Ports replies;
        std::vector<std::uint16_t> to_slice(slices), to_sm(sms, Crossbar<MemoryReply>::kNoRoute);
        for (unsigned i = first; i < first + config.sms_per_gpc[gpc]; ++i) {
            requests.in.emplace_back(*sm_request[i]);
            replies.out.emplace_back(*sm_reply[i]);
            to_sm[i] = static_cast<std::uint16_t>(i - first);
        }
        for (unsigned s = 0; s < slices; ++s) {
            requests.out.emplace_back(*slice_request[gpc][s]);
            replies.in.emplace_back(*slice_reply[gpc][s]);
            to_slice[s] = static_cast<std::uint16_t>(s);
        }
        request_crossbar.push_back(std::make_unique<Crossbar<MemoryRequest>>(fmt::format("gpu.noc.request[{}]", gpc), l2_clock, config.noc.request,
                                                                             std::move(requests), std::move(to_slice)));
        reply_crossbar.push_back(std::make_unique<Crossbar<MemoryReply>>(fmt::format("gpu.noc.reply[{}]", gpc), l2_clock, config.noc.reply,
                                                                         std::move(replies), std::move(to_sm)));
        first += config.sms_per_gpc[gpc];
    }
}

void Gpu::Machine::wire_memory() {
    for (unsigned s = 0; s < slices; ++s) {
        L2Slice::Ports ports;
        for (unsigned gpc = 0; gpc < gpcs; ++gpc) {
            ports.requests.emplace_back(*slice_request[gpc][s]);
            ports.replies.emplace_back(*slice_reply[gpc][s]);
        }
        ports.dram = Tx(*dram_request[s]);
        ports.dram_replies = Rx(*dram_reply[s]);
        if (addresses.partitions() == 2) {
            const SliceId other = addresses.peer_of(static_cast<SliceId>(s));
            ports.peer_requests_out = Tx(*peer_request[s]);
            ports.peer_requests_in = Rx(*peer_request[other]);
            ports.peer_replies_out = Tx(*peer_reply[s]);
            ports.peer_replies_in = Rx(*peer_reply[other]);
        }
        l2.push_back(std::make_unique<L2Slice>(fmt::format("gpu.l2[{}]", s), l2_clock, config.l2, addresses, static_cast<SliceId>(s), std::move(ports)));
    }
    for (unsigned channel = 0; channel < channels; ++channel) {
        HbmChannel::Ports ports;
        for (unsigned s = 0; s < slices; ++s) {
            if (addresses.channel_of(static_cast<SliceId>(s)) != channel) continue;
            ports.requests.emplace_back(*dram_request[s]);
            ports.replies.emplace_back(*dram_reply[s]);
        }
        dram.push_back(std::make_unique<HbmChannel>(fmt::format("gpu.dram[{}]", channel), dram_clock, config.dram, std::move(ports)));
    }
}

void Gpu::Machine::wire_dispatcher() {
    Duration lookahead = kNoTime;
    for (const auto& l : links) lookahead = std::min(lookahead, l->latency());
    CtaDispatcher::Ports ports;
    for (unsigned i = 0; i < sms; ++i) {
        ports.launches.emplace_back(*launch[i]);
        ports.notices.emplace_back(*notice[i]);
    }
    dispatcher = std::make_unique<CtaDispatcher>("gpu.dispatcher", sm_clock, config, std::move(ports), lookahead);
}

// Tells the simulation every component and which two each link joins.
void Gpu::Machine::connect() {
    simulation.add(*dispatcher);
    for (auto& s : sm) simulation.add(*s);
    for (auto& x : request_crossbar) simulation.add(*x);
    for (auto& x : reply_crossbar) simulation.add(*x);
    for (auto& s : l2) simulation.add(*s);
    for (auto& d : dram) simulation.add(*d);
    for (unsigned i = 0; i < sms; ++i) {
        simulation.add(*launch[i], *dispatcher, *sm[i]);
        simulation.add(*notice[i], *sm[i], *dispatcher);
        simulation.add(*sm_request[i], *sm[i], *request_crossbar[gpc_of_sm[i]]);
        simulation.add(*sm_reply[i], *reply_crossbar[gpc_of_sm[i]], *sm[i]);
    }
    for (unsigned gpc = 0; gpc < gpcs; ++gpc) {
        for (unsigned s = 0; s < slices; ++s) {
            simulation.add(*slice_request[gpc][s], *request_crossbar[gpc], *l2[s]);
            simulation.add(*slice_reply[gpc][s], *l2[s], *reply_crossbar[gpc]);
        }
    }
    for (unsigned s = 0; s < slices; ++s) {
        HbmChannel& channel = *dram[addresses.channel_of(static_cast<SliceId>(s))];
        simulation.add(*dram_request[s], *l2[s], channel);
        simulation.add(*dram_reply[s], channel, *l2[s]);
        if (addresses.partitions() != 2) continue;
        L2Slice& other = *l2[addresses.peer_of(static_cast<SliceId>(s))];
        simulation.add(*peer_request[s], *l2[s], other);
        simulation.add(*peer_reply[s], *l2[s], other);
    }
}

void Gpu::Machine::register_stats() {
    tree.add("gpu.dispatcher", dispatcher->stats);
    tree.add("gpu.unmodelled", dispatcher->unmodelled);
    for (auto& s : sm) s->register_stats(tree);
    for (auto& x : request_crossbar) tree.add(x->path(), x->stats());
    for (auto& x : reply_crossbar) tree.add(x->path(), x->stats());
    for (auto& s : l2) tree.add(s->path(), s->stats());
    // Both levels if either has a prefetcher, so that the sums over both exist.
    if (config.sm.memory.l1_cache.prefetcher.on() || config.l2.prefetcher.on()) {
        for (auto& s : sm) tree.add(s->path() + ".l1_cache.prefetcher", s->prefetcher_stats());
        for (auto& s : l2) tree.add(s->path() + ".prefetcher", s->prefetcher_stats());
    }
    for (auto& d : dram) tree.add(d->path(), d->stats());
    tree.freeze();
    last_snapshot = tree.snapshot();
}

void Gpu::Machine::observe(const ObservationOptions& what) {
    if (what.time_series.interval != 0) {
        HEDDLE_EXPECT(what.time_series.interval >= simulation.lookahead(), "a time series of intervals of {} fs", what.time_series.interval);
        sampler = std::make_unique<TimeSeriesSampler>(tree, what.time_series, config.power.enabled ? std::make_unique<EnergyMeter>(tree, energy_inputs()) : nullptr);
        sampling = true;
    }
    for (auto& s : sm) {
        s->set_profiling(what.hot_instructions != 0);
        s->record_ctas((what.cta_spans + sms - 1) / sms);
    }
    if (what.hot_instructions != 0) dispatcher->keep_kernels();
    if (what.copies) dispatcher->record_copies();
}

Time Gpu::Machine::wanted_boundary() const {
    Time wanted = dispatcher->wanted_boundary();
    if (sampling) wanted = std::min(wanted, sampler->next());
    if (governing) wanted = std::min(wanted, governor->next());
    return wanted;
}

// Whether nothing can happen any more. Requires: the machine stands still at `time`.
bool Gpu::Machine::quiet(Time time) const {
    if (dispatcher->wanted_boundary() != kNoTime) return false;
    return std::all_of(simulation.components().begin(), simulation.components().end(), [&](const Component* c) {
        const Cycle next = c->clock().edge_at_or_after(time);
        return c->next_event(next == 0 ? 0 : next - 1) == kNever;
    });
}

TensorOperations Gpu::Machine::tensor_operations() const {
    TensorOperations sums{};
    for (const auto& s : sm) s->add_tensor_operations(sums);
    return sums;
}

void Gpu::Machine::kernel_ended(CtaDispatcher::Finished finished, const Counters& counters, const TensorOperations& tensor_operations) {
    finished.record.counters = counters;
    finished.record.tensor_operations = tensor_operations;
    if (finished.kernel) {
        std::vector<InstructionCounts> counts;
        for (auto& s : sm) s->take_profile(finished.number, counts);
        finished.record.hot_instructions = hottest(*finished.kernel, counts, options.observe.hot_instructions);
    }
    last_end = std::max(last_end, finished.record.end);
    record.kernels.push_back(std::move(finished.record));
    if (options.kernel_ended) options.kernel_ended(record.kernels.back());
}

// At the end of the run.
void Gpu::Machine::take_observations() {
    if (sampler) record.time_series = sampler->finish({last_end, sm_clock.frequency(), tensor_operations()});
    if (options.observe.cta_spans != 0)
        for (const auto& s : sm) record.cta_spans.push_back({s->cta_spans(), s->stats.ctas.value()});
    record.copies = dispatcher->copies();
}

void Gpu::Machine::read_meter(Time until, const TensorOperations& tensor) {
    const Energy energy = meter->read(until, sm_clock.frequency(), tensor);
    energy_used += energy;
    kernel_used += energy;
}

// What was used since the last kernel ended is that of these; of what is drawn whatever happens, the share of their duration.
void Gpu::Machine::share_energy(std::vector<CtaDispatcher::Finished>& kernels, const TensorOperations& tensor) {
    Time until = 0;
    for (const auto& kernel : kernels) until = std::max(until, kernel.record.end);
    read_meter(until, tensor);
    const double span = static_cast<double>(until - std::min(until, kernel_from));
    for (auto& kernel : kernels) {
        if (!clock_changed) continue; // its counters and its clock say it
        const double share = span > 0 ? static_cast<double>(kernel.record.end - kernel.record.start) / span : 1;
        kernel.record.energy_used = kernel_used;
        for (const EnergyPart& part : kEnergyParts)
            if (part.of == PartOf::Idle) (*kernel.record.energy_used).*part.joules *= share;
    }
    kernel_used = {};
    kernel_from = until;
}

// Requires: the machine stands still, or has not started.
void Gpu::Machine::change_sm_clock(Hertz frequency) {
    const TensorOperations tensor = tensor_operations();
    const Time until = dispatcher->kernels_ended() ? std::min(present, last_end) : present; // the last kernel's end may be reported after it
    if (config.power.enabled && !meter) meter = std::make_unique<EnergyMeter>(tree, energy_inputs());
    if (meter) read_meter(until, tensor);
    if (sampler) sampler->clock_changes({until, sm_clock.frequency(), tensor});
    sm_clock.set_frequency(frequency, present);
    clock_changed = true;
}

// At the end of the run: its SM clock and its energy, by interval too.
void Gpu::Machine::close_energy(RunRecord& of) const {
    of.sm_clock = config.clocks.sm;
    if (clock_changed && of.end > 0)
        of.sm_clock = static_cast<Hertz>(static_cast<long double>(sm_clock.edge_at_or_after(of.end)) * kFemtosecondsPerSecond / static_cast<long double>(of.end) + 0.5L);
    of.energy = energy_inputs();
    if (meter && clock_changed) {
        of.energy_used = energy_used;
        *of.energy_used += meter->read(of.end, sm_clock.frequency(), of.tensor_operations);
    }
    if (const auto energy = energy_of(of); energy && of.time_series) scale_to(*energy, of.time_series->energy);
}

// A kernel has ended, a copy has been reached, or it is time for the time series or the governor: the machine stands still at `time`.
void Gpu::Machine::reached(Time time) {
    simulation.settle(time);
    present = time;
    if (sampling && sampler->next() == time) {
        sampler->sample({time, sm_clock.frequency(), tensor_operations()});
        // Else the run would never end; the series ends with the last kernel.
        sampling = dispatcher->kernels_ended() ? sampler->next() <= last_end : !quiet(time);
    }
    if (governing && governor->next() == time) {
        if (const auto clock = governor->look(time, tensor_operations())) change_sm_clock(*clock);
        governing = !dispatcher->kernels_ended() && !quiet(time);
    }
    if (dispatcher->wanted_boundary() != time) return;
    auto finished = dispatcher->reach_boundary(time);
    if (!finished.kernels.empty()) {
        const auto now = tree.snapshot();
        const Counters counters{tree.families(difference(now, last_snapshot))};
        const TensorOperations tensor = tensor_operations();
        TensorOperations grown{};
        for (std::size_t type = 0; type < tensor.size(); ++type) grown[type] = tensor[type] - last_tensor_operations[type];
        last_tensor_operations = tensor;
        if (meter) share_energy(finished.kernels, tensor);
        for (auto& kernel : finished.kernels) kernel_ended(std::move(kernel), counters, grown);
        last_snapshot = now;
        empty_l2 = options.cache == CacheState::Cold;
    }
    if (empty_l2) {
        // Write-backs the last kernel left behind are let out first; the next kernel waits for that.
        if (std::all_of(l2.begin(), l2.end(), [](const auto& slice) { return slice->drained(); })) {
            for (auto& slice : l2) slice->invalidate();
            empty_l2 = false;
        } else {
            dispatcher->postpone(time + std::max(simulation.lookahead(), kDrainCheck));
        }
    }
    for (const auto& copy : finished.copies)
        for (auto& slice : l2) slice->warm(copy.address, copy.bytes);
    governing = governing && !dispatcher->kernels_ended();
    if (sampling && dispatcher->kernels_ended()) sampling = sampler->next() <= last_end;
}

// Law 3: every issue slot of an active SM was charged to exactly one reason, every warp-cycle to one state.
void Gpu::Machine::close_cycles(const std::vector<std::uint64_t>& values) const {
    for (const auto& [total, parts] : {std::pair{"gpu.sm.sub_core.active_cycles", "gpu.sm.sub_core.issue_slots."},
                                       std::pair{"gpu.sm.sub_core.warps_active", "gpu.sm.sub_core.warp_states."}}) {
        std::uint64_t sum = 0;
        for (unsigned i = 0; i < kStalls; ++i) sum += tree.sum(values, parts + std::string(name(static_cast<Stall>(i))));
        HEDDLE_EXPECT(sum == tree.sum(values, total), "{} is {}, its parts sum to {}", total, tree.sum(values, total), sum);
    }
}

Gpu::Gpu(const GpuConfig& config) : machine_(std::make_unique<Machine>(config)) {}
Gpu::~Gpu() = default;

RunRecord Gpu::run(Workload& workload, const GpuRunOptions& options) {
    Machine& m = *machine_;
    m.options = options;
    m.dispatcher->start(workload, options.first_kernel, options.last_kernel, options.cache == CacheState::Warm);
    for (auto& sm : m.sm) sm->set_tick_all(!options.computation.skip);
    m.observe(options.observe);
    if (const GovernorConfig& g = m.config.power.governor; g.policy != GovernorPolicy::None && !g.settles()) {
        m.governor = std::make_unique<IntervalGovernor>(m.tree, m.energy_inputs());
        m.governing = true;
    }
    if (m.config.power.enabled && !m.meter && (m.governor || options.kernel_ended)) m.meter = std::make_unique<EnergyMeter>(m.tree, m.energy_inputs());
    m.simulation.set_boundary([&m] { return m.wanted_boundary(); }, [&m](Time time) { m.reached(time); });
    if (options.progress) {
        m.simulation.set_progress([&m](Time time) {
            GpuRunOptions::Progress progress;
            progress.time = time;
            progress.kernels_done = m.dispatcher->kernels_done();
            m.dispatcher->progress(progress.ctas_done, progress.ctas, progress.warp_instructions);
            m.options.progress(progress);
        });
    }
    if (options.host) options.host(m.simulation, options.computation);
    else m.simulation.run(options.computation);
    if (!m.dispatcher->finished())
        throw Deadlock("the model is deadlocked: nothing can happen any more, and\n" + m.simulation.wait_report());

    const auto values = m.tree.snapshot();
    m.close_cycles(values);
    m.take_observations();
    RunRecord record = std::move(m.record);
    record.gpu = m.config.name;
    record.trace = workload.description();
    record.trace_digest = workload.digest();
    record.peaks = peaks();
    record.area = die_area(m.config);
    record.total = Counters{m.tree.families(values)};
    record.tensor_operations = m.tensor_operations();
    record.active_sm_cycles = m.tree.sum(values, "gpu.sm.active_cycles");
    record.end = m.last_end;
    for (const auto& kernel : record.kernels) {
        record.warp_instructions += kernel.warp_instructions;
        record.thread_instructions += kernel.thread_instructions;
    }
    if (m.governor) record.clock_history = m.governor->history();
    m.close_energy(record);
    HEDDLE_EXPECT(record.warp_instructions == m.tree.sum(values, "gpu.sm.sub_core.inst_executed"), "CTAs report {} warp instructions",
                  record.warp_instructions);
    record.notes = workload.notes();
    if (const auto bytes = m.dispatcher->stats.copy_bytes.value(); bytes != 0)
        record.notes.assumptions.push_back(fmt::format("copies to the device ({} bytes) take no simulated time", bytes));
    std::vector<std::uint64_t> digests;
    for (const auto& sm : m.sm) digests.push_back(sm->digest());
    record.run_hash = run_hash(record, values, digests);
    return record;
}

void Gpu::set_sm_frequency(Hertz frequency) { machine_->change_sm_clock(frequency); }

MachinePeaks Gpu::peaks() const {
    const Machine& m = *machine_;
    const GpuConfig& c = m.config;
    MachinePeaks peaks;
    peaks.sm_clock = c.clocks.sm;
    peaks.sms = m.sms;
    peaks.sub_cores = c.sm.sub_cores;
    peaks.warps_per_sm = c.sm.limits.warps;
    peaks.dram_bytes_per_second = per_second(c.dram.peak_bytes_per_tick() * m.channels, c.clocks.dram);
    peaks.l2_bytes_per_second = per_second(static_cast<double>(c.l2.data_bytes_per_cycle) * m.slices, c.clocks.l2);
    peaks.fp32_flops_per_second = per_second(2 * c.fp32_per_sm * m.sms, c.clocks.sm);
    peaks.fp64_flops_per_second = per_second(2 * c.fp64_per_sm * m.sms, c.clocks.sm);
    peaks.fp16_tensor_flops_per_second = per_second(2.0 * c.sm.tensor_core.f16 * c.sm.sub_cores * m.sms, c.clocks.sm);
    for (std::size_t type = 0; type < peaks.tensor_flops_per_second.size(); ++type)
        peaks.tensor_flops_per_second[type] = per_second(2.0 * tensor_rate(c.sm.tensor_core, static_cast<MmaType>(type)) * c.sm.sub_cores * m.sms, c.clocks.sm);
    return peaks;
}

} // namespace heddle
