// The part of the LSU that looks at an instruction when it is accepted: its route, lines, wavefronts and latencies.
#include "sim/sm/lsu.hpp"

#include "sim/sm/shared_memory.hpp"

#include <algorithm>
#include <bit>

namespace heddle {

void Lsu::prepare_timing() {
    const MemoryLatencies& l = config_->lsu.latency;
    const std::array<const MemoryLatency*, static_cast<unsigned>(Row::Count)> rows{&l.load_global,   &l.load_global_uniform,
                                                                                   &l.store_global,  &l.store_global_uniform,
                                                                                   &l.load_shared,   &l.load_shared_uniform,
                                                                                   &l.store_shared,  &l.store_shared_uniform,
                                                                                   &l.load_constant, &l.load_constant_uniform,
                                                                                   &l.async_copy,    &l.atomic_global,
                                                                                   &l.atomic_shared, &l.shuffle};
    for (unsigned row = 0; row < rows.size(); ++row) {
        for (unsigned width = 0; width < 3; ++width) {
            const MemoryLatency& latency = *rows[row];
            const unsigned bytes = 4u << width;
            Cycles fill = config_->l1_cache.fill_latency + latency.done.of(bytes) - std::min(latency.done.bits32, latency.done.of(bytes));
            // A copy goes on to shared memory; what that adds to a hit it adds to a miss.
            if (&latency == &l.async_copy) fill += latency.done.of(bytes) - std::min(latency.done.of(bytes), l.load_global.done.bits32);
            timing_[row][width] = {static_cast<std::uint16_t>(latency.done.of(bytes) - config_->lsu.dispatch_latency),
                                   static_cast<std::uint16_t>(fill),
                                   static_cast<std::int16_t>(static_cast<std::int64_t>(latency.operands_read.of(bytes)) -
                                                             static_cast<std::int64_t>(config_->lsu.dispatch_latency))};
        }
    }
}

void Lsu::classify(Instruction& in, const MemoryInstruction& issued, const InstructionChunk& chunk, const AddressPattern* pattern) {
    const StaticInstruction& code = *issued.code;
    const unsigned bytes = std::max<unsigned>(code.access_bytes, 1);
    const bool shared = code.space == Space::Shared || code.space == Space::DistributedShared;
    const bool uniform = code.uniform_address;
    switch (code.behaviour) {
    case Behaviour::Load:
        in.return_cycles = static_cast<std::uint8_t>(register_cycles_ * phases(bytes));
        if (shared) return plan_shared(in, issued, chunk, pattern);
        if (code.space == Space::Constant) {
            set_latency(in, uniform ? Row::LoadConstantUniform : Row::LoadConstant, bytes);
            ++constants_.stats().requests;
            if (pattern == nullptr || issued.active_mask == 0) {
                ++constants_.stats().requests_without_address;
                return;
            }
            in.route = Route::Constant;
            in.lines = free_lines_.back();
            free_lines_.pop_back();
            coalesce(chunk, *pattern, issued.active_mask, bytes, config_->l1_cache.tag_banks, lines_[in.lines]);
            in.wavefronts = static_cast<std::uint8_t>(distinct_addresses(chunk, *pattern, issued.active_mask));
            return;
        }
        in.route = code.bypass_l1 ? Route::Bypass : Route::Load;
        set_latency(in, uniform ? Row::LoadGlobalUniform : Row::LoadGlobal, bytes);
        if (code.space == Space::Texture) {
            in.latency = static_cast<std::uint16_t>(in.latency + config_->l1_cache.texture_extra);
            in.fill_latency = static_cast<std::uint16_t>(in.fill_latency + config_->l1_cache.texture_extra);
            ++stats_.texture_requests;
        }
        break;
    case Behaviour::Store:
        if (shared) return plan_shared(in, issued, chunk, pattern);
        in.route = Route::Store;
        set_latency(in, uniform ? Row::StoreGlobalUniform : Row::StoreGlobal, bytes);
        break;
    case Behaviour::Atomic:
        in.return_cycles = static_cast<std::uint8_t>(register_cycles_ * phases(bytes));
        if (shared) return plan_shared(in, issued, chunk, pattern);
        in.route = Route::Atomic;
        set_latency(in, Row::AtomicGlobal, bytes);
        break;
    case Behaviour::Reduction:
        if (shared) return plan_shared(in, issued, chunk, pattern);
        in.route = Route::Reduction;
        set_latency(in, Row::AtomicGlobal, bytes);
        break;
    case Behaviour::AsyncCopy:
    case Behaviour::BulkCopy:
        in.route = code.bypass_l1 ? Route::Bypass : Route::Load;
        set_latency(in, Row::AsyncCopy, bytes);
        if (code.behaviour == Behaviour::BulkCopy) {
            ++unmodelled_.bulk_copy;
            if (pattern == nullptr) { // nothing to move
                in.route = Route::Nothing;
                return;
            }
        } else {
            ++stats_.async_copies;
        }
        break;
    case Behaviour::MatrixLoad:
    case Behaviour::MatrixStore: return plan_shared(in, issued, chunk, pattern);
    case Behaviour::Shuffle:
        in.route = Route::Shared;
        in.wavefronts = 1;
        in.return_cycles = static_cast<std::uint8_t>(register_cycles_);
        set_latency(in, Row::Shuffle, 4);
        ++stats_.shuffles;
        return;
    default:
        set_latency(in, Row::StoreGlobal, 4);
        if (code.behaviour == Behaviour::CacheControl) ++unmodelled_.cache_control;
        return;
    }
    if (issued.active_mask == 0) {
        in.route = Route::Nothing;
    } else if (pattern == nullptr) {
        in.route = Route::Nothing;
        ++unmodelled_.missing_address;
    } else {
        plan_global(in, issued, chunk, *pattern);
    }
}

void Lsu::plan_global(Instruction& in, const MemoryInstruction& issued, const InstructionChunk& chunk, const AddressPattern& pattern) {
    const unsigned bytes = std::max<unsigned>(issued.code->access_bytes, 1);
    in.local = issued.code->space == Space::Local;
    in.lines = free_lines_.back();
    free_lines_.pop_back();
    CoalescedAccess& access = lines_[in.lines];
    if (in.local && same_address(chunk, pattern, issued.active_mask)) {
        const unsigned first = static_cast<unsigned>(std::countr_zero(issued.active_mask));
        coalesce_interleaved(chunk.lane_address(pattern, first, 0), std::uint64_t{sm_} << 8 | in.warp, issued.active_mask, bytes,
                             config_->l1_cache.tag_banks, access);
        in.wavefronts = static_cast<std::uint8_t>(phases(bytes));
    } else if (in.local) {
        // Each lane has a bank of its own: no conflicts.
        coalesce_private(chunk, pattern, std::uint64_t{sm_} << 8 | in.warp, issued.active_mask, bytes, config_->l1_cache.tag_banks, access);
        in.wavefronts = static_cast<std::uint8_t>(phases(bytes));
    } else {
        coalesce(chunk, pattern, issued.active_mask, bytes, config_->l1_cache.tag_banks, access);
        in.wavefronts = static_cast<std::uint8_t>(bank_wavefronts(chunk, pattern, issued.active_mask, bytes));
    }
    const unsigned beyond = in.wavefronts > phases(bytes) ? in.wavefronts - phases(bytes) : 0;
    const Cycles conflict = config_->shared_memory.conflict_latency * beyond;
    in.latency = static_cast<std::uint16_t>(in.latency + conflict);
    in.fill_latency = static_cast<std::uint16_t>(in.fill_latency + conflict);
    stats_.l1tex_data_bank_conflicts_mem_lg += beyond;
    // A copy to shared memory passes the data stage again to write; its addresses there are not known.
    const bool copy = issued.code->behaviour == Behaviour::AsyncCopy || issued.code->behaviour == Behaviour::BulkCopy;
    if (copy) in.wavefronts = static_cast<std::uint8_t>(in.wavefronts + phases(bytes));
    L1CacheStats& l1 = l1_.stats();
    switch (in.route) {
    case Route::Store: ++(in.local ? l1.l1tex_t_requests_st_local : l1.l1tex_t_requests_st_global); break;
    case Route::Atomic: ++l1.l1tex_t_requests_atom_global; break;
    case Route::Reduction: ++l1.l1tex_t_requests_red_global; break;
    default: ++(in.local ? l1.l1tex_t_requests_ld_local : l1.l1tex_t_requests_ld_global);
    }
}

void Lsu::plan_shared(Instruction& in, const MemoryInstruction& issued, const InstructionChunk& chunk, const AddressPattern* pattern) {
    const StaticInstruction& code = *issued.code;
    const bool matrix = code.behaviour == Behaviour::MatrixLoad || code.behaviour == Behaviour::MatrixStore;
    const bool load = code.behaviour == Behaviour::Load || code.behaviour == Behaviour::MatrixLoad;
    const bool atomic = code.behaviour == Behaviour::Atomic || code.behaviour == Behaviour::Reduction;
    unsigned bytes = std::max<unsigned>(code.access_bytes, 1);
    unsigned matrices = 0;
    if (matrix) {
        // One register per matrix; the address is the other operand, one register.
        for (unsigned i = 0; i < code.source_count && !load; ++i) matrices = std::max<unsigned>(matrices, code.sources[i].count);
        if (load && code.destination_count != 0) matrices = code.destinations[0].count;
        matrices = std::clamp(matrices, 1u, 4u);
        bytes = 4; // latency grows by wavefronts alone
        if (load) in.return_cycles = static_cast<std::uint8_t>(register_cycles_ * matrices);
    }
    if (atomic) set_latency(in, Row::AtomicShared, bytes);
    else if (load) set_latency(in, code.uniform_address ? Row::LoadSharedUniform : Row::LoadShared, bytes);
    else set_latency(in, code.uniform_address ? Row::StoreSharedUniform : Row::StoreShared, bytes);
    ++(atomic ? shared_stats_.shared_requests_atom : load ? shared_stats_.shared_requests_ld : shared_stats_.shared_requests_st);

    const unsigned expected = matrix ? matrices : phases(bytes);
    unsigned wavefronts = expected;
    if (issued.active_mask == 0) wavefronts = 0;
    else if (pattern == nullptr) wavefronts = expected;
    else if (matrix) wavefronts = matrix_wavefronts(chunk, *pattern, issued.active_mask, matrices);
    else if (atomic) wavefronts = atomic_wavefronts(chunk, *pattern, issued.active_mask, bytes);
    else wavefronts = bank_wavefronts(chunk, *pattern, issued.active_mask, bytes);

    in.route = Route::Shared;
    in.wavefronts = static_cast<std::uint8_t>(wavefronts);
    const unsigned beyond = wavefronts > expected ? wavefronts - expected : 0;
    // The latency of matrix loads is that of the first wavefront; plain loads are given by width.
    const unsigned late = matrix && wavefronts != 0 ? wavefronts - 1 : beyond;
    in.latency = static_cast<std::uint16_t>(in.latency + config_->shared_memory.conflict_latency * late);
    shared_stats_.wavefronts_mem_shared += wavefronts;
    (atomic ? shared_stats_.data_bank_conflicts_atom
     : load ? shared_stats_.data_bank_conflicts_ld
            : shared_stats_.data_bank_conflicts_st) += beyond;
    if (code.space == Space::DistributedShared) {
        in.latency = static_cast<std::uint16_t>(in.latency + config_->shared_memory.distributed_extra);
        ++unmodelled_.distributed_shared;
    }
}

} // namespace heddle
