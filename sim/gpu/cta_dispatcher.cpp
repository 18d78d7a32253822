#include "sim/gpu/cta_dispatcher.hpp"

#include <algorithm>

namespace heddle {

namespace {
constexpr std::size_t kCommandWindow = 64; // commands looked at ahead for streams that are free
}

CtaDispatcher::CtaDispatcher(std::string path, const ClockDomain& clock, const GpuConfig& config, Ports ports, Duration lookahead)
    : ComponentOf(std::move(path), clock), config_(config), ports_(std::move(ports)), lookahead_(lookahead),
      launch_latency_(static_cast<Duration>(config.host.launch_latency * static_cast<double>(kNanosecond))),
      completion_latency_(static_cast<Duration>(config.host.completion_latency * static_cast<double>(kNanosecond))), sms_(config.sms()) {
    // The first SM of each GPC, then the second of each, and so on.
    const std::uint32_t most = *std::max_element(config.sms_per_gpc.begin(), config.sms_per_gpc.end());
    for (std::uint32_t rank = 0; rank < most; ++rank) {
        std::uint32_t first = 0;
        for (std::uint32_t sms : config.sms_per_gpc) {
            if (rank < sms) order_.push_back(static_cast<SmId>(first + rank));
            first += sms;
        }
    }
}

void CtaDispatcher::start(Workload& workload, std::uint64_t first_kernel, std::uint64_t last_kernel, bool boundary_for_copies) {
    workload_ = &workload;
    first_kernel_ = first_kernel;
    last_kernel_ = last_kernel;
    boundary_for_copies_ = boundary_for_copies;
}

void CtaDispatcher::tick(Now now) {
    recheck_ = false;
    take_notices(now);
    finish_kernels(now);
    take_commands(now);
    dispatch(now);
}

Cycle CtaDispatcher::next_event(Cycle now) const {
    if (recheck_) return now + 1;
    Cycle next = kNever;
    for (const auto& running : running_) {
        if (running->next && room_may_exist_) next = std::min(next, std::max(now + 1, edge(running->ready)));
        // A kernel of empty CTAs only is complete when it would have started.
        if (!running->next && running->done == running->record.ctas && edge(running->ready) > now) next = std::min(next, edge(running->ready));
    }
    if (next == now + 1) return next;
    Time arrival = kNoTime;
    for (const auto& rx : ports_.notices) arrival = std::min(arrival, rx.next_arrival());
    return std::min(next, std::max(now + 1, edge(arrival)));
}

void CtaDispatcher::take_notices(Now now) {
    for (auto& rx : ports_.notices) {
        for (const CtaNotice* notice = rx.peek(now); notice; notice = rx.peek(now)) {
            SmState& sm = sms_[notice->sm];
            if (notice->kind == CtaNotice::Kind::Drained) {
                sm.undrained = false;
            } else {
                Running& running = **std::find_if(running_.begin(), running_.end(), [&](const auto& r) { return r->number == notice->kernel; });
                --sm.ctas;
                --running.ctas_on_sm[notice->sm];
                sm.warps -= running.kernel->launch().warps_per_cta();
                sm.registers -= std::uint64_t{running.occupancy.registers_per_warp} * running.kernel->launch().warps_per_cta();
                sm.shared -= running.occupancy.shared_per_cta;
                sm.undrained |= notice->stores_outstanding;
                ++running.done;
                running.record.warp_instructions += notice->warp_instructions;
                running.record.thread_instructions += notice->thread_instructions;
                done_instructions_ += notice->warp_instructions;
                residents_[notice->ticket].instructions.reset();
                free_residents_.push_back(notice->ticket);
                room_may_exist_ = true;
            }
            rx.pop(now);
        }
    }
}

void CtaDispatcher::finish_kernels(Now now) {
    for (auto it = running_.begin(); it != running_.end();) {
        Running& running = **it;
        bool complete = running.all_dispatched && running.done == running.record.ctas && now.time >= running.ready;
        for (std::size_t sm = 0; complete && sm < sms_.size(); ++sm) complete = !(running.seen_sm[sm] && sms_[sm].undrained);
        if (!complete) {
            ++it;
            continue;
        }
        running.record.end = now.time + completion_latency_;
        running.record.cycles = clock().edge_at_or_after(running.record.end) - clock().edge_at_or_after(running.record.start);
        stream_free_[running.record.stream] = now.time;
        finished_.push_back({std::move(running.record), running.number, keep_kernels_ ? std::move(running.kernel) : nullptr});
        ++stats.kernels;
        it = running_.erase(it);
        if (boundary_ == kNoTime) boundary_ = now.time + lookahead_;
        hold_until_ = boundary_;
    }
}

void CtaDispatcher::take_commands(Now now) {
    const auto at_synchronize = [&] { return !pending_.empty() && pending_.back().kind == Command::Kind::Synchronize; };
    while (!exhausted_ && pending_.size() < kCommandWindow && !at_synchronize()) {
        auto command = workload_->next_command();
        if (!command) {
            exhausted_ = true;
        } else if (command->kind == Command::Kind::Launch && (++launches_seen_ < first_kernel_ || launches_seen_ > last_kernel_)) {
            ++stats.skipped_kernels;
            if (!command->kernel->has_effects()) continue;
            command->left_out = true;
            pending_.push_back(std::move(*command));
        } else {
            pending_.push_back(std::move(*command));
        }
    }
    std::vector<std::uint64_t> busy; // streams with an earlier launch that has not started
    for (const auto& running : running_) busy.push_back(running->record.stream);
    for (auto it = pending_.begin(); it != pending_.end();) {
        if (it->kind == Command::Kind::CopyToDevice) {
            if (it != pending_.begin() || !running_.empty()) return;
            stats.copy_bytes += it->bytes;
            if (record_copies_) copy_events_.push_back({now.time, it->address, it->bytes});
            if (boundary_for_copies_) {
                copies_.push_back({it->address, it->bytes});
                if (boundary_ == kNoTime) boundary_ = now.time + lookahead_;
                hold_until_ = boundary_;
            }
            it = pending_.erase(it);
            continue;
        }
        if (it->kind == Command::Kind::Synchronize) {
            // Kernels that have ended must have been reported, too.
            if (it != pending_.begin() || !running_.empty() || boundary_ != kNoTime) return;
            if (it->reached) it->reached(now.time);
            it = pending_.erase(it);
            recheck_ = true;
            continue;
        }
        if (it->left_out) {
            if (it != pending_.begin() || !running_.empty()) return;
            it->kernel->execute_only();
            it = pending_.erase(it);
            recheck_ = true;
            continue;
        }
        const std::uint64_t stream = it->kernel->launch().stream;
        if (running_.size() >= config_.host.concurrent_kernels) return;
        if (std::find(busy.begin(), busy.end(), stream) != busy.end()) {
            ++it;
            continue;
        }
        busy.push_back(stream);
        start_kernel(now, std::move(it->kernel));
        it = pending_.erase(it);
    }
    // A window full of launches that wait is no end: later commands are looked at when some of these have gone.
    if (!exhausted_ && pending_.size() < kCommandWindow && !at_synchronize()) recheck_ = true;
}

void CtaDispatcher::start_kernel(Now now, std::unique_ptr<Kernel> kernel) {
    auto running = std::make_unique<Running>();
    const KernelLaunch& launch = kernel->launch();
    running->occupancy = occupancy(config_.sm, launch);
    KernelRecord& record = running->record;
    record.name = launch.name;
    record.id = launch.id;
    record.stream = launch.stream;
    record.grid = launch.grid;
    record.block = launch.block;
    record.registers_per_thread = launch.registers_per_thread;
    record.shared_bytes = launch.shared_bytes;
    record.ctas_per_sm = running->occupancy.ctas;
    record.occupancy_limit = name(running->occupancy.limit);
    if (launch.cluster.volume() > 1) ++unmodelled.cluster_launches;
    const auto free = stream_free_.find(launch.stream);
    const Time earliest = (free == stream_free_.end() ? 0 : free->second) + launch_latency_;
    running->ready = std::max({earliest, hold_until_, now.time});
    record.start = start_of(*running);
    running->seen_sm.assign(sms_.size(), false);
    running->ctas_on_sm.assign(sms_.size(), 0);
    running->number = next_number_++;
    running->kernel = std::move(kernel);
    if (!running_.empty()) {
        record.overlapped = true;
        for (auto& other : running_) other->record.overlapped = true;
    }
    room_may_exist_ = true;
    // A kernel whose input holds no CTA with warps is complete at once.
    if (!prepare_next(*running)) recheck_ = true;
    running_.push_back(std::move(running));
}

// When the front end begins with the launch.
Time CtaDispatcher::start_of(const Running& running) const { return clock().time_of(clock().edge_at_or_after(running.ready - launch_latency_)); }

// Fetches the next CTA that has warps; false at the end of the grid.
bool CtaDispatcher::prepare_next(Running& running) {
    running.next.reset();
    while (!running.all_dispatched) {
        running.next = running.kernel->next_cta();
        if (!running.next) {
            running.all_dispatched = true;
            break;
        }
        ++running.record.ctas;
        if (!running.next->warps.empty()) {
            HEDDLE_EXPECT(running.next->warps.size() == running.kernel->launch().warps_per_cta(), "kernel {}: a CTA of {} warps instead of {}",
                          running.record.name, running.next->warps.size(), running.kernel->launch().warps_per_cta());
            return true;
        }
        ++running.done;
        ++stats.empty_ctas;
        running.next.reset();
    }
    return false;
}

void CtaDispatcher::dispatch(Now now) {
    if (!room_may_exist_) return;
    unsigned left = config_.host.ctas_per_cycle;
    for (auto& running : running_) {
        while (left != 0 && running->next && running->ready <= now.time && dispatch_one(now, *running)) --left;
        if (left == 0) return;
    }
    // Everything that may be dispatched now was tried; a kernel that is not ready yet finds the room by its own time.
    room_may_exist_ = std::any_of(running_.begin(), running_.end(), [&](const auto& r) { return r->next && r->ready > now.time; });
}

bool CtaDispatcher::fits(const SmState& sm, const Running& running, SmId id) const {
    const KernelLaunch& launch = running.kernel->launch();
    const std::uint32_t warps = launch.warps_per_cta();
    if (running.ctas_on_sm[id] >= running.occupancy.ctas || sm.ctas >= config_.sm.limits.ctas) return false;
    if (sm.warps + warps > config_.sm.limits.warps) return false;
    if (sm.registers + std::uint64_t{running.occupancy.registers_per_warp} * warps > config_.sm.limits.registers) return false;
    const Bytes carve_out = sm.ctas == 0 ? running.occupancy.shared_carve_out : sm.carve_out;
    return sm.shared + running.occupancy.shared_per_cta <= carve_out;
}

bool CtaDispatcher::dispatch_one(Now now, Running& running) {
    SmId best = 0;
    bool found = false;
    for (SmId id : order_) {
        if (!fits(sms_[id], running, id) || (found && sms_[id].ctas >= sms_[best].ctas)) continue;
        if (!ports_.launches[id].can_send(now)) continue;
        best = id;
        found = true;
    }
    if (!found) return false;

    SmState& sm = sms_[best];
    const KernelLaunch& launch = running.kernel->launch();
    const std::uint32_t warps = launch.warps_per_cta();
    if (sm.ctas == 0) sm.carve_out = running.occupancy.shared_carve_out;
    ++sm.ctas;
    sm.warps += warps;
    sm.registers += std::uint64_t{running.occupancy.registers_per_warp} * warps;
    sm.shared += running.occupancy.shared_per_cta;
    ++running.ctas_on_sm[best];

    std::uint32_t ticket = 0;
    if (free_residents_.empty()) {
        ticket = static_cast<std::uint32_t>(residents_.size());
        residents_.emplace_back();
    } else {
        ticket = free_residents_.back();
        free_residents_.pop_back();
    }
    residents_[ticket] = {std::make_unique<CtaInstructions>(std::move(*running.next)), running.number, best};
    ports_.launches[best].send(now, {residents_[ticket].instructions.get(), &launch, &running.kernel->code(), running.number, ticket,
                                     sm.carve_out, !running.seen_sm[best]});
    running.seen_sm[best] = true;
    ++stats.ctas;
    prepare_next(running);
    return true;
}

CtaDispatcher::Reached CtaDispatcher::reach_boundary(Time time) {
    HEDDLE_EXPECT(time == boundary_, "boundary {} reached at {}", boundary_, time);
    boundary_ = kNoTime;
    recheck_ = true;
    return {std::exchange(finished_, {}), std::exchange(copies_, {})};
}

void CtaDispatcher::postpone(Time until) {
    boundary_ = hold_until_ = until;
    for (auto& running : running_) {
        if (std::find(running->seen_sm.begin(), running->seen_sm.end(), true) != running->seen_sm.end()) continue;
        running->ready = std::max(running->ready, until);
        running->record.start = start_of(*running);
    }
}

void CtaDispatcher::progress(std::uint64_t& done, std::uint64_t& all, std::uint64_t& warp_instructions) const {
    done = all = 0;
    for (const auto& running : running_) {
        done += running->done;
        all += running->kernel->launch().grid.volume();
    }
    warp_instructions = done_instructions_;
}

void CtaDispatcher::explain_wait(WaitReport& report) const {
    for (const auto& running : running_) {
        report.add(fmt::format("{}.kernel[{}] {}", path(), running->record.id, running->record.name),
                   fmt::format("{} of {} CTAs dispatched to complete{}", running->record.ctas - running->done, running->record.ctas,
                               running->next ? ", and room for the next" : ""));
        for (const auto& resident : residents_)
            if (resident.instructions && resident.kernel == running->number)
                report.add(fmt::format("{}.cta({},{},{})", path(), resident.instructions->index.x, resident.instructions->index.y, resident.instructions->index.z),
                           fmt::format("SM {}", resident.sm));
    }
    if (!pending_.empty()) report.add(path(), fmt::format("{} commands to start", pending_.size()));
}

} // namespace heddle
