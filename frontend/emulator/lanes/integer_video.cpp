// Dot products of bytes, absolute differences, saturating conversions, and the dynamic-programming instructions of sm_90 on lanes.
//
// Parameters: p[0], p[1], p[2] as in integer_arithmetic.cpp; p[3]: see each operation. Assumed: sums of VIADD and VIADDMNMX wrap, as those
// of their software counterparts in the CUDA headers do; the predicates of VIMNMX are those of __vibmax and __vibmin ("a >= b", "a <= b").
#include "frontend/emulator/integer_lanes.hpp"
#include "frontend/emulator/integer_semantics.hpp"
#include "frontend/emulator/lanes/lanes.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;
using namespace integer;

HEDDLE_INLINE S32 byte_of(U32 x, unsigned k, bool is_signed) {
    return is_signed ? static_cast<S32>(static_cast<std::int8_t>(x >> (8 * k))) : static_cast<S32>((x >> (8 * k)) & 0xff);
}
HEDDLE_INLINE S32 half_of(U32 x, unsigned k, bool is_signed) {
    return is_signed ? static_cast<S32>(static_cast<std::int16_t>(x >> (16 * k))) : static_cast<S32>((x >> (16 * k)) & 0xffff);
}

template <bool SignedA, bool SignedB> void dot4(Warp& w, const MicroOp& op) {
    ternary(w, op, [](U32 a, U32 b, U32 c) {
        for (unsigned k = 0; k < 4; ++k) c += static_cast<U32>(byte_of(a, k, SignedA) * byte_of(b, k, SignedB));
        return c;
    });
}
// p[3]: 0 the lower two bytes of B, 2 the upper two.
template <bool SignedA, bool SignedB> void dot2(Warp& w, const MicroOp& op) {
    const unsigned first = op.p[3];
    ternary(w, op, [=](U32 a, U32 b, U32 c) {
        for (unsigned k = 0; k < 2; ++k) c += static_cast<U32>(half_of(a, k, SignedA)) * static_cast<U32>(byte_of(b, first + k, SignedB));
        return c;
    });
}

template <bool Signed> void difference(Warp& w, const MicroOp& op) {
    ternary(w, op, [](U32 a, U32 b, U32 c) {
        const bool less = Signed ? static_cast<S32>(a) < static_cast<S32>(b) : a < b;
        return c + (less ? b - a : a - b);
    });
}
// Four differences of bytes; Accumulate: their sum is added to C.
template <bool Signed, bool Accumulate> void difference4(Warp& w, const MicroOp& op) {
    ternary(w, op, [](U32 a, U32 b, U32 c) {
        U32 bytes = 0;
        for (unsigned k = 0; k < 4; ++k) {
            const S32 x = byte_of(a, k, Signed) - byte_of(b, k, Signed);
            const U32 d = static_cast<U32>(x < 0 ? -x : x);
            if (Accumulate) c += d;
            else bytes |= (d & 0xff) << (8 * k);
        }
        return Accumulate ? c : bytes;
    });
}

// Saturation of a signed word. p[3]: lower bound, immediate: upper bound, both as 32 bits.
HEDDLE_INLINE U32 saturate(U32 x, S32 lowest, S32 highest) {
    const S32 v = static_cast<S32>(x);
    return static_cast<U32>(v < lowest ? lowest : v > highest ? highest : v);
}
void convert(Warp& w, const MicroOp& op) {
    const S32 lowest = static_cast<S32>(op.p[3]), highest = static_cast<S32>(op.immediate);
    unary_b(w, op, [=](U32 b) { return saturate(b, lowest, highest); });
}
// C on top, then A, then B. p[0]: bits of a result, p[1]: the bits of C that are kept in place (its upper half) rather than shifted up.
void convert_pack(Warp& w, const MicroOp& op) {
    const S32 lowest = static_cast<S32>(op.p[3]), highest = static_cast<S32>(op.immediate);
    const U32 bits = op.p[0], ones = (1U << bits) - 1, kept = op.p[1];
    if (bits == 16)
        return binary(w, op, [=](U32 a, U32 b) { return saturate(a, lowest, highest) << 16 | (saturate(b, lowest, highest) & 0xffff); });
    ternary(w, op, [=](U32 a, U32 b, U32 c) {
        return (kept ? c & kept : c << (2 * bits)) | (saturate(a, lowest, highest) & ones) << bits | (saturate(b, lowest, highest) & ones);
    });
}

// Types: 0 U32, 1 S32, 2 U16x2, 3 S16x2.
template <unsigned Type, bool Max> HEDDLE_INLINE U32 pick(U32 a, U32 b) {
    if constexpr (Type < 2) {
        const bool less = Type == 1 ? static_cast<S32>(a) < static_cast<S32>(b) : a < b;
        return less == Max ? b : a;
    } else {
        const bool less0 = half_of(a, 0, Type == 3) < half_of(b, 0, Type == 3), less1 = half_of(a, 1, Type == 3) < half_of(b, 1, Type == 3);
        return ((less0 == Max ? b : a) & 0xffffU) | ((less1 == Max ? b : a) & 0xffff0000U);
    }
}
template <unsigned Type> HEDDLE_INLINE U32 add_typed(U32 a, U32 b) {
    if constexpr (Type < 2) return a + b;
    else return ((a + b) & 0xffffU) | ((a & 0xffff0000U) + (b & 0xffff0000U));
}
template <unsigned Type> HEDDLE_INLINE U32 negate_typed(U32 a) {
    if constexpr (Type < 2) return 0U - a;
    else return ((0U - a) & 0xffffU) | (0U - (a & 0xffff0000U));
}
template <unsigned Type> HEDDLE_INLINE U32 relu_typed(U32 a) { return pick<(Type | 1), true>(a, 0); }

enum class Video : std::uint8_t { MinMax, MinMax3, AddMinMax };
// p[3]: bit 0: negative results become zero, bit 1: B is subtracted.
template <unsigned Type, bool Max, Video Kind> HEDDLE_INLINE U32 video_value(U32 a, U32 b, U32 c, U32 options) {
    U32 r;
    if (Kind == Video::MinMax) r = pick<Type, Max>(a, b);
    else if (Kind == Video::MinMax3) r = pick<Type, Max>(pick<Type, Max>(a, b), c);
    else r = pick<Type, Max>(add_typed<Type>(a, options & 2 ? negate_typed<Type>(b) : b), c);
    return options & 1 ? relu_typed<Type>(r) : r;
}
template <unsigned Type, Video Kind> void video(Warp& w, const MicroOp& op) {
    const U32 options = op.p[3];
    if (op.pa.index == 7) {
        if (op.pa.negate) return ternary(w, op, [=](U32 a, U32 b, U32 c) { return video_value<Type, true, Kind>(a, b, c, options); });
        return ternary(w, op, [=](U32 a, U32 b, U32 c) { return video_value<Type, false, Kind>(a, b, c, options); });
    }
    Row minimum, r;
    expand(minimum, w.predicate(op.pa));
    const Row &a = w.source(op.a), &b = w.source(op.b), &c = w.source(op.c);
    for (unsigned l = 0; l < kLanes; ++l)
        r.lane[l] = minimum.lane[l] ? video_value<Type, false, Kind>(a.lane[l], b.lane[l], c.lane[l], options)
                                    : video_value<Type, true, Kind>(a.lane[l], b.lane[l], c.lane[l], options);
    put(w, op.d, r);
}
// VIMNMX with predicates: of the word or the lower half, of the upper half.
template <unsigned Type> void min_max_choice(Warp& w, const MicroOp& op) {
    const Row &a = w.source(op.a), &b = w.source(op.b);
    Row low, high;
    const Mask minimum = w.predicate(op.pa);
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 x = a.lane[l], y = b.lane[l];
        const bool is_min = (minimum >> l & 1) != 0;
        const auto chosen = [is_min](auto p, auto q) { return is_min ? p <= q : p >= q; };
        bool first, second;
        if (Type == 0) first = second = chosen(x, y);
        else if (Type == 1) first = second = chosen(static_cast<S32>(x), static_cast<S32>(y));
        else {
            first = chosen(half_of(x, 0, Type == 3), half_of(y, 0, Type == 3));
            second = chosen(half_of(x, 1, Type == 3), half_of(y, 1, Type == 3));
        }
        low.lane[l] = first ? ~0U : 0U;
        high.lane[l] = second ? ~0U : 0U;
    }
    video<Type, Video::MinMax>(w, op); // last: the destination may be a source
    w.set_predicate(op.pd, sign_mask(low), w.exec);
    w.set_predicate(op.pq, sign_mask(high), w.exec);
}
template <unsigned Type> void add_halves(Warp& w, const MicroOp& op) {
    const U32 negative = op.p[1];
    binary(w, op, [=](U32 a, U32 b) { return add_typed<Type>(a, negative ? negate_typed<Type>(b) : b); });
}

template <Video Kind> Execute bind_video(const sass::Instruction& i, MicroOp& op) {
    op.p[3] = i.flag(Field::Relu) | (op.p[1] ? 2U : 0U);
    switch (i.field(Field::Size)) {
    case 0: return video<0, Kind>;
    case 1: return video<1, Kind>;
    case 2: return video<2, Kind>;
    default: return video<3, Kind>;
    }
}
Execute bind_min_max(const sass::Instruction& i, MicroOp& op) {
    const Execute plain = bind_video<Video::MinMax>(i, op);
    if (op.pd.index == 7 && op.pq.index == 7) return plain;
    switch (i.field(Field::Size)) {
    case 0: return min_max_choice<0>;
    case 1: return min_max_choice<1>;
    case 2: return min_max_choice<2>;
    default: return min_max_choice<3>;
    }
}

Execute bind_dot(const sass::Instruction& i, MicroOp& op) {
    const bool a = i.flag(Field::M2), b = i.flag(Field::M3);
    op.p[3] = i.flag(Field::M1) ? 2 : 0;
    if (i.flag(Field::M0)) return a ? (b ? dot2<true, true> : dot2<true, false>) : (b ? dot2<false, true> : dot2<false, false>);
    return a ? (b ? dot4<true, true> : dot4<true, false>) : (b ? dot4<false, true> : dot4<false, false>);
}

Execute bind_convert(const sass::Instruction& i, MicroOp& op, bool pack) {
    const unsigned format = i.field(Field::DestinationFormat), bits = format < 2 ? 8 : format < 4 ? 16 : format < 6 ? 2 : 4;
    const bool is_signed = (format & 1) != 0;
    op.p[3] = is_signed ? 0U - (1U << (bits - 1)) : 0;
    op.immediate = is_signed ? (1U << (bits - 1)) - 1 : (1U << bits) - 1;
    op.p[0] = bits;
    op.p[1] = pack && i.field(Field::SelectC) == 1 ? 0xffff0000U : 0;
    return pack ? convert_pack : convert;
}

} // namespace

Execute bind_integer_video(const sass::Instruction& i, MicroOp& op) {
    const bool is_signed = i.flag(Field::Signed);
    switch (i.op) {
    case Op::IDP: return bind_dot(i, op);
    case Op::VABSDIFF: return is_signed ? difference<true> : difference<false>;
    case Op::VABSDIFF4:
        if (i.flag(Field::M0)) return is_signed ? difference4<true, true> : difference4<false, true>;
        return is_signed ? difference4<true, false> : difference4<false, false>;
    case Op::I2I: return bind_convert(i, op, false);
    case Op::I2IP: return bind_convert(i, op, true);
    case Op::VIADD: return i.field(Field::Size) == 0 ? add_halves<0> : add_halves<2>;
    case Op::VIMNMX: return bind_min_max(i, op);
    case Op::VIMNMX3: return bind_video<Video::MinMax3>(i, op);
    case Op::VIADDMNMX: return bind_video<Video::AddMinMax>(i, op);
    default: return nullptr;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
