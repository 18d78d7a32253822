// Atomic operations: ATOM ATOMG ATOMS RED LDGMC.
//
// Lanes are served in order of their numbers, so a run repeats to the bit; hardware promises no order.
// Floating point: FP32 flushes subnormal operands and results to zero (the operation is named FTZ and the PTX manual says so for
// global memory) and gives the canonical NaN 0x7fffffff; FP64, FP16 and BF16 keep subnormals; all round to nearest even. NaN
// results of FP16 and BF16 are 0x7fff (as HADD2 gives). FP64 NaNs: as the host's addition (assumed).
// ATOM on shared memory executes what ATOMS can do, else it tells so by its predicate and does nothing; see memory_atomic_rows.cpp.
// LDGMC: the multicast mapping is taken to have one member, so it is a load.
#include "frontend/emulator/atomic_arithmetic.hpp"
#include "frontend/emulator/mbarrier.hpp"
#include "frontend/emulator/memory_operations.hpp"

#include "frontend/sass/table.hpp"
#include "sim/base/error.hpp"

#include <fmt/format.h>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;

enum class Where : std::uint8_t { Global, Generic, Shared };

// p[3], bytes 1 to 3: components of a vector type, ATOM leaves shared memory to software.
constexpr std::uint32_t kSoftwareInShared = 1U << 16;
unsigned components(const MicroOp& op) { return (op.p[3] >> 8) & 0xff; }

template <class T> T value_of(const Row* rows, unsigned lane) {
    if constexpr (sizeof(T) == 4) return static_cast<T>(rows[0].lane[lane]);
    else return static_cast<T>(rows[0].lane[lane] | std::uint64_t{rows[1].lane[lane]} << 32);
}
template <class T> void put_value(Row* rows, unsigned lane, T value) {
    rows[0].lane[lane] = static_cast<std::uint32_t>(value);
    if constexpr (sizeof(T) == 8) rows[1].lane[lane] = static_cast<std::uint32_t>(value >> 32);
}

// Place of a lane's operand; null: in a generic address space where the operation is software's business.
template <Where W> std::byte* place(MemorySpace& space, Warp& w, const MicroOp& op, unsigned bytes, unsigned lane) {
    if constexpr (W == Where::Shared) return space.shared(NarrowAddress(w, op).of(lane), bytes, AccessKind::Atomic, lane);
    else {
        const Address a = WideAddress(w, op).of(lane);
        if constexpr (W == Where::Global) return space.global(a, bytes, op.number, AccessKind::Atomic, lane);
        else {
            if (op.pd.index != 7 && (MemorySpace::in_local(a) || ((op.p[3] & kSoftwareInShared) && MemorySpace::in_shared(a))))
                return nullptr;
            return space.generic(a, bytes, op.number, AccessKind::Atomic, thread_of(w, lane));
        }
    }
}

template <Where W> void record(MemorySpace& space, Warp& w, const MicroOp& op) {
    record_addresses(w, w.exec, [&](unsigned l) {
        return W == Where::Shared ? Address{space.shared_offset(NarrowAddress(w, op).of(l))} : WideAddress(w, op).of(l);
    });
}

// Combine: T (old, operand) -> new, on each component.
template <Where W, class T, T (*Combine)(T, T)> void combine(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    record<W>(space, w, op);
    const Row* const operand = &w.source(op.b);
    Row* const d = &w.destination(op.d);
    const unsigned count = components(op);
    constexpr unsigned words = sizeof(T) / 4;
    Mask done = 0;
    for_each_lane(w.exec, [&](unsigned l) {
        std::byte* const p = place<W>(space, w, op, count * static_cast<unsigned>(sizeof(T)), l);
        if (!p) return;
        done |= Mask{1} << l;
        for (unsigned c = 0; c < count; ++c) {
            T old;
            std::memcpy(&old, p + c * sizeof(T), sizeof(T));
            const T value = Combine(old, value_of<T>(operand + c * words, l));
            std::memcpy(p + c * sizeof(T), &value, sizeof(T));
            put_value(d + c * words, l, old);
        }
    });
    w.set_predicate(op.pd, done, w.exec);
}

// Words exchanged as they are: EXCH of 32 to 128 bits, compare-and-swap, CAST. `Words`: 1, 2, 4.
enum class Swap : std::uint8_t { Exchange, Compare, Test };
template <Where W, unsigned Words, Swap S> void swap(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    record<W>(space, w, op);
    const Row* const b = &w.source(op.b);
    const Row* const c = &w.source(op.c);
    Row* const d = &w.destination(op.d);
    Mask done = 0;
    for_each_lane(w.exec, [&](unsigned l) {
        std::byte* const p = place<W>(space, w, op, Words * 4, l);
        if (!p) return;
        done |= Mask{1} << l;
        std::uint32_t old[Words], fresh[Words];
        std::memcpy(old, p, sizeof old);
        bool equal = true;
        for (unsigned i = 0; i < Words; ++i) {
            equal = equal && old[i] == b[i].lane[l];
            fresh[i] = S == Swap::Exchange ? b[i].lane[l] : c[i].lane[l];
        }
        if (S == Swap::Exchange || equal) std::memcpy(p, fresh, sizeof fresh);
        // CAST: 1 if the value was stored, else 0 (the program tries again).
        for (unsigned i = 0; i < Words; ++i) d[i].lane[l] = S == Swap::Test ? (i == 0 && equal) : old[i];
    });
    w.set_predicate(op.pd, done, w.exec);
}

// POPC.INC: each active lane adds one; ARRIVE.64: each active lane arrives at an mbarrier of sm_80 to sm_89. d: the old value.
template <Where W> void count_lanes(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    record<W>(space, w, op);
    Row* const d = &w.destination(op.d);
    for_each_lane(w.exec, [&](unsigned l) {
        std::byte* const p = place<W>(space, w, op, 4, l);
        if (!p) return;
        std::uint32_t value;
        std::memcpy(&value, p, 4);
        d->lane[l] = value++;
        std::memcpy(p, &value, 4);
    });
    w.set_predicate(op.pd, w.exec, w.exec);
}
template <Where W> void arrive(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    record<W>(space, w, op);
    Row* const d = &w.destination(op.d);
    for_each_lane(w.exec, [&](unsigned l) {
        std::byte* const p = place<W>(space, w, op, 8, l);
        if (!p) return;
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        put_value(d, l, word);
        mbarrier::sm80::arrive(word);
        std::memcpy(p, &word, 8);
    });
    w.set_predicate(op.pd, w.exec, w.exec);
}

// Components in p[3].
template <unsigned Bytes> void load_multicast(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    record<Where::Global>(space, w, op);
    Row* const d = &w.destination(op.d);
    for_each_lane(w.exec, [&](unsigned l) {
        const std::byte* const p = space.global(WideAddress(w, op).of(l), Bytes, op.number, AccessKind::Read, l);
        for (unsigned i = 0; i < Bytes / 4; ++i) std::memcpy(&d[i].lane[l], p + 4 * i, 4);
    });
}

using arithmetic::u32;
using arithmetic::u64;

// Operations by Field::Function: ADD MIN MAX INC DEC AND OR XOR.
template <Where W> Execute integer32(unsigned function, bool is_signed) {
    using namespace arithmetic;
    switch (function) {
    case 0: return combine<W, u32, add<u32>>;
    case 1: return is_signed ? combine<W, u32, min_signed<u32>> : combine<W, u32, min_unsigned<u32>>;
    case 2: return is_signed ? combine<W, u32, max_signed<u32>> : combine<W, u32, max_unsigned<u32>>;
    case 3: return combine<W, u32, increment>;
    case 4: return combine<W, u32, decrement>;
    case 5: return combine<W, u32, bit_and<u32>>;
    case 6: return combine<W, u32, bit_or<u32>>;
    case 7: return combine<W, u32, bit_xor<u32>>;
    case 8: return swap<W, 1, Swap::Exchange>;
    default: return nullptr;
    }
}
template <Where W> Execute integer64(unsigned function, bool is_signed) {
    using namespace arithmetic;
    switch (function) {
    case 0: return combine<W, u64, add<u64>>;
    case 1: return is_signed ? combine<W, u64, min_signed<u64>> : combine<W, u64, min_unsigned<u64>>;
    case 2: return is_signed ? combine<W, u64, max_signed<u64>> : combine<W, u64, max_unsigned<u64>>;
    case 5: return combine<W, u64, bit_and<u64>>;
    case 6: return combine<W, u64, bit_or<u64>>;
    case 7: return combine<W, u64, bit_xor<u64>>;
    case 8: return swap<W, 2, Swap::Exchange>;
    default: return nullptr;
    }
}

enum class Type : std::uint8_t { U32, S32, U64, S64, B128, F32, F64, F16x2, BF16x2, Unknown };

// Function 0 ADD, 1 MIN, 2 MAX in all of them.
template <Where W> Execute operation(Type type, unsigned function) {
    using namespace arithmetic;
    switch (type) {
    case Type::U32: return integer32<W>(function, false);
    case Type::S32: return integer32<W>(function, true);
    case Type::U64: return integer64<W>(function, false);
    case Type::S64: return integer64<W>(function, true);
    case Type::B128: return function == 8 ? swap<W, 4, Swap::Exchange> : nullptr;
    case Type::F32: return function == 0 ? combine<W, u32, add_f32> : nullptr;
    case Type::F64: return function == 0 ? combine<W, u64, add_f64> : nullptr;
    case Type::F16x2:
        return function == 0   ? combine<W, u32, add_f16x2>
               : function == 1 ? combine<W, u32, min_f16x2>
               : function == 2 ? combine<W, u32, max_f16x2>
                               : nullptr;
    case Type::BF16x2:
        return function == 0   ? combine<W, u32, add_bf16x2>
               : function == 1 ? combine<W, u32, min_bf16x2>
               : function == 2 ? combine<W, u32, max_bf16x2>
                               : nullptr;
    case Type::Unknown: break;
    }
    return nullptr;
}

template <Where W> Execute compare(unsigned words, bool test) {
    if (test) return words == 1 ? swap<W, 1, Swap::Test> : words == 2 ? swap<W, 2, Swap::Test> : swap<W, 4, Swap::Test>;
    return words == 1 ? swap<W, 1, Swap::Compare> : words == 2 ? swap<W, 2, Swap::Compare> : swap<W, 4, Swap::Compare>;
}

bool is_float_row(const sass::Instruction& i) {
    const unsigned low = i.row->opcode & 0xff;
    return i.row->first_architecture >= 90 && (low == 0xa2 || low == 0xa3 || low == 0xa5 || low == 0xa6);
}

// Type and number of components, as the rows name them.
std::pair<Type, unsigned> type_of(const sass::Instruction& i) {
    const unsigned t = i.field(Field::Size);
    if (is_float_row(i)) {
        if (t < 3) return {Type::F16x2, 1U << t};
        if (t < 6) return {Type::BF16x2, 1U << (t - 3)};
        if (t >= 9 && t < 12) return {Type::F32, 1U << (t - 9)};
        return {t == 15 ? Type::F64 : Type::Unknown, 1};
    }
    constexpr Type ampere[] = {Type::U32, Type::S32, Type::U64, Type::F32, Type::F16x2, Type::S64, Type::F64};
    constexpr Type hopper[] = {Type::U32, Type::S32, Type::U64, Type::S64, Type::B128};
    if (i.op == Op::ATOMS || i.row->first_architecture >= 90) return {t < 5 ? hopper[t] : Type::Unknown, 1};
    return {t < 7 ? ampere[t] : Type::Unknown, 1};
}

template <Where W> Execute choose(const sass::Instruction& i, MicroOp& op) {
    const unsigned opcode = i.row->opcode;
    if (opcode == 0xf8a || opcode == 0xf8c) return i.field(Field::Function) == 9 ? arrive<W> : count_lanes<W>;
    if (opcode == 0x38b || opcode == 0x3a9 || opcode == 0x38d) {
        const unsigned size = i.field(Field::Size);
        return compare<W>(size == 4 ? 4 : size == 2 ? 2 : 1, i.field(Field::Function) == 3);
    }
    auto [type, count] = type_of(i);
    unsigned function = i.field(Field::Function);
    if (is_float_row(i)) function /= 2; // ADD MIN MAX are 0 2 4
    op.p[3] |= count << 8;
    const bool in_hardware = type == Type::U32 || type == Type::S32 || (function == 8 && !is_float_row(i));
    if (!in_hardware) op.p[3] |= kSoftwareInShared;
    return operation<W>(type, function);
}

Execute multicast(const sass::Instruction& i) {
    switch (i[sass::Slot::D].registers) {
    case 1: return load_multicast<4>;
    case 2: return load_multicast<8>;
    default: return load_multicast<16>;
    }
}

} // namespace

Execute bind_atomics(const sass::Instruction& i, MicroOp& op) {
    Execute execute = nullptr;
    switch (i.op) {
    case Op::ATOMS:
        bind_address(i, op);
        execute = choose<Where::Shared>(i, op);
        break;
    case Op::ATOM:
        bind_address(i, op);
        execute = choose<Where::Generic>(i, op);
        break;
    case Op::ATOMG:
    case Op::RED:
        bind_address(i, op);
        execute = choose<Where::Global>(i, op);
        break;
    case Op::LDGMC:
        bind_address(i, op);
        execute = multicast(i);
        break;
    default: return nullptr;
    }
    if (!execute)
        throw UserError(Diagnostic{"emulator", 0, 0, fmt::format("cannot execute {} at 0x{:x}", sass::text(i), i.address),
                                   "this operation on this type is not known"});
    return execute;
}

} // namespace heddle::emulator
