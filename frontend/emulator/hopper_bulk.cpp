// UBLKCP and UBLKRED: bulk copies and reductions between global and shared memory and within a cluster.
//
// What is modelled: sizes in units of 16 bytes, multicast, completion at the mbarrier of each CTA that receives; see
// hopper_state.hpp for why they complete at once. What is not: cache policies.
// Sources: PTX ISA manual (cp.async.bulk, cp.reduce.async.bulk); experiments with ptxas for the operands (hopper_bulk_rows.cpp).
#include "frontend/emulator/bulk_reduction.hpp"
#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/hopper_state.hpp"
#include "frontend/sass/table.hpp"

#include <cstring>
#include <fmt/format.h>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;

enum Direction : std::uint32_t { kGlobalToShared = 1, kSharedToGlobal = 2, kSharedToShared = 3 };
constexpr unsigned kUnit = 16;

void check_aligned(Address address, const char* what) {
    if (address % kUnit != 0) throw DeviceFault(FaultKind::MisalignedAddress, fmt::format("misaligned {} of a bulk copy at 0x{:x}: not a multiple of {}", what, address, kUnit));
}

// p[0]: direction; p[1]: multicast.
void copy(Warp& w, const MicroOp& op) {
    const std::uint32_t sizes = uniform(w, op.c);
    const Bytes bytes = Bytes{sizes & 0xffff} * kUnit;
    if (op.p[0] == kSharedToGlobal) {
        const Address to = uniform_pair(w, op.d);
        check_aligned(to, "destination");
        if (bytes == 0) return;
        const std::byte* from = cluster_bytes(w, uniform(w, op.a), bytes, kUnit, "read of a bulk copy");
        std::memcpy(global_bytes(w, to, bytes, "write of a bulk copy"), from, bytes);
        record_copy(w, to, bytes);
        return;
    }
    const std::uint32_t to = uniform(w, op.d), barrier = uniform(w, op.d, 1);
    const std::byte* from = nullptr;
    if (op.p[0] == kGlobalToShared) {
        const Address source = uniform_pair(w, op.a);
        check_aligned(source, "source");
        if (bytes != 0) from = global_bytes(w, source, bytes, "read of a bulk copy");
        record_copy(w, source, bytes);
    } else if (bytes != 0) {
        from = cluster_bytes(w, uniform(w, op.a), bytes, kUnit, "read of a bulk copy");
    }
    const auto deliver = [&](std::uint32_t destination, std::uint32_t mbarrier) {
        if (bytes != 0) std::memmove(cluster_bytes(w, destination, bytes, kUnit, "write of a bulk copy"), from, bytes);
        complete_transactions(w, mbarrier, bytes);
    };
    if (!op.p[1]) return deliver(to, barrier);
    for_each_lane(sizes >> 16, [&](unsigned rank) { deliver(rank << 24 | (to & 0xffffff), rank << 24 | (barrier & 0xffffff)); });
}

// p[0]: direction; p[1]: function; p[2]: type.
void reduce(Warp& w, const MicroOp& op) {
    const Bytes bytes = Bytes{uniform(w, op.c) & 0xffff} * kUnit;
    const auto type = static_cast<ReductionType>(op.p[2]);
    if (op.p[0] == kSharedToGlobal) {
        const Address to = uniform_pair(w, op.d);
        check_aligned(to, "destination");
        if (bytes == 0) return;
        const std::byte* from = cluster_bytes(w, uniform(w, op.a), bytes, kUnit, "read of a bulk reduction");
        reduce_elements(global_bytes(w, to, bytes, "bulk reduction"), from, bytes, type, op.p[1]);
        record_copy(w, to, bytes);
        return;
    }
    if (bytes != 0) {
        const std::byte* from = cluster_bytes(w, uniform(w, op.a), bytes, kUnit, "read of a bulk reduction");
        reduce_elements(cluster_bytes(w, uniform(w, op.d), bytes, kUnit, "bulk reduction"), from, bytes, type, op.p[1]);
    }
    complete_transactions(w, uniform(w, op.d, 1), bytes);
}

} // namespace

Execute bind_hopper_bulk(const sass::Instruction& i, MicroOp& op) {
    if (i.op != Op::UBLKCP && i.op != Op::UBLKRED) return nullptr;
    op.uniform = true;
    op.p[0] = i.field(Field::Mode);
    if (i.op == Op::UBLKCP) {
        op.p[1] = i.flag(Field::M0);
        return op.p[1] && op.p[0] != kGlobalToShared ? nullptr : copy;
    }
    op.p[1] = i.field(Field::Function);
    op.p[2] = i.field(Field::SourceFormat);
    return reduction_exists(static_cast<ReductionType>(op.p[2]), op.p[1]) ? reduce : nullptr;
}

} // namespace heddle::emulator
