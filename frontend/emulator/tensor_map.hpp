// Tensor maps: what cuTensorMapEncodeTiled and cuTensorMapEncodeIm2col write and tensor copies (TMA) read.
//
// What hardware this is: the 128-byte descriptor of a tensor in global memory and of the box that one copy moves.
// What is modelled: tiled and im2col maps with rank 1 to 5, all element types of sm_90, swizzles, out-of-bounds fill, element
// strides, interleaved layouts (encoded and checked; copies with them are refused).
// Layout: the vendor does not document it. The fields that tensormap.replace changes lie where ptxas's code for that
// instruction puts them, so that such code works; the others are our own:
//   0x00 address; 0x08 bits 4-6 rank - 1, 7-10 element type, 11-12 interleave, 13-14 swizzle, 15 fill   (measured)
//        bits 16-17 L2 promotion, 18 im2col                                                            (own)
//   0x0c stride of dimensions 1 to 4, >> 4, 32 bits each; 0x1c their bits 36 to 39, 4 bits each         (measured)
//   0x20 sizes - 1, 32 bits each; 0x34 element strides - 1, 3 bits each, box 0 - 1 in bits 24-31;
//   0x38 boxes 1 to 4 - 1, 8 bits each                                                                 (measured)
//   0x40 lower corners, 0x46 upper corners (16 bits each), 0x4c channels - 1, 0x4e pixels - 1, 0x7c mark (own)
// Sources: CUDA driver API manual (limits); PTX ISA manual (tensormap.replace: values of the fields; traversal); experiments
// with ptxas 13.0.
#pragma once

#include "sim/base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace heddle::emulator {

// As PTX numbers them; the driver's CUtensorMapDataType has another order, see encode_tiled().
enum class TensorElement : std::uint8_t { U8, U16, U32, S32, U64, S64, F16, F32, F32Ftz, F64, Bf16, Tf32, Tf32Ftz, Count };
unsigned element_bytes(TensorElement element);
bool is_floating(TensorElement element);

enum class TensorSwizzle : std::uint8_t { None, B32, B64, B128 };

inline constexpr std::size_t kTensorMapBytes = 128;
inline constexpr unsigned kMostDimensions = 5;

struct TensorMap {
    bool im2col = false;
    unsigned rank = 1;
    TensorElement element = TensorElement::U8;
    std::uint8_t interleave = 0; // 0 none, 1 16 bytes, 2 32 bytes
    TensorSwizzle swizzle = TensorSwizzle::None;
    std::uint8_t l2_promotion = 0; // 0 none, 1 64, 2 128, 3 256 bytes: steers caches only
    bool fill_nan = false;         // out of bounds: NaN instead of zero
    Address address = 0;
    std::array<std::uint64_t, kMostDimensions> size{1, 1, 1, 1, 1};       // elements, fastest dimension first
    std::array<std::uint64_t, kMostDimensions - 1> stride{};              // bytes, of dimensions 1 to 4
    std::array<std::uint32_t, kMostDimensions> box{1, 1, 1, 1, 1};        // tiled: elements
    std::array<std::uint32_t, kMostDimensions> element_stride{1, 1, 1, 1, 1};
    std::array<std::int32_t, 3> lower_corner{}, upper_corner{};           // im2col: of dimensions 1 to rank - 2
    std::uint32_t channels = 1, pixels = 1;                               // im2col: per pixel, per column

    // Bytes one copy writes to shared memory; what it signals to its mbarrier.
    Bytes box_bytes() const;
    // Elements of dimension `d` a copy moves: the box in steps of the element stride. Tiled maps.
    std::uint32_t box_elements(unsigned d) const { return d == 0 ? box[0] : (box[d] + element_stride[d] - 1) / element_stride[d]; }
};

// Why the driver refuses such a map; empty if it does not.
std::optional<std::string> why_invalid(const TensorMap& map);

void encode(const TensorMap& map, std::byte* bytes);
// Empty if the bytes are no map of encode(); `why` then says why.
std::optional<TensorMap> decode_tensor_map(const std::byte* bytes, std::string* why);

// The driver's functions: arguments as cuTensorMapEncodeTiled and cuTensorMapEncodeIm2col take them (enumerations as numbers).
// Write 128 bytes to `map` and return nothing, or return why it is CUDA_ERROR_INVALID_VALUE.
std::optional<std::string> encode_tiled(void* map, unsigned data_type, std::uint32_t rank, const void* address, const std::uint64_t* dimensions,
                                        const std::uint64_t* strides, const std::uint32_t* box, const std::uint32_t* element_strides,
                                        unsigned interleave, unsigned swizzle, unsigned l2_promotion, unsigned fill);
std::optional<std::string> encode_im2col(void* map, unsigned data_type, std::uint32_t rank, const void* address, const std::uint64_t* dimensions,
                                         const std::uint64_t* strides, const int* lower_corner, const int* upper_corner, std::uint32_t channels,
                                         std::uint32_t pixels, const std::uint32_t* element_strides, unsigned interleave, unsigned swizzle,
                                         unsigned l2_promotion, unsigned fill);

} // namespace heddle::emulator
