// Texture and surface objects: descriptors, the table kernels' handles index, and sampling.
//
// What hardware this is: the texture unit, seen through bindless objects.
// What is modelled: 1D, 2D, 3D and layered images of 1, 2 or 4 components of 8, 16 or 32 bits; nearest and linear filters; the
// address modes; normalised coordinates; integers read as normalised floats; gathers; surfaces (unformatted). A handle
// is the index of a descriptor in the table: instructions take the low 20 bits of the 64-bit object (as hardware does), the rest is zero.
// Linear filtering as an H200 does it, bit for bit as far as measured: see filtered() in texture.cpp. A 1D array is the row of a 2D
// image met at y = 0: half of each filtered value comes from the row before; with a border in y (second address mode) from the border.
// What is not: mipmaps and levels of detail (level 0 is read), anisotropy, sRGB, comparison sampling, sparse
// images. Sources: CUDA C++ programming guide, appendix on texture fetching; PTX ISA manual (tex, tld4, txq, suld, sust).
#pragma once

#include "sim/base/units.hpp"

#include <array>
#include <cstdint>
#include <map>

namespace heddle::emulator {

enum class ChannelKind : std::uint8_t { Unsigned, Signed, Float };
enum class AddressMode : std::uint8_t { Wrap, Clamp, Mirror, Border }; // values of cudaTextureAddressMode
enum class FilterMode : std::uint8_t { Point, Linear };                // values of cudaTextureFilterMode

// One texture or surface object. Lengths in texels unless they say bytes.
struct TextureDescriptor {
    Address data = 0; // texel (0, 0, 0)
    std::uint32_t width = 0;
    std::uint32_t height = 0, depth = 0; // 0 in dimensions the image does not have
    std::uint32_t layers = 0;            // 0: not layered. Layers follow one another like slices.
    Bytes pitch = 0, slice = 0;          // bytes from row to row, from slice (or layer) to slice
    ChannelKind kind = ChannelKind::Float;
    std::uint8_t bits = 32;        // of each component: 8, 16, 32
    std::uint8_t components = 1;   // 1, 2, 4
    bool normalized_float = false; // integers are read as floats in [0, 1] or [-1, 1] (cudaReadModeNormalizedFloat)
    bool normalized_coordinates = false;
    FilterMode filter = FilterMode::Point;
    std::array<AddressMode, 3> address{AddressMode::Clamp, AddressMode::Clamp, AddressMode::Clamp};
    std::array<float, 4> border{}; // for AddressMode::Border; integers: converted
    unsigned texel_bytes() const { return components * bits / 8; }
};

// Handles of all objects of a device. Handles repeat from run to run.
class TextureTable {
  public:
    static constexpr std::uint32_t kMostObjects = 1 << 20;
    // The handle, never 0; 0 if the table is full.
    std::uint64_t add(const TextureDescriptor& descriptor);
    bool remove(std::uint64_t handle);
    // Null if there is no such object.
    const TextureDescriptor* find(std::uint64_t handle) const;
    std::size_t size() const { return objects_.size(); }

  private:
    std::map<std::uint32_t, TextureDescriptor> objects_; // nodes stay where they are
};

// Coordinates of one fetch, as in the instruction.
struct TexturePoint {
    std::array<float, 3> at{};           // x, y, z
    std::array<std::int32_t, 3> texel{}; // for integer coordinates
    std::uint32_t layer = 0;
    bool integer = false; // TLD: unfiltered, out of range gives zeros
    unsigned dimensions = 1;
    bool layered = false;
};
using Texel = std::array<std::uint32_t, 4>; // four components: integers, or bits of floats

// Where the texels of a descriptor are in host memory; may throw if [address, address + bytes) is not readable.
using TexelReader = const std::byte* (*)(void* context, Address address, unsigned bytes);

// All four components at a point. Components the image lacks are 0, 0, 1.
Texel sample(const TextureDescriptor& descriptor, const TexturePoint& point, TexelReader read, void* context);
// One component of the four texels that linear filtering would use: (0,1) (1,1) (1,0) (0,0) in x and y.
Texel gather(const TextureDescriptor& descriptor, const TexturePoint& point, unsigned component, TexelReader read, void* context);

} // namespace heddle::emulator
