#include "sim/sm/l1_cache.hpp"

#include <algorithm>

namespace heddle {
L1Cache::L1Cache(const L1CacheConfig& config, RequestQueue& requests, unsigned max_waiters)
    : config_(&config), requests_(&requests),
      mshrs_(config.mshr_entries, std::min(config.mshr_entries * config.mshr_merges, std::min(max_waiters * kLanes, 65000u)),
             config.mshr_merges) {
    set_shared_carve_out(0);
    if (!config.prefetcher.on()) return;
    prefetcher_.emplace(config.prefetcher);
    prefetched_.resize(config.mshr_entries);
}

void L1Cache::set_shared_carve_out(Bytes carve_out) {
    const Bytes way_bytes = config_->sets * kLineBytes;
    const auto ways = carve_out < config_->unified_size ? (config_->unified_size - carve_out) / way_bytes : 0;
    HEDDLE_EXPECT(ways >= 1, "a shared memory of {} bytes leaves no L1 in {} bytes", carve_out, config_->unified_size);
    if (tags_ && tags_->ways() == ways) return;
    if (tags_) lose_all_prefetched();
    tags_.emplace(config_->sets, static_cast<unsigned>(ways), config_->replacement, config_->set_index);
    ++generation_;
}

void L1Cache::invalidate() {
    lose_all_prefetched();
    tags_->invalidate_all();
    ++generation_;
}

void L1Cache::request(Cycle now, const LineAccess& access, std::uint8_t sectors, MemoryOp op, std::uint32_t transaction) {
    MemoryRequest message;
    message.line = access.line;
    message.transaction = transaction;
    message.op = op;
    message.sector_mask = sectors;
    message.full_mask = op == MemoryOp::Write ? access.full : std::uint8_t{0};
    message.atomic_lanes = op == MemoryOp::Atomic || op == MemoryOp::Reduction ? access.lanes : std::uint8_t{0};
    requests_->push(now, message);
    ++stats_.l1tex_m_l1tex2xbar_requests;
}

L1Cache::LoadResult L1Cache::load(Cycle now, const LineAccess& access, std::uint16_t instruction, bool local) {
    const std::size_t set = set_of(access.line);
    const TagArray::LineId id = tags_->find(set, access.line);
    const std::uint8_t held = id == TagArray::kNoLine ? std::uint8_t{0} : tags_->state(id).readable();
    const auto missing = static_cast<std::uint8_t>(access.sectors & ~held);
    auto entry = mshrs_.kNone;
    std::uint8_t unasked = missing; // of those, neither here nor on their way: Nsight Compute's misses
    if (missing != 0) {
        entry = mshrs_.find(access.line);
        const bool merge = entry != mshrs_.kNone;
        if (merge ? !mshrs_.can_add(entry) : !mshrs_.can_allocate()) return {LineStall::MshrFull};
        if (merge) unasked = static_cast<std::uint8_t>(missing & ~mshrs_[entry].pending);
        if (unasked != 0 && requests_->full()) return {LineStall::RequestQueueFull};
        if (merge) {
            ++stats_.mshr_merges;
        } else {
            entry = mshrs_.allocate(access.line);
            mshrs_[entry].wanted = generation_;
            mshrs_[entry].place = static_cast<std::uint32_t>(set);
            ++stats_.mshr_allocations;
        }
        mshrs_.add_waiter(entry, Waiter{instruction, missing});
        if (unasked != 0) {
            mshrs_[entry].pending = static_cast<std::uint8_t>(mshrs_[entry].pending | unasked);
            request(now, access, unasked, MemoryOp::Read, transaction(ReplyTo::L1Fill, entry));
        }
    }
    if (id != TagArray::kNoLine) tags_->touch(id);
    (local ? stats_.l1tex_t_sectors_ld_local : stats_.l1tex_t_sectors_ld_global) += sector_count(access.sectors);
    (local ? stats_.l1tex_t_sectors_ld_local_lookup_hit : stats_.l1tex_t_sectors_ld_global_lookup_hit) +=
        sector_count(access.sectors & ~unasked);
    return {LineStall::None, missing, prefetcher_ && use_prefetched(id, entry, access.sectors, missing, unasked)};
}

L1Cache::LoadResult L1Cache::load_bypassing(Cycle now, const LineAccess& access, std::uint16_t instruction) {
    if (requests_->full()) return {LineStall::RequestQueueFull};
    request(now, access, access.sectors, MemoryOp::Read, transaction(ReplyTo::Instruction, instruction));
    ++stats_.bypassed_lines;
    stats_.l1tex_t_sectors_ld_global += sector_count(access.sectors);
    return {LineStall::None, access.sectors};
}

LineStall L1Cache::store(Cycle now, const LineAccess& access, CtaSlot cta, bool local) {
    if (requests_->full()) return LineStall::RequestQueueFull;
    (local ? stats_.l1tex_t_sectors_st_local : stats_.l1tex_t_sectors_st_global) += sector_count(access.sectors);
    const std::size_t set = set_of(access.line);
    TagArray::LineId id = tags_->find(set, access.line);
    if (id != TagArray::kNoLine) {
        const auto hit = static_cast<std::uint8_t>(tags_->state(id).valid & access.sectors);
        (local ? stats_.l1tex_t_sectors_st_local_lookup_hit : stats_.l1tex_t_sectors_st_global_lookup_hit) += sector_count(hit);
        tags_->touch(id);
        lose_prefetched(id, access.full);
    } else if (access.full != 0 && (local || config_->store_miss == StoreMiss::WriteValidate)) {
        id = place(set, access.line);
    }
    if (id != TagArray::kNoLine) tags_->state(id).valid = static_cast<std::uint8_t>(tags_->state(id).valid | access.full);
    request(now, access, access.sectors, MemoryOp::Write, transaction(ReplyTo::Acknowledge, cta));
    return LineStall::None;
}

L1Cache::LoadResult L1Cache::atomic(Cycle now, const LineAccess& access, std::uint16_t instruction) {
    if (requests_->full()) return {LineStall::RequestQueueFull};
    stats_.l1tex_t_sectors_atom_global += sector_count(access.sectors);
    drop(access);
    request(now, access, access.sectors, MemoryOp::Atomic, transaction(ReplyTo::Instruction, instruction));
    return {LineStall::None, access.sectors};
}

LineStall L1Cache::reduce(Cycle now, const LineAccess& access, CtaSlot cta) {
    if (requests_->full()) return LineStall::RequestQueueFull;
    stats_.l1tex_t_sectors_red_global += sector_count(access.sectors);
    drop(access);
    request(now, access, access.sectors, MemoryOp::Reduction, transaction(ReplyTo::Acknowledge, cta));
    return LineStall::None;
}

void L1Cache::drop(const LineAccess& access) {
    const TagArray::LineId id = find(access.line);
    if (id == TagArray::kNoLine) return;
    lose_prefetched(id, access.sectors);
    LineState& state = tags_->state(id);
    state.valid = static_cast<std::uint8_t>(state.valid & ~access.sectors);
    if (state.valid == 0) tags_->invalidate(id);
}

TagArray::LineId L1Cache::place(std::size_t set, Address line) {
    const TagArray::LineId id = tags_->victim(set);
    if (tags_->present(id)) {
        ++stats_.line_evictions;
        lose_prefetched(id, 15);
    }
    tags_->allocate(id, line);
    return id;
}

void L1Cache::install(std::uint16_t entry, std::uint8_t sectors) {
    auto& miss = mshrs_[entry];
    HEDDLE_EXPECT(miss.in_use && (miss.pending & sectors) == sectors, "reply with sectors {:#x} of line {:#x}, asked for {:#x}", sectors,
                  miss.line, miss.pending);
    miss.pending = static_cast<std::uint8_t>(miss.pending & ~sectors);
    stats_.l1tex_m_xbar2l1tex_read_sectors += sector_count(sectors);
    std::uint8_t prefetched = 0;
    if (prefetcher_) {
        prefetched = prefetched_[entry] & sectors;
        prefetched_[entry] = static_cast<std::uint8_t>(prefetched_[entry] & ~sectors);
    }
    if (miss.wanted != generation_) {
        prefetcher_stats_.unused_sectors += sector_count(prefetched);
        return;
    }
    TagArray::LineId id = tags_->find(miss.place, miss.line);
    if (id == TagArray::kNoLine) id = place(miss.place, miss.line);
    tags_->state(id).flags |= prefetched;
    tags_->state(id).valid = static_cast<std::uint8_t>(tags_->state(id).valid | sectors);
}

std::uint8_t L1Cache::present(Address line) const {
    const TagArray::LineId id = find(line);
    return id == TagArray::kNoLine ? std::uint8_t{0} : tags_->state(id).readable();
}

} // namespace heddle
