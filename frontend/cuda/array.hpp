// CUDA arrays: memory of up to three dimensions and layers that textures and surfaces read.
//
// What is modelled: arrays as rows at a fixed pitch, in the order x, y, z (or layer). What is not: the opaque tiling of
// real arrays (programs cannot see it), mipmaps, sparse arrays.
#pragma once

#include "frontend/cuda/abi.hpp"
#include "frontend/emulator/device_memory.hpp"

#include <memory>
#include <unordered_map>

namespace heddle::cuda {

inline constexpr unsigned kArrayLayered = 1, kArraySurface = 2, kArrayCubemap = 4, kArrayGather = 8; // flags of cudaMalloc3DArray

struct Array {
    abi::ChannelFormat format;
    abi::Extent extent; // elements; height and depth are 0 in dimensions it does not have
    unsigned flags = 0;
    Address data = 0;
    std::size_t element_bytes = 0;
    std::size_t pitch = 0, slice = 0; // bytes from row to row, from slice (or layer) to slice
    std::size_t rows() const { return extent.height == 0 ? 1 : extent.height; }
    std::size_t slices() const { return extent.depth == 0 ? 1 : extent.depth; }
    std::byte* at(std::size_t x_bytes, std::size_t y, std::size_t z) const {
        return reinterpret_cast<std::byte*>(data) + z * slice + y * pitch + x_bytes;
    }
};

// Bytes of one element; 0 if the format is none that exists.
std::size_t element_bytes(const abi::ChannelFormat& format);

class ArrayStore {
  public:
    explicit ArrayStore(emulator::DeviceMemory& memory) : memory_(memory) {}

    // Throws Failure: InvalidChannelDescriptor, InvalidValue, MemoryAllocation.
    Array* create(const abi::ChannelFormat& format, const abi::Extent& extent, unsigned flags);
    bool destroy(void* handle);
    // Throws Failure(InvalidResourceHandle).
    Array& find(const void* handle) const;

  private:
    emulator::DeviceMemory& memory_;
    std::unordered_map<const void*, std::unique_ptr<Array>> arrays_;
};

} // namespace heddle::cuda
