// Matrices of warpgroup instructions in shared memory, by descriptor.
//
// Descriptor: bits 0-13 address >> 4, 16-29 leading offset >> 4 (LBO), 32-45 stride offset >> 4 (SBO), 49-51 base offset,
// 62-63 swizzle: 0 none, 1 128 bytes, 2 64, 3 32. A matrix consists of 16-byte chunks; W = chunks per swizzled row (1, 8, 4, 2).
//   K inner ("not transposed"): row r, chunk k of its K: (r % 8) W 16 + (r / 8) SBO + (k % W) 16 + (k / W) LBO
//   rows inner ("transposed"): chunk c of 8 rows, k: (c % W) 16 + (c / W) LBO + (k % 8) W 16 + (k / 8) SBO;
//   without swizzle LBO and SBO change places
// and bits 4 to 6 of the address are mixed with bits 7 to 9 (less the base offset), as many as the swizzle has.
// Sources: PTX ISA manual (matrix descriptor, canonical layouts); CUTLASS's description of the same layouts.
#pragma once

#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/fault.hpp"

#include <cstring>

namespace heddle::emulator::HEDDLE_LANES {

namespace {

constexpr unsigned kChunkBytes = 16;

class SharedMatrix {
  public:
    SharedMatrix(Cta& cta, std::uint64_t descriptor) : shared_(reinterpret_cast<const unsigned char*>(cta.shared())), bytes_(cta.shared_bytes()) {
        constexpr std::uint64_t kUnused = 3ULL << 14 | 3ULL << 30 | 7ULL << 46 | 0x3ffULL << 52;
        if (descriptor & kUnused) throw DeviceFault(FaultKind::IllegalInstruction, "a matrix descriptor with bits set that mean nothing");
        start_ = static_cast<std::uint32_t>(descriptor & 0x3fff) << 4;
        leading_ = static_cast<std::uint32_t>((descriptor >> 16) & 0x3fff) << 4;
        stride_ = static_cast<std::uint32_t>((descriptor >> 32) & 0x3fff) << 4;
        base_ = static_cast<std::uint32_t>((descriptor >> 49) & 7);
        static constexpr unsigned kWidth[] = {1, 8, 4, 2};
        width_ = kWidth[descriptor >> 62];
    }
    // Rows of A or columns of B from `first` on, each `row_bytes` of K, packed to `out`.
    void rows(unsigned first, unsigned count, unsigned row_bytes, unsigned char* out) const {
        for (unsigned r = first; r < first + count; ++r) {
            for (unsigned k = 0; k < row_bytes / kChunkBytes; ++k, out += kChunkBytes)
                std::memcpy(out, chunk((r % 8) * width_ * kChunkBytes + (r / 8) * stride_ + (k % width_) * kChunkBytes + (k / width_) * leading_), kChunkBytes);
        }
    }
    // The same for 16-bit elements with rows inner. Requires: first and count are multiples of 8.
    void transposed_rows(unsigned first, unsigned count, unsigned row_bytes, unsigned char* out) const {
        const bool swizzled = width_ != 1;
        for (unsigned c = first / 8; c < (first + count) / 8; ++c)
            for (unsigned k = 0; k < row_bytes / 2; ++k) {
                const std::uint32_t rows_part = swizzled ? (c % width_) * kChunkBytes + (c / width_) * leading_ : c * stride_;
                const std::uint32_t k_part = (k % 8) * width_ * kChunkBytes + (k / 8) * (swizzled ? stride_ : leading_);
                const unsigned char* from = chunk(rows_part + k_part);
                for (unsigned e = 0; e < 8; ++e) std::memcpy(out + ((c - first / 8) * 8 + e) * row_bytes + 2 * k, from + 2 * e, 2);
            }
    }

  private:
    const unsigned char* chunk(std::uint32_t offset) const {
        const std::uint32_t address = (start_ + offset) & 0x3ffff;
        const std::uint32_t at = address ^ ((((address >> 7) - base_) & (width_ - 1)) << 4);
        if (at + kChunkBytes > bytes_) throw DeviceFault(FaultKind::IllegalAddress, "a matrix descriptor reaches beyond the shared memory of the block");
        return shared_ + at;
    }
    const unsigned char* shared_;
    std::uint64_t bytes_;
    std::uint32_t start_ = 0, leading_ = 0, stride_ = 0, base_ = 0, width_ = 1;
};

} // namespace

} // namespace heddle::emulator::HEDDLE_LANES
