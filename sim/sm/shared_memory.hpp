// Banks of the data array that L1 and shared memory have in common.
//
// Hardware: 32 banks of 4 bytes. One wavefront reads or writes at most one word of each bank and delivers it to any
// number of lanes. Accesses of up to 32 bits are served for the whole warp at once, 64 bits by half-warps, 128 bits
// by quarter-warps.
// Modelled: the number of wavefronts of an access = the sum over its phases of the largest number of distinct words
// in one bank (at least 1); matrix loads (LDSM, STSM) are 16-byte accesses of 8 rows per matrix; atomics take the
// lanes of a bank one after another, same word or not. Loads of global memory that hit L1 obey the same rule.
// A strided access of a full warp takes a closed form.
// Not modelled: pairs of equal addresses that halve LDS.128 on compute capability 7.x.
// Sources: CUDA programming guide (banks); NVIDIA developer forum 260900 (phases of 64- and 128-bit accesses);
// te42kyfo/gpu-benches gpu-strides: wavefronts of global loads on A100 follow the same rule for every stride.
#pragma once

#include "sim/sm/coalescer.hpp"

namespace heddle {

// Wavefronts of a conflict-free access of a full warp: 1, 2 or 4.
constexpr unsigned phases(unsigned access_bytes) { return access_bytes <= 4 ? 1 : access_bytes <= 8 ? 2 : 4; }

// Wavefronts of loads and stores. Requires: active != 0, 1 <= bytes <= 16.
unsigned bank_wavefronts(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, unsigned bytes);
// Wavefronts of atomics: lanes of one bank are served one by one. Requires: active != 0.
unsigned atomic_wavefronts(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, unsigned bytes);
// Wavefronts of LDSM or STSM of 1, 2 or 4 matrices; lane 8m + r holds the address of row r of matrix m.
unsigned matrix_wavefronts(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, unsigned matrices);

} // namespace heddle
