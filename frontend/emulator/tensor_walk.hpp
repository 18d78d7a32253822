// The rows of a box of a tensor: where each lies in global memory and in the packed, swizzled box in shared memory.
//
// Tiled: the box starts at the coordinates (which may be negative) and steps by the element strides. Im2col: pixels are
// walked from the coordinates on within the pixel box of the spatial dimensions, then to the next image; each pixel is read at its place plus
// the offsets. A row is what is contiguous: the innermost dimension of the box, or the channels of a pixel.
// Sources: PTX ISA manual (tensor modes, im2col, swizzling modes); CUDA driver API manual.
#pragma once

#include "frontend/emulator/tensor_map.hpp"

namespace heddle::emulator {

struct TensorRow {
    std::uint32_t offset;      // in the packed box, bytes
    std::uint32_t bytes;       // of the row in the box
    std::uint32_t first, last; // part of it that lies within the tensor; empty if first == last
    Address address;           // of byte `first`
};

// Calls visit(TensorRow) for each row of the box, in the order of shared memory. `offsets`: im2col only.
template <class Visit>
void for_each_row(const TensorMap& map, const std::array<std::int32_t, kMostDimensions>& at, const std::array<std::int32_t, 3>& offsets, Visit visit) {
    const auto element = static_cast<std::int64_t>(element_bytes(map.element));
    std::uint32_t offset = 0;
    const auto row = [&](const std::array<std::int64_t, kMostDimensions>& c, std::uint32_t elements) {
        const auto size0 = static_cast<std::int64_t>(map.size[0]);
        std::int64_t low = c[0] < 0 ? -c[0] : 0, high = size0 - c[0];
        low = low < elements ? low : elements;
        high = high < 0 ? 0 : high < elements ? high : elements;
        Address address = map.address + static_cast<Address>((c[0] + low) * element);
        for (unsigned d = 1; d < map.rank; ++d) {
            if (c[d] < 0 || c[d] >= static_cast<std::int64_t>(map.size[d])) high = low;
            address += static_cast<Address>(c[d]) * map.stride[d - 1];
        }
        if (high < low) high = low;
        const auto bytes = static_cast<std::uint32_t>(elements * element);
        visit(TensorRow{offset, bytes, static_cast<std::uint32_t>(low * element), static_cast<std::uint32_t>(high * element), address});
        offset += bytes;
    };
    std::array<std::int64_t, kMostDimensions> c{};
    for (unsigned d = 0; d < kMostDimensions; ++d) c[d] = at[d];
    if (!map.im2col) {
        std::array<std::uint32_t, kMostDimensions> count{1, 1, 1, 1, 1}, n{};
        for (unsigned d = 0; d < map.rank; ++d) count[d] = map.box_elements(d);
        for (n[4] = 0; n[4] < count[4]; ++n[4])
            for (n[3] = 0; n[3] < count[3]; ++n[3])
                for (n[2] = 0; n[2] < count[2]; ++n[2])
                    for (n[1] = 0; n[1] < count[1]; ++n[1]) {
                        for (unsigned d = 1; d < map.rank; ++d) c[d] = at[d] + std::int64_t{n[d]} * map.element_stride[d];
                        row(c, count[0]);
                    }
        return;
    }
    const unsigned last_spatial = map.rank - 2; // dimensions 1 to last_spatial; the last one counts images
    for (std::uint32_t pixel = 0; pixel < map.pixels; ++pixel) {
        auto place = c;
        for (unsigned d = 1; d <= last_spatial; ++d) place[d] += offsets[d - 1];
        row(place, map.channels);
        unsigned d = 1;
        for (; d <= last_spatial; ++d) {
            c[d] += map.element_stride[d];
            if (c[d] < static_cast<std::int64_t>(map.size[d]) + map.upper_corner[d - 1]) break;
            c[d] = map.lower_corner[d - 1];
        }
        if (d > last_spatial) ++c[map.rank - 1];
    }
}

// Where 16 bytes at `address` of shared memory really lie: bits 4-6 are mixed with bits 7-9.
constexpr std::uint32_t swizzled(std::uint32_t address, TensorSwizzle swizzle) {
    switch (swizzle) {
    case TensorSwizzle::B32: return address ^ ((address >> 3) & 0x10);
    case TensorSwizzle::B64: return address ^ ((address >> 3) & 0x30);
    case TensorSwizzle::B128: return address ^ ((address >> 3) & 0x70);
    default: return address;
    }
}

} // namespace heddle::emulator
