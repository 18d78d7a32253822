#include "frontend/emulator/bulk_reduction.hpp"

#include "frontend/emulator/atomic_arithmetic.hpp"

#include <cstring>

namespace heddle::emulator {

namespace {

using namespace arithmetic;

template <class T> using Combine = T (*)(T, T);

u32 increment32(u32 a, u32 b) { return increment(a, b); }
u32 decrement32(u32 a, u32 b) { return decrement(a, b); }

template <class T> Combine<T> integer(unsigned function, bool is_signed) {
    switch (function) {
    case 0: return add<T>;
    case 1: return is_signed ? min_signed<T> : min_unsigned<T>;
    case 2: return is_signed ? max_signed<T> : max_unsigned<T>;
    case 5: return bit_and<T>;
    case 6: return bit_or<T>;
    case 7: return bit_xor<T>;
    default: return nullptr;
    }
}

Combine<u32> narrow(ReductionType type, unsigned function) {
    switch (type) {
    case ReductionType::U32: return function == 3 ? increment32 : function == 4 ? decrement32 : integer<u32>(function, false);
    case ReductionType::S32: return integer<u32>(function, true);
    case ReductionType::F16: return function == 0 ? add_f16x2 : function == 1 ? min_f16x2 : function == 2 ? max_f16x2 : nullptr;
    case ReductionType::Bf16: return function == 0 ? add_bf16x2 : function == 1 ? min_bf16x2 : function == 2 ? max_bf16x2 : nullptr;
    case ReductionType::F32:
    case ReductionType::F32Ftz: return function == 0 ? add_f32 : nullptr;
    default: return nullptr;
    }
}

Combine<u64> wide(ReductionType type, unsigned function) {
    switch (type) {
    case ReductionType::U64: return integer<u64>(function, false);
    case ReductionType::S64: return integer<u64>(function, true);
    case ReductionType::F64: return function == 0 ? add_f64 : nullptr;
    default: return nullptr;
    }
}

template <class T> void each(std::byte* destination, const std::byte* source, Bytes bytes, Combine<T> combine) {
    for (Bytes at = 0; at + sizeof(T) <= bytes; at += sizeof(T)) {
        T a, b;
        std::memcpy(&a, destination + at, sizeof a);
        std::memcpy(&b, source + at, sizeof b);
        a = combine(a, b);
        std::memcpy(destination + at, &a, sizeof a);
    }
}

} // namespace

bool reduction_exists(ReductionType type, unsigned function) { return narrow(type, function) || wide(type, function); }

void reduce_elements(std::byte* destination, const std::byte* source, Bytes bytes, ReductionType type, unsigned function) {
    if (const auto combine = narrow(type, function)) {
        each(destination, source, bytes, combine);
        // A last half on its own: pairs are combined half by half, so its neighbour may be anything.
        if (const Bytes rest = bytes % 4; rest != 0) {
            u32 a = 0, b = 0;
            std::memcpy(&a, destination + bytes - rest, rest);
            std::memcpy(&b, source + bytes - rest, rest);
            a = combine(a, b);
            std::memcpy(destination + bytes - rest, &a, rest);
        }
    } else if (const auto combine64 = wide(type, function)) {
        each(destination, source, bytes, combine64);
    }
}

} // namespace heddle::emulator
