// Texture and surface objects through the runtime API.
#include "frontend/cuda/api.hpp"

namespace heddle::cuda {

HEDDLE_CUDA_API Error cudaCreateTextureObject(std::uint64_t* object, const abi::ResourceDescription* resource,
                                              const abi::TextureDescription* texture, const abi::ResourceView* view) {
    return runtime_call("cudaCreateTextureObject",
                        [&](Context& c) { at(object) = c.textures.create_texture(at(resource), at(texture), view); });
}

HEDDLE_CUDA_API Error cudaDestroyTextureObject(std::uint64_t object) {
    return runtime_call("cudaDestroyTextureObject", [&](Context& c) {
        if (object == 0) return;
        c.synchronize();
        c.textures.destroy(object, false);
    });
}

HEDDLE_CUDA_API Error cudaGetTextureObjectResourceDesc(abi::ResourceDescription* resource, std::uint64_t object) {
    return runtime_call("cudaGetTextureObjectResourceDesc", [&](Context& c) { at(resource) = c.textures.find(object, false).resource; });
}

HEDDLE_CUDA_API Error cudaGetTextureObjectTextureDesc(abi::TextureDescription* texture, std::uint64_t object) {
    return runtime_call("cudaGetTextureObjectTextureDesc", [&](Context& c) { at(texture) = c.textures.find(object, false).texture; });
}

HEDDLE_CUDA_API Error cudaGetTextureObjectResourceViewDesc(abi::ResourceView* view, std::uint64_t object) {
    return runtime_call("cudaGetTextureObjectResourceViewDesc", [&](Context& c) {
        const auto& found = c.textures.find(object, false).view;
        require(found.has_value());
        at(view) = *found;
    });
}

HEDDLE_CUDA_API Error cudaCreateSurfaceObject(std::uint64_t* object, const abi::ResourceDescription* resource) {
    return runtime_call("cudaCreateSurfaceObject", [&](Context& c) { at(object) = c.textures.create_surface(at(resource)); });
}

HEDDLE_CUDA_API Error cudaDestroySurfaceObject(std::uint64_t object) {
    return runtime_call("cudaDestroySurfaceObject", [&](Context& c) {
        if (object == 0) return;
        c.synchronize();
        c.textures.destroy(object, true);
    });
}

HEDDLE_CUDA_API Error cudaGetSurfaceObjectResourceDesc(abi::ResourceDescription* resource, std::uint64_t object) {
    return runtime_call("cudaGetSurfaceObjectResourceDesc", [&](Context& c) { at(resource) = c.textures.find(object, true).resource; });
}

} // namespace heddle::cuda
