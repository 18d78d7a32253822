#include "frontend/cuda/texture_store.hpp"

#include "frontend/cuda/api.hpp"

#include <algorithm>

namespace heddle::cuda {

namespace {

using emulator::TextureDescriptor;

void set_format(TextureDescriptor& d, const abi::ChannelFormat& format) {
    const std::size_t bytes = element_bytes(format);
    require(bytes != 0, Error::InvalidChannelDescriptor);
    d.bits = static_cast<std::uint8_t>(format.x);
    d.components = static_cast<std::uint8_t>(bytes * 8 / static_cast<std::size_t>(format.x));
    switch (format.kind) {
    case abi::kSigned: d.kind = emulator::ChannelKind::Signed; return;
    case abi::kUnsigned: d.kind = emulator::ChannelKind::Unsigned; return;
    case abi::kFloat: d.kind = emulator::ChannelKind::Float; return;
    default: throw Failure{Error::NotSupported};
    }
}

void set_array(TextureDescriptor& d, const Array& array) {
    const bool cube = (array.flags & kArrayCubemap) != 0;
    set_format(d, array.format);
    d.data = array.data;
    d.width = static_cast<std::uint32_t>(array.extent.width);
    d.height = static_cast<std::uint32_t>(array.extent.height);
    (cube || (array.flags & kArrayLayered) != 0 ? d.layers : d.depth) = static_cast<std::uint32_t>(array.extent.depth);
    d.pitch = array.pitch;
    d.slice = array.slice;
}

bool is_cube(const ArrayStore& arrays, const abi::ResourceDescription& resource) {
    return resource.type == abi::ResourceDescription::Array && (arrays.find(resource.array).flags & kArrayCubemap) != 0;
}

} // namespace

TextureDescriptor TextureStore::describe(const abi::ResourceDescription& resource) const {
    TextureDescriptor d;
    if (resource.type == abi::ResourceDescription::Array) {
        set_array(d, arrays_.find(resource.array));
        return d;
    }
    require(resource.type != abi::ResourceDescription::MipmappedArray, Error::NotSupported);
    Bytes bytes = 0;
    if (resource.type == abi::ResourceDescription::Linear) {
        set_format(d, resource.linear.format);
        d.data = reinterpret_cast<Address>(resource.linear.pointer);
        bytes = resource.linear.bytes;
        d.width = static_cast<std::uint32_t>(std::min<Bytes>(bytes / d.texel_bytes(), 1U << 28));
    } else {
        require(resource.type == abi::ResourceDescription::Pitch2D);
        set_format(d, resource.pitch.format);
        require(resource.pitch.width != 0 && resource.pitch.width <= 131072 && resource.pitch.height != 0 &&
                resource.pitch.height <= 65536);
        require(resource.pitch.pitch >= resource.pitch.width * d.texel_bytes());
        d.data = reinterpret_cast<Address>(resource.pitch.pointer);
        d.width = static_cast<std::uint32_t>(resource.pitch.width);
        d.height = static_cast<std::uint32_t>(resource.pitch.height);
        d.pitch = resource.pitch.pitch;
        bytes = d.pitch * (d.height - 1) + resource.pitch.width * d.texel_bytes();
    }
    require(d.width != 0 && device_.memory().bytes(d.data, bytes) != nullptr);
    return d;
}

std::uint64_t TextureStore::add(const TextureDescriptor& descriptor, Object object) {
    const std::uint64_t handle = device_.textures().add(descriptor);
    require(handle != 0, Error::MemoryAllocation);
    objects_.emplace(handle, object);
    return handle;
}

std::uint64_t TextureStore::create_texture(const abi::ResourceDescription& resource, const abi::TextureDescription& texture,
                                           const abi::ResourceView* view) {
    require(view == nullptr || view->format == 0, Error::NotSupported);
    require(texture.srgb == 0 && texture.filter_mode >= 0 && texture.filter_mode <= 1 && texture.read_mode >= 0 && texture.read_mode <= 1);
    TextureDescriptor d = describe(resource);
    d.normalized_float = texture.read_mode == 1 && d.kind != emulator::ChannelKind::Float;
    require(!d.normalized_float || d.bits <= 16, Error::InvalidNormSetting);
    d.normalized_coordinates = texture.normalized_coordinates != 0 || is_cube(arrays_, resource); // directions have no length
    d.filter = static_cast<emulator::FilterMode>(texture.filter_mode);
    require(d.filter == emulator::FilterMode::Point || d.kind == emulator::ChannelKind::Float || d.normalized_float,
            Error::InvalidFilterSetting);
    for (std::size_t i = 0; i < 3; ++i) {
        require(texture.address_mode[i] >= 0 && texture.address_mode[i] <= 3);
        d.address[i] = static_cast<emulator::AddressMode>(texture.address_mode[i]);
    }
    std::copy(std::begin(texture.border), std::end(texture.border), d.border.begin());
    return add(d, {false, resource, texture, view == nullptr ? std::nullopt : std::optional(*view)});
}

std::uint64_t TextureStore::create_surface(const abi::ResourceDescription& resource) {
    require(resource.type == abi::ResourceDescription::Array);
    require((arrays_.find(resource.array).flags & kArraySurface) != 0);
    return add(describe(resource), {true, resource, {}, std::nullopt});
}

void TextureStore::destroy(std::uint64_t handle, bool surface) {
    find(handle, surface);
    device_.textures().remove(handle);
    objects_.erase(handle);
}

const TextureStore::Object& TextureStore::find(std::uint64_t handle, bool surface) const {
    const auto found = objects_.find(handle);
    require(found != objects_.end() && found->second.surface == surface);
    return found->second;
}

} // namespace heddle::cuda
