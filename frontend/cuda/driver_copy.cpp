// Copies and fills through the driver API.
#include "frontend/cuda/copy.hpp"
#include "frontend/cuda/driver.hpp"

namespace heddle::cuda {

namespace {

using abi::CopyKind;

enum class Memory : unsigned { Host = 1, Device = 2, Array = 3, Unified = 4 }; // CUmemorytype

struct DriverSide { // one side of CUDA_MEMCPY2D
    std::size_t x, y;
    Memory type;
    void* host;
    void* device;
    void* array;
    std::size_t pitch;
};
struct DriverCopy2D {
    DriverSide from, to;
    std::size_t width, height;
};
struct DriverSide3D { // one side of CUDA_MEMCPY3D
    std::size_t x, y, z, level;
    Memory type;
    void* host;
    void* device;
    void* array;
    void* reserved;
    std::size_t pitch, height;
};
struct DriverCopy3D {
    DriverSide3D from, to;
    std::size_t width, height, depth;
};

// Where the bytes are; x is in bytes for arrays too.
Side side_of(Context& c, const DriverSide3D& s, std::size_t width, std::size_t height) {
    if (s.type == Memory::Array) return in_array(c.arrays.find(s.array), s.x, s.y, s.z);
    require(s.type == Memory::Host || s.type == Memory::Device || s.type == Memory::Unified);
    const std::size_t pitch = s.pitch == 0 ? width : s.pitch;
    const std::size_t slice = pitch * (s.height == 0 ? height : s.height);
    auto* base = static_cast<std::byte*>(s.type == Memory::Host ? s.host : s.device);
    require(base != nullptr);
    return linear(base + s.z * slice + s.y * pitch + s.x, pitch, slice);
}

bool on_host(const DriverSide3D& s) { return s.type == Memory::Host; }

CopyOperation make(Context& c, const DriverCopy3D& p) {
    CopyKind kind = static_cast<CopyKind>((on_host(p.to) ? 0 : 1) + (on_host(p.from) ? 0 : 2));
    if (p.to.type == Memory::Unified || p.from.type == Memory::Unified) kind = CopyKind::Default;
    return make_copy(c, side_of(c, p.to, p.width, p.height), side_of(c, p.from, p.width, p.height), p.width, p.height, p.depth, kind);
}

DriverSide3D widen(const DriverSide& s) { return {s.x, s.y, 0, 0, s.type, s.host, s.device, s.array, nullptr, s.pitch, 0}; }

CopyOperation make(Context& c, const DriverCopy2D& p) { return make(c, DriverCopy3D{widen(p.from), widen(p.to), p.width, p.height, 1}); }

template <class Parameters> Error copy(const char* name, const Parameters* parameters, void* stream) {
    return driver_call(name, [&](Context& c) {
        Stream& target = c.streams.find(stream);
        c.submit(target, make(c, at(parameters)));
    });
}

Error plain(const char* name, void* to, const void* from, std::size_t bytes, CopyKind kind, void* stream = nullptr) {
    return driver_call(name, [&](Context& c) {
        Stream& target = c.streams.find(stream);
        c.submit(target, make_copy(c, to, from, bytes, kind));
    });
}

// One-dimensional copies to and from arrays: within the first row.
Error with_array(const char* name, void* array, std::size_t offset, void* memory, std::size_t bytes, bool to_array, CopyKind kind) {
    return driver_call(name, [&](Context& c) {
        const Side in = in_array(c.arrays.find(array), offset, 0, 0), out = linear(memory, bytes);
        c.submit(c.streams.legacy(), to_array ? make_copy(c, in, out, bytes, 1, 1, kind) : make_copy(c, out, in, bytes, 1, 1, kind));
    });
}

Error fill(const char* name, void* to, std::size_t pitch, unsigned value, unsigned element_bytes, std::size_t width, std::size_t height,
           void* stream = nullptr) {
    return driver_call(name, [&](Context& c) {
        Stream& target = c.streams.find(stream);
        c.submit(target, make_fill(c, linear(to, pitch), value, element_bytes, width, height, 1));
    });
}

} // namespace

HEDDLE_CUDA_API Error cuMemcpy(void* to, void* from, std::size_t bytes) { return plain("cuMemcpy", to, from, bytes, CopyKind::Default); }

HEDDLE_CUDA_API Error cuMemcpyAsync(void* to, void* from, std::size_t bytes, void* stream) {
    return plain("cuMemcpyAsync", to, from, bytes, CopyKind::Default, stream);
}

HEDDLE_CUDA_API Error cuMemcpyPeer(void* to, void*, void* from, void*, std::size_t bytes) {
    return plain("cuMemcpyPeer", to, from, bytes, CopyKind::Default);
}

HEDDLE_CUDA_API Error cuMemcpyPeerAsync(void* to, void*, void* from, void*, std::size_t bytes, void* stream) {
    return plain("cuMemcpyPeerAsync", to, from, bytes, CopyKind::Default, stream);
}

HEDDLE_CUDA_API Error cuMemcpyHtoD_v2(void* to, const void* from, std::size_t bytes) {
    return plain("cuMemcpyHtoD", to, from, bytes, CopyKind::HostToDevice);
}

HEDDLE_CUDA_API Error cuMemcpyHtoDAsync_v2(void* to, const void* from, std::size_t bytes, void* stream) {
    return plain("cuMemcpyHtoDAsync", to, from, bytes, CopyKind::HostToDevice, stream);
}

HEDDLE_CUDA_API Error cuMemcpyDtoH_v2(void* to, void* from, std::size_t bytes) {
    return plain("cuMemcpyDtoH", to, from, bytes, CopyKind::DeviceToHost);
}

HEDDLE_CUDA_API Error cuMemcpyDtoHAsync_v2(void* to, void* from, std::size_t bytes, void* stream) {
    return plain("cuMemcpyDtoHAsync", to, from, bytes, CopyKind::DeviceToHost, stream);
}

HEDDLE_CUDA_API Error cuMemcpyDtoD_v2(void* to, void* from, std::size_t bytes) {
    return plain("cuMemcpyDtoD", to, from, bytes, CopyKind::DeviceToDevice);
}

HEDDLE_CUDA_API Error cuMemcpyDtoDAsync_v2(void* to, void* from, std::size_t bytes, void* stream) {
    return plain("cuMemcpyDtoDAsync", to, from, bytes, CopyKind::DeviceToDevice, stream);
}

HEDDLE_CUDA_API Error cuMemcpyHtoA_v2(void* array, std::size_t offset, void* from, std::size_t bytes) {
    return with_array("cuMemcpyHtoA", array, offset, from, bytes, true, CopyKind::HostToDevice);
}

HEDDLE_CUDA_API Error cuMemcpyAtoH_v2(void* to, void* array, std::size_t offset, std::size_t bytes) {
    return with_array("cuMemcpyAtoH", array, offset, to, bytes, false, CopyKind::DeviceToHost);
}

HEDDLE_CUDA_API Error cuMemcpyDtoA_v2(void* array, std::size_t offset, void* from, std::size_t bytes) {
    return with_array("cuMemcpyDtoA", array, offset, from, bytes, true, CopyKind::DeviceToDevice);
}

HEDDLE_CUDA_API Error cuMemcpyAtoD_v2(void* to, void* array, std::size_t offset, std::size_t bytes) {
    return with_array("cuMemcpyAtoD", array, offset, to, bytes, false, CopyKind::DeviceToDevice);
}

HEDDLE_CUDA_API Error cuMemcpy2D_v2(const DriverCopy2D* p) { return copy("cuMemcpy2D", p, nullptr); }
HEDDLE_CUDA_ALIAS(cuMemcpy2DUnaligned_v2, cuMemcpy2D_v2);

HEDDLE_CUDA_API Error cuMemcpy2DAsync_v2(const DriverCopy2D* p, void* stream) { return copy("cuMemcpy2DAsync", p, stream); }

HEDDLE_CUDA_API Error cuMemcpy3D_v2(const DriverCopy3D* p) { return copy("cuMemcpy3D", p, nullptr); }

HEDDLE_CUDA_API Error cuMemcpy3DAsync_v2(const DriverCopy3D* p, void* stream) { return copy("cuMemcpy3DAsync", p, stream); }

HEDDLE_CUDA_API Error cuMemsetD8_v2(void* to, unsigned char value, std::size_t n) { return fill("cuMemsetD8", to, 0, value, 1, n, 1); }

HEDDLE_CUDA_API Error cuMemsetD16_v2(void* to, unsigned short value, std::size_t n) { return fill("cuMemsetD16", to, 0, value, 2, n, 1); }

HEDDLE_CUDA_API Error cuMemsetD32_v2(void* to, unsigned value, std::size_t n) { return fill("cuMemsetD32", to, 0, value, 4, n, 1); }

HEDDLE_CUDA_API Error cuMemsetD8Async(void* to, unsigned char value, std::size_t n, void* stream) {
    return fill("cuMemsetD8Async", to, 0, value, 1, n, 1, stream);
}

HEDDLE_CUDA_API Error cuMemsetD16Async(void* to, unsigned short value, std::size_t n, void* stream) {
    return fill("cuMemsetD16Async", to, 0, value, 2, n, 1, stream);
}

HEDDLE_CUDA_API Error cuMemsetD32Async(void* to, unsigned value, std::size_t n, void* stream) {
    return fill("cuMemsetD32Async", to, 0, value, 4, n, 1, stream);
}

HEDDLE_CUDA_API Error cuMemsetD2D8_v2(void* to, std::size_t pitch, unsigned char value, std::size_t width, std::size_t height) {
    return fill("cuMemsetD2D8", to, pitch, value, 1, width, height);
}

HEDDLE_CUDA_API Error cuMemsetD2D16_v2(void* to, std::size_t pitch, unsigned short value, std::size_t width, std::size_t height) {
    return fill("cuMemsetD2D16", to, pitch, value, 2, width, height);
}

HEDDLE_CUDA_API Error cuMemsetD2D32_v2(void* to, std::size_t pitch, unsigned value, std::size_t width, std::size_t height) {
    return fill("cuMemsetD2D32", to, pitch, value, 4, width, height);
}

HEDDLE_CUDA_API Error cuMemsetD2D8Async(void* to, std::size_t pitch, unsigned char value, std::size_t width, std::size_t height,
                                        void* stream) {
    return fill("cuMemsetD2D8Async", to, pitch, value, 1, width, height, stream);
}

HEDDLE_CUDA_API Error cuMemsetD2D32Async(void* to, std::size_t pitch, unsigned value, std::size_t width, std::size_t height, void* stream) {
    return fill("cuMemsetD2D32Async", to, pitch, value, 4, width, height, stream);
}

} // namespace heddle::cuda
