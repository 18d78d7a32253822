// Texture and surface objects: from the API's descriptions to the descriptors kernels use.
//
// What is modelled: objects over arrays (plain, layered, cube), linear memory and rows at a pitch. What is not: mipmaps, sRGB,
// views that reinterpret a format (refused).
#pragma once

#include "frontend/cuda/abi.hpp"
#include "frontend/cuda/array.hpp"
#include "frontend/emulator/device.hpp"

#include <optional>
#include <unordered_map>

namespace heddle::cuda {

class TextureStore {
  public:
    TextureStore(emulator::Device& device, ArrayStore& arrays) : device_(device), arrays_(arrays) {}

    struct Object {
        bool surface = false;
        abi::ResourceDescription resource{};
        abi::TextureDescription texture{};
        std::optional<abi::ResourceView> view;
    };

    // Throw Failure: InvalidValue, InvalidResourceHandle, InvalidChannelDescriptor, InvalidFilterSetting, InvalidNormSetting, NotSupported.
    std::uint64_t create_texture(const abi::ResourceDescription& resource, const abi::TextureDescription& texture,
                                 const abi::ResourceView* view);
    std::uint64_t create_surface(const abi::ResourceDescription& resource);
    // Throws Failure(InvalidValue) if there is no such object.
    void destroy(std::uint64_t handle, bool surface);
    const Object& find(std::uint64_t handle, bool surface) const;

  private:
    emulator::TextureDescriptor describe(const abi::ResourceDescription& resource) const;
    std::uint64_t add(const emulator::TextureDescriptor& descriptor, Object object);
    emulator::Device& device_;
    ArrayStore& arrays_;
    std::unordered_map<std::uint64_t, Object> objects_;
};

} // namespace heddle::cuda
