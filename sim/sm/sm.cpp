#include "sim/sm/sm.hpp"

#include <algorithm>

namespace heddle {

Sm::Sm(std::string path, const ClockDomain& clock, const SmConfig& config, const AddressMap& addresses, SmId id, std::uint8_t cluster, unsigned side, Ports ports)
    : ComponentOf(path, clock), config_(config), id_(id), ports_(ports),
      lsu_(path, clock, config.memory, addresses, id, cluster, Lsu::Ports{ports.requests, ports.replies}, side), barriers_(config.barrier, config.limits.ctas),
      instruction_cache_(config.instruction_cache, config.sub_cores), slots_(config.limits.ctas), notices_(config.limits.ctas + 1) {
    for (unsigned i = 0; i < config.sub_cores; ++i)
        sub_cores_.push_back(std::make_unique<SubCore>(config, i, SmShared{lsu_, barriers_, instruction_cache_, this->clock()}));
}

void Sm::tick(Now now) {
    accept_launches(now);

    lsu_.tick(now);
    for (const MemoryCompletion& completion : lsu_.completions()) sub_cores_[completion.sub_core]->complete(now.cycle, completion);
    for (auto& sub_core : sub_cores_)
        if (sub_core->has_memory_barriers()) sub_core->check_memory_barriers(now.cycle);
    barriers_.take_released(now.cycle, [&](WarpSlot warp) { sub_cores_[warp % config_.sub_cores]->release_barrier(now.cycle, warp / config_.sub_cores); });

    for (auto& sub_core : sub_cores_)
        if (tick_all_ || sub_core->wants_tick(now.cycle)) sub_core->tick(now);

    report_finished(now);
}

Cycle Sm::next_event(Cycle now) const {
    Cycle next = std::max(now + 1, edge(ports_.launches.next_arrival()));
    if (next != now + 1)
        for (const auto& sub_core : sub_cores_) next = std::min(next, sub_core->next_event(now));
    if (next == now + 1) return next;
    next = std::min(next, std::max(now + 1, barriers_.next_event()));
    next = std::min(next, lsu_.next_event(now));
    if (!notices_.empty()) next = std::min(next, std::max(now + 1, edge(ports_.notices.next_credit())));
    return next;
}

void Sm::accept_launches(Now now) {
    for (const CtaLaunch* launch = ports_.launches.peek(now); launch; launch = ports_.launches.peek(now)) {
        HEDDLE_EXPECT(place(now, *launch), "{}: the dispatcher sent a CTA that does not fit", path());
        ports_.launches.pop(now);
    }
}

bool Sm::place(Now now, const CtaLaunch& launch) {
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.used; });
    if (slot == slots_.end()) return false;
    if (resident_ctas_ == 0) {
        lsu_.set_shared_carve_out(launch.shared_carve_out);
        active_since_ = now.cycle;
        for (auto& sub_core : sub_cores_) sub_core->set_active(now.cycle, true);
    }
    if (launch.invalidate_l1) lsu_.invalidate_l1();
    ++resident_ctas_;
    const auto cta = static_cast<CtaSlot>(slot - slots_.begin());
    *slot = {true, launch, static_cast<std::uint32_t>(launch.instructions->warps.size()), now.time};
    InstructionProfile* profile = profiling_ ? &profile_of(launch.kernel) : nullptr;
    barriers_.open(cta, slot->live_warps);
    for (auto& sub_core : sub_cores_) {
        sub_core->warp_instructions_of(cta) = 0;
        sub_core->thread_instructions_of(cta) = 0;
    }
    WarpSlot warp_slot = 0;
    for (auto& stream : launch.instructions->warps) {
        while (warp_slot < config_.limits.warps && !sub_cores_[warp_slot % config_.sub_cores]->free(warp_slot / config_.sub_cores)) ++warp_slot;
        if (warp_slot == config_.limits.warps) return false;
        sub_cores_[warp_slot % config_.sub_cores]->start_warp(now.cycle, warp_slot / config_.sub_cores,
                                                              {stream.get(), launch.code, launch.kernel, cta, warp_slot, profile});
        ++warp_slot;
    }
    return true;
}

void Sm::report_finished(Now now) {
    const auto finish = [&](CtaSlot cta) {
        Slot& slot = slots_[cta];
        CtaNotice notice{CtaNotice::Kind::Done, id_, slot.cta.kernel, slot.cta.ticket, lsu_.outstanding_stores(cta) != 0, 0, 0};
        for (auto& sub_core : sub_cores_) {
            notice.warp_instructions += sub_core->warp_instructions_of(cta);
            notice.thread_instructions += sub_core->thread_instructions_of(cta);
        }
        owes_drained_ |= notice.stores_outstanding;
        notices_.push(notice);
        slot.used = false;
        if (cta_spans_.size() < ctas_to_record_)
            cta_spans_.push_back({slot.cta.launch->id, slot.cta.instructions->index, cta, slot.start, now.time});
        ++stats.ctas;
        if (--resident_ctas_ == 0) {
            stats.active_cycles += now.cycle + 1 - active_since_;
            for (auto& sub_core : sub_cores_) sub_core->set_active(now.cycle + 1, false);
        }
    };
    for (auto& sub_core : sub_cores_) {
        for (CtaSlot cta : sub_core->finished())
            if (--slots_[cta].live_warps == 0) finish(cta);
        sub_core->finished().clear();
    }
    while (!notices_.empty() && ports_.notices.can_send(now)) {
        ports_.notices.send(now, notices_.front());
        notices_.pop();
    }
    if (owes_drained_ && lsu_.drained() && notices_.empty() && ports_.notices.can_send(now)) {
        ports_.notices.send(now, {CtaNotice::Kind::Drained, id_, 0, 0, false, 0, 0});
        owes_drained_ = false;
    }
}

void Sm::add_tensor_operations(TensorOperations& sums) const {
    for (const auto& sub_core : sub_cores_)
        for (std::size_t type = 0; type < sums.size(); ++type) sums[type] += sub_core->tensor_operations[type];
}

void Sm::set_profiling(bool profiling) {
    profiling_ = profiling;
    for (auto& sub_core : sub_cores_) sub_core->set_profiling(profiling);
}

InstructionProfile& Sm::profile_of(std::uint32_t kernel) {
    for (auto& [number, profile] : profiles_)
        if (number == kernel) return *profile;
    return *profiles_.emplace_back(kernel, std::make_unique<InstructionProfile>()).second;
}

void Sm::take_profile(std::uint32_t kernel, std::vector<InstructionCounts>& sums) {
    const auto found = std::find_if(profiles_.begin(), profiles_.end(), [&](const auto& p) { return p.first == kernel; });
    if (found == profiles_.end()) return;
    found->second->add_to(sums);
    profiles_.erase(found);
}

void Sm::settle(Now now) {
    for (auto& sub_core : sub_cores_) sub_core->settle(now.cycle);
    lsu_.settle(now);
    if (resident_ctas_ != 0 && now.cycle > active_since_) {
        stats.active_cycles += now.cycle - active_since_;
        active_since_ = now.cycle;
    }
}

void Sm::explain_wait(WaitReport& report) const {
    for (const auto& sub_core : sub_cores_) sub_core->explain(path(), report);
    barriers_.explain(path(), report);
    lsu_.explain_wait(report);
    if (!notices_.empty()) report.add(path(), "room on the link to the CTA dispatcher");
}

void Sm::register_stats(StatTree& tree) const {
    tree.add(path(), stats);
    for (unsigned i = 0; i < sub_cores_.size(); ++i) {
        const std::string sub = fmt::format("{}.sub_core[{}]", path(), i);
        tree.add(sub, sub_cores_[i]->stats);
        tree.add(sub + ".issue_slots", sub_cores_[i]->slot_stalls);
        tree.add(sub + ".warp_states", sub_cores_[i]->warp_stalls);
        tree.add(sub + ".inst_executed_pipe", sub_cores_[i]->pipes);
    }
    tree.add(path() + ".instruction_cache", instruction_cache_.stats);
    lsu_.register_stats(tree);
}

std::uint64_t Sm::digest() const {
    std::uint64_t digest = id_;
    for (const auto& sub_core : sub_cores_) digest = digest * 0x100000001b3ULL ^ sub_core->digest();
    return digest;
}

} // namespace heddle
