// STAS and REDAS: stores and reductions into another CTA's shared memory that tell its mbarrier (st.async, red.async).
//
// Sources: PTX ISA manual; experiments with ptxas: a register pair holds the address and the mbarrier's address.
#include "frontend/emulator/atomic_arithmetic.hpp"
#include "frontend/emulator/hopper_state.hpp"
#include "frontend/sass/table.hpp"

#include <cstring>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;

// p[0]: bytes of a lane.
void store(Warp& w, const MicroOp& op) {
    const unsigned bytes = op.p[0];
    const Row& address = w.source(op.a);
    const Row& barrier = w.source({op.a.space, op.a.index + 1});
    for_each_lane(w.exec, [&](unsigned l) {
        std::byte* to = cluster_bytes(w, address.lane[l], bytes, bytes, "write", l);
        for (unsigned n = 0; n < bytes / 4; ++n) std::memcpy(to + 4 * n, &w.source({op.b.space, op.b.index + n}).lane[l], 4);
        complete_transactions(w, barrier.lane[l], bytes);
    });
}

template <class T> T combine(unsigned function, bool is_signed, T old, T value) {
    using namespace arithmetic;
    switch (function) {
    case 0: return add(old, value);
    case 1: return is_signed ? min_signed(old, value) : min_unsigned(old, value);
    case 2: return is_signed ? max_signed(old, value) : max_unsigned(old, value);
    case 3: return static_cast<T>(increment(static_cast<std::uint32_t>(old), static_cast<std::uint32_t>(value)));
    case 4: return static_cast<T>(decrement(static_cast<std::uint32_t>(old), static_cast<std::uint32_t>(value)));
    case 5: return bit_and(old, value);
    case 6: return bit_or(old, value);
    default: return bit_xor(old, value);
    }
}

template <class T> void reduce_lane(Warp& w, const MicroOp& op, std::uint32_t address, unsigned lane) {
    std::byte* at = cluster_bytes(w, address, sizeof(T), sizeof(T), "reduction", lane);
    T old, value = static_cast<T>(w.source(op.b).lane[lane]);
    if constexpr (sizeof(T) == 8) value |= static_cast<T>(w.source({op.b.space, op.b.index + 1}).lane[lane]) << 32;
    std::memcpy(&old, at, sizeof old);
    const T result = combine(op.p[1], op.p[2] == 1, old, value);
    std::memcpy(at, &result, sizeof result);
}

// p[0]: bytes, p[1]: function, p[2]: type.
void reduce(Warp& w, const MicroOp& op) {
    const Row& address = w.source(op.a);
    const Row& barrier = w.source({op.a.space, op.a.index + 1});
    for_each_lane(w.exec, [&](unsigned l) {
        if (op.p[0] == 8) reduce_lane<std::uint64_t>(w, op, address.lane[l], l);
        else reduce_lane<std::uint32_t>(w, op, address.lane[l], l);
        complete_transactions(w, barrier.lane[l], op.p[0]);
    });
}

} // namespace

Execute bind_hopper_stores(const sass::Instruction& i, MicroOp& op) {
    if (i.op == Op::STAS) {
        op.p[0] = 4U * i[Slot::B].registers;
        return store;
    }
    if (i.op != Op::REDAS) return nullptr;
    op.p[0] = 4U * i[Slot::B].registers;
    op.p[1] = i.field(Field::Function);
    op.p[2] = i.field(Field::SourceFormat);
    return reduce;
}

} // namespace heddle::emulator
