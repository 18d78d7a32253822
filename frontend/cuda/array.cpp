#include "frontend/cuda/array.hpp"

#include "frontend/cuda/image.hpp"

namespace heddle::cuda {

namespace {

constexpr std::size_t kRowAlignment = 128;
constexpr std::size_t kMaxWidth = 131072, kMaxHeight = 65536, kMaxDepth = 16384; // as device properties say

bool fits(const abi::Extent& extent) {
    return extent.width != 0 && extent.width <= kMaxWidth && extent.height <= kMaxHeight && extent.depth <= kMaxDepth;
}

} // namespace

std::size_t element_bytes(const abi::ChannelFormat& format) {
    const int bits[] = {format.x, format.y, format.z, format.w};
    int total = 0, components = 0;
    for (const int b : bits) {
        if (b == 0) continue;
        if ((b != 8 && b != 16 && b != 32) || b != format.x) return 0;
        total += b;
        ++components;
    }
    return components == 1 || components == 2 || components == 4 ? static_cast<std::size_t>(total) / 8 : 0;
}

Array* ArrayStore::create(const abi::ChannelFormat& format, const abi::Extent& extent, unsigned flags) {
    auto array = std::make_unique<Array>();
    array->format = format;
    array->extent = extent;
    array->flags = flags;
    array->element_bytes = element_bytes(format);
    if (array->element_bytes == 0) throw Failure{Error::InvalidChannelDescriptor};
    if (!fits(extent)) throw Failure{Error::InvalidValue};
    array->pitch = (extent.width * array->element_bytes + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
    array->slice = array->pitch * array->rows();
    array->data = memory_.allocate(array->slice * array->slices(), emulator::AllocationKind::Array, "CUDA array");
    if (array->data == 0) throw Failure{Error::MemoryAllocation};
    Array* handle = array.get();
    arrays_.emplace(handle, std::move(array));
    return handle;
}

bool ArrayStore::destroy(void* handle) {
    const auto found = arrays_.find(handle);
    if (found == arrays_.end()) return false;
    memory_.release(found->second->data);
    arrays_.erase(found);
    return true;
}

Array& ArrayStore::find(const void* handle) const {
    const auto found = arrays_.find(handle);
    if (found == arrays_.end()) throw Failure{Error::InvalidResourceHandle};
    return *found->second;
}

} // namespace heddle::cuda
