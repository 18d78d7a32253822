// Loops over the 32 lanes of a warp, for operations that are compiled once per level of vector instructions.
//
// Everything here is in the namespace of its level or always inlined: code compiled for one level must never be linked
// into another. An operation computes all lanes into a row of its own and then writes the lanes that are enabled.
// What is not modelled: nothing; sources: none, this is how the host computes.
#pragma once

#include "frontend/emulator/warp.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace heddle::emulator::HEDDLE_LANES {

#define HEDDLE_INLINE [[gnu::always_inline]] static inline

struct LaneBits {
    alignas(128) std::uint32_t lane[kLanes];
};
// Bit l of a mask, per lane.
inline constexpr LaneBits kLaneBit = {{1U << 0,  1U << 1,  1U << 2,  1U << 3,  1U << 4,  1U << 5,  1U << 6,  1U << 7,
                                       1U << 8,  1U << 9,  1U << 10, 1U << 11, 1U << 12, 1U << 13, 1U << 14, 1U << 15,
                                       1U << 16, 1U << 17, 1U << 18, 1U << 19, 1U << 20, 1U << 21, 1U << 22, 1U << 23,
                                       1U << 24, 1U << 25, 1U << 26, 1U << 27, 1U << 28, 1U << 29, 1U << 30, 1U << 31}};

// All ones in the lanes of the mask, zero elsewhere.
HEDDLE_INLINE void expand(Row& row, Mask mask) {
    for (unsigned l = 0; l < kLanes; ++l) row.lane[l] = (kLaneBit.lane[l] & mask) != 0 ? ~0U : 0U;
}

// The lanes whose highest bit is set.
HEDDLE_INLINE Mask sign_mask(const Row& row) {
#if defined(__AVX512DQ__)
    return _mm512_movepi32_mask(_mm512_load_si512(row.lane)) | static_cast<Mask>(_mm512_movepi32_mask(_mm512_load_si512(row.lane + 16)))
                                                                   << 16;
#elif defined(__AVX2__)
    Mask mask = 0;
    for (unsigned v = 0; v < 4; ++v)
        mask |= static_cast<Mask>(_mm256_movemask_ps(_mm256_load_ps(reinterpret_cast<const float*>(row.lane + 8 * v)))) << (8 * v);
    return mask;
#elif defined(__SSE2__)
    Mask mask = 0;
    for (unsigned v = 0; v < 8; ++v)
        mask |= static_cast<Mask>(_mm_movemask_ps(_mm_load_ps(reinterpret_cast<const float*>(row.lane + 4 * v)))) << (4 * v);
    return mask;
#else
    Mask mask = 0;
    for (unsigned l = 0; l < kLanes; ++l) mask |= (row.lane[l] >> 31) << l;
    return mask;
#endif
}

// Writes `value` to `d` in the enabled lanes.
HEDDLE_INLINE void put(Warp& warp, RowRef d, const Row& value) {
    Row& row = warp.destination(d);
    if (warp.exec == kAllLanes) {
        for (unsigned l = 0; l < kLanes; ++l) row.lane[l] = value.lane[l];
        return;
    }
    const Mask exec = warp.exec;
    for (unsigned l = 0; l < kLanes; ++l) row.lane[l] = (kLaneBit.lane[l] & exec) != 0 ? value.lane[l] : row.lane[l];
}
// The register after that of `d`.
HEDDLE_INLINE RowRef next(RowRef d) { return {d.space, d.index + 1}; }

// d = f(a), f(a, b), f(a, b, c), f(b).
template <class F> HEDDLE_INLINE void unary_b(Warp& w, const MicroOp& op, F f) {
    const Row& b = w.source(op.b);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = f(b.lane[l]);
    put(w, op.d, r);
}
template <class F> HEDDLE_INLINE void binary(Warp& w, const MicroOp& op, F f) {
    const Row &a = w.source(op.a), &b = w.source(op.b);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = f(a.lane[l], b.lane[l]);
    put(w, op.d, r);
}
template <class F> HEDDLE_INLINE void ternary(Warp& w, const MicroOp& op, F f) {
    const Row &a = w.source(op.a), &b = w.source(op.b), &c = w.source(op.c);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = f(a.lane[l], b.lane[l], c.lane[l]);
    put(w, op.d, r);
}

} // namespace heddle::emulator::HEDDLE_LANES
