// Arrays, texture and surface objects, and tensor maps through the driver API.
#include "frontend/cuda/driver.hpp"
#include "frontend/cuda/message.hpp"
#include "frontend/emulator/tensor_map.hpp"

#include <cstring>

namespace heddle::cuda {

namespace {

struct ArrayDescriptor { // CUDA_ARRAY_DESCRIPTOR
    std::size_t width, height;
    unsigned format, channels;
};
struct ArrayDescriptor3D { // CUDA_ARRAY3D_DESCRIPTOR
    std::size_t width, height, depth;
    unsigned format, channels, flags;
};
struct DriverResource { // CUDA_RESOURCE_DESC
    int type;
    union {
        void* array;
        struct {
            void* pointer;
            unsigned format, channels;
            std::size_t bytes;
        } linear;
        struct {
            void* pointer;
            unsigned format, channels;
            std::size_t width, height, pitch;
        } pitch;
        int reserved[32];
    };
    unsigned flags;
};
struct DriverTexture { // CUDA_TEXTURE_DESC
    int address_mode[3];
    int filter_mode;
    unsigned flags; // 1 read as integer, 2 normalised coordinates, 16 sRGB
    unsigned max_anisotropy;
    int mipmap_filter_mode;
    float mipmap_bias, min_mipmap, max_mipmap;
    float border[4];
    int reserved[12];
};

// CUarray_format and a number of channels.
abi::ChannelFormat format_of(unsigned format, unsigned channels) {
    require(channels == 1 || channels == 2 || channels == 4);
    int bits = 0, kind = abi::kUnsigned;
    switch (format) {
    case 0x01: bits = 8; break;
    case 0x02: bits = 16; break;
    case 0x03: bits = 32; break;
    case 0x08: bits = 8, kind = abi::kSigned; break;
    case 0x09: bits = 16, kind = abi::kSigned; break;
    case 0x0a: bits = 32, kind = abi::kSigned; break;
    case 0x10: bits = 16, kind = abi::kFloat; break;
    case 0x20: bits = 32, kind = abi::kFloat; break;
    default: throw Failure{Error::NotSupported};
    }
    return {bits, channels >= 2 ? bits : 0, channels == 4 ? bits : 0, channels == 4 ? bits : 0, kind};
}

unsigned driver_format(const abi::ChannelFormat& f) {
    if (f.kind == abi::kFloat) return f.x == 16 ? 0x10 : 0x20;
    return (f.kind == abi::kSigned ? 0x08U : 0x01U) + (f.x == 8 ? 0U : f.x == 16 ? 1U : 2U);
}

unsigned channels_of(const abi::ChannelFormat& f) { return f.w != 0 ? 4 : f.y != 0 ? 2 : 1; }

abi::ResourceDescription to_runtime(const DriverResource& r) {
    abi::ResourceDescription d{};
    d.type = r.type;
    if (r.type == abi::ResourceDescription::Linear)
        d.linear = {r.linear.pointer, format_of(r.linear.format, r.linear.channels), r.linear.bytes};
    else if (r.type == abi::ResourceDescription::Pitch2D)
        d.pitch = {r.pitch.pointer, format_of(r.pitch.format, r.pitch.channels), r.pitch.width, r.pitch.height, r.pitch.pitch};
    else d.array = r.array;
    return d;
}

// The driver reads integers as floats unless it is told not to; floats and 32-bit integers are read as they are.
abi::TextureDescription to_runtime(const DriverTexture& t, const abi::ChannelFormat& format) {
    abi::TextureDescription d{};
    std::memcpy(d.address_mode, t.address_mode, sizeof d.address_mode);
    d.filter_mode = t.filter_mode;
    d.read_mode = (t.flags & 1) == 0 && format.kind != abi::kFloat && format.x <= 16 ? 1 : 0;
    d.srgb = (t.flags & 16) != 0 ? 1 : 0;
    std::memcpy(d.border, t.border, sizeof d.border);
    d.normalized_coordinates = (t.flags & 2) != 0 ? 1 : 0;
    d.max_anisotropy = t.max_anisotropy;
    return d;
}

abi::ChannelFormat format_of(Context& c, const abi::ResourceDescription& r) {
    if (r.type == abi::ResourceDescription::Array) return c.arrays.find(r.array).format;
    return r.type == abi::ResourceDescription::Linear ? r.linear.format : r.pitch.format;
}

// Tells the user what is wrong with a tensor map: the code alone says little.
Error told(const char* function, const std::optional<std::string>& why) {
    if (!why) return Error::Success;
    say(std::string(function) + ": " + *why);
    return Error::InvalidValue;
}

} // namespace

HEDDLE_CUDA_API Error cuArray3DCreate_v2(void** array, const ArrayDescriptor3D* d) {
    return driver_call("cuArray3DCreate", [&](Context& c) {
        const ArrayDescriptor3D& a = at(d);
        at(array) = c.arrays.create(format_of(a.format, a.channels), {a.width, a.height, a.depth}, a.flags);
    });
}

HEDDLE_CUDA_API Error cuArrayCreate_v2(void** array, const ArrayDescriptor* d) {
    if (d == nullptr) return Error::InvalidValue;
    const ArrayDescriptor3D full{d->width, d->height, 0, d->format, d->channels, 0};
    return cuArray3DCreate_v2(array, &full);
}

HEDDLE_CUDA_API Error cuArray3DGetDescriptor_v2(ArrayDescriptor3D* d, void* array) {
    return driver_call("cuArray3DGetDescriptor", [&](Context& c) {
        const Array& a = c.arrays.find(array);
        at(d) = {a.extent.width, a.extent.height, a.extent.depth, driver_format(a.format), channels_of(a.format), a.flags};
    });
}

HEDDLE_CUDA_API Error cuArrayGetDescriptor_v2(ArrayDescriptor* d, void* array) {
    return driver_call("cuArrayGetDescriptor", [&](Context& c) {
        const Array& a = c.arrays.find(array);
        at(d) = {a.extent.width, a.extent.height, driver_format(a.format), channels_of(a.format)};
    });
}

HEDDLE_DRIVER(cuArrayDestroy, cudaFreeArray, (void* array), (array))

HEDDLE_CUDA_API Error cuTexObjectCreate(std::uint64_t* object, const DriverResource* resource, const DriverTexture* texture,
                                        const abi::ResourceView* view) {
    return driver_call("cuTexObjectCreate", [&](Context& c) {
        const abi::ResourceDescription r = to_runtime(at(resource));
        require(r.type != abi::ResourceDescription::MipmappedArray, Error::NotSupported);
        at(object) = c.textures.create_texture(r, to_runtime(at(texture), format_of(c, r)), view);
    });
}

HEDDLE_DRIVER(cuTexObjectDestroy, cudaDestroyTextureObject, (std::uint64_t object), (object))

HEDDLE_CUDA_API Error cuSurfObjectCreate(std::uint64_t* object, const DriverResource* resource) {
    return driver_call("cuSurfObjectCreate", [&](Context& c) { at(object) = c.textures.create_surface(to_runtime(at(resource))); });
}

HEDDLE_DRIVER(cuSurfObjectDestroy, cudaDestroySurfaceObject, (std::uint64_t object), (object))

HEDDLE_CUDA_API Error cuTensorMapEncodeTiled(void* map, unsigned type, std::uint32_t rank, void* address, const std::uint64_t* dimensions,
                                             const std::uint64_t* strides, const std::uint32_t* box, const std::uint32_t* element_strides,
                                             unsigned interleave, unsigned swizzle, unsigned l2_promotion, unsigned fill) {
    return driver_call("cuTensorMapEncodeTiled", [&](Context&) {
        require(map != nullptr && dimensions != nullptr && box != nullptr && element_strides != nullptr &&
                (rank <= 1 || strides != nullptr));
        return told("cuTensorMapEncodeTiled", emulator::encode_tiled(map, type, rank, address, dimensions, strides, box, element_strides,
                                                                     interleave, swizzle, l2_promotion, fill));
    });
}

HEDDLE_CUDA_API Error cuTensorMapEncodeIm2col(void* map, unsigned type, std::uint32_t rank, void* address, const std::uint64_t* dimensions,
                                              const std::uint64_t* strides, const int* lower, const int* upper, std::uint32_t channels,
                                              std::uint32_t pixels, const std::uint32_t* element_strides, unsigned interleave,
                                              unsigned swizzle, unsigned l2_promotion, unsigned fill) {
    return driver_call("cuTensorMapEncodeIm2col", [&](Context&) {
        require(map != nullptr && dimensions != nullptr && strides != nullptr && lower != nullptr && upper != nullptr &&
                element_strides != nullptr);
        return told("cuTensorMapEncodeIm2col",
                    emulator::encode_im2col(map, type, rank, address, dimensions, strides, lower, upper, channels, pixels, element_strides,
                                            interleave, swizzle, l2_promotion, fill));
    });
}

HEDDLE_CUDA_API Error cuTensorMapReplaceAddress(void* map, void* address) {
    return driver_call("cuTensorMapReplaceAddress", [&](Context&) {
        auto* bytes = static_cast<std::byte*>(map);
        require(bytes != nullptr);
        std::string why;
        auto decoded = emulator::decode_tensor_map(bytes, &why);
        require(decoded.has_value());
        decoded->address = reinterpret_cast<Address>(address);
        if (const Error error = told("cuTensorMapReplaceAddress", emulator::why_invalid(*decoded)); error != Error::Success) return error;
        emulator::encode(*decoded, bytes);
        return Error::Success;
    });
}

} // namespace heddle::cuda
