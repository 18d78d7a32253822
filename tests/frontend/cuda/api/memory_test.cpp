#include "tests/frontend/cuda/api/api.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

TEST_CASE("Memory comes, goes, and is counted") {
    std::size_t before = 0, total = 0, during = 0;
    REQUIRE(cudaMemGetInfo(&before, &total) == Error::Success);
    CHECK(total == 80ULL << 30);
    void* pointer = allocate(10 << 20);
    REQUIRE(pointer != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(pointer) % 512 == 0);
    cudaMemGetInfo(&during, nullptr);
    CHECK(during <= before - (10 << 20));
    CHECK(cudaFree(pointer) == Error::Success);
    cudaMemGetInfo(&during, nullptr);
    CHECK(during == before);

    void* nothing = &before;
    CHECK(cudaMalloc(&nothing, 0) == Error::Success);
    CHECK(nothing == nullptr);
    CHECK(cudaFree(nullptr) == Error::Success);
    CHECK(cudaFree(pointer) == Error::InvalidValue); // already
    CHECK(cudaFree(&before) == Error::InvalidValue);
    CHECK(cudaMalloc(nullptr, 8) == Error::InvalidValue);
    CHECK(cudaMalloc(&pointer, 81ULL << 30) == Error::MemoryAllocation);
    CHECK(cudaMalloc(&pointer, SIZE_MAX) == Error::MemoryAllocation);
}

TEST_CASE("The last error is kept until it is asked for") {
    cudaGetLastError();
    CHECK(cudaPeekAtLastError() == Error::Success);
    CHECK(cudaMalloc(nullptr, 8) == Error::InvalidValue);
    CHECK(cudaMemset(nullptr, 0, 0) == Error::Success); // a success does not clear it
    CHECK(cudaPeekAtLastError() == Error::InvalidValue);
    CHECK(cudaGetLastError() == Error::InvalidValue);
    CHECK(cudaGetLastError() == Error::Success);
}

TEST_CASE("Copies move bytes and mind the ends of allocations") {
    std::vector<int> from(1000), to(1000, -1);
    std::iota(from.begin(), from.end(), 0);
    auto* device = static_cast<int*>(allocate(4000));
    CHECK(cudaMemcpy(device, from.data(), 4000, CopyKind::HostToDevice) == Error::Success);
    CHECK(cudaMemcpy(device + 500, device, 2000, CopyKind::DeviceToDevice) == Error::Success);
    CHECK(cudaMemcpy(to.data(), device, 4000, CopyKind::Default) == Error::Success);
    CHECK(to[499] == 499);
    CHECK(to[500] == 0);
    CHECK(to[999] == 499);
    CHECK(cudaMemcpy(device + 1, from.data(), 4000, CopyKind::HostToDevice) == Error::InvalidValue); // 4 bytes too far
    CHECK(cudaMemcpy(to.data(), from.data(), 4, CopyKind::DeviceToHost) == Error::InvalidValue);     // no device memory
    CHECK(cudaMemcpy(device, device, 4, CopyKind::HostToDevice) == Error::InvalidValue);
    CHECK(cudaMemcpy(device, from.data(), 4, static_cast<CopyKind>(7)) == Error::InvalidMemcpyDirection);
    CHECK(cudaMemcpy(nullptr, nullptr, 0, CopyKind::HostToDevice) == Error::Success);
    CHECK(cudaMemset(device, 0x5a, 4000) == Error::Success);
    CHECK(cudaMemset(device, 0, 4001) == Error::InvalidValue);
    CHECK(cudaMemset(from.data(), 0, 4) == Error::InvalidValue);
    CHECK(cudaMemcpy(to.data(), device, 4, CopyKind::DeviceToHost) == Error::Success);
    CHECK(to[0] == 0x5a5a5a5a);
    cudaFree(device);
    cudaGetLastError();
}

TEST_CASE("Copies of rows, boxes and arrays") {
    constexpr std::size_t kWidth = 10, kHeight = 7;
    std::vector<std::uint8_t> from(kWidth * kHeight), to(kWidth * kHeight, 0);
    std::iota(from.begin(), from.end(), std::uint8_t{1});
    void* rows = nullptr;
    std::size_t pitch = 0;
    REQUIRE(cudaMallocPitch(&rows, &pitch, kWidth, kHeight) == Error::Success);
    CHECK(pitch == 512);
    CHECK(cudaMemset2D(rows, pitch, 9, kWidth, kHeight) == Error::Success);
    CHECK(cudaMemcpy2D(rows, pitch, from.data(), kWidth, kWidth, kHeight - 1, CopyKind::HostToDevice) == Error::Success);
    CHECK(cudaMemcpy2D(to.data(), kWidth, rows, pitch, kWidth, kHeight, CopyKind::DeviceToHost) == Error::Success);
    CHECK(std::equal(from.begin(), from.end() - kWidth, to.begin()));
    CHECK(to[kWidth * (kHeight - 1)] == 9);
    CHECK(cudaMemcpy2D(rows, pitch, from.data(), 5, kWidth, kHeight, CopyKind::HostToDevice) == Error::InvalidPitchValue);
    CHECK(cudaMemcpy2D(rows, pitch, from.data(), kWidth, kWidth, kHeight + 1, CopyKind::HostToDevice) == Error::InvalidValue);

    const abi::ChannelFormat format{8, 0, 0, 0, abi::kUnsigned};
    void* array = nullptr;
    REQUIRE(cudaMallocArray(&array, &format, kWidth, kHeight, 0) == Error::Success);
    std::fill(to.begin(), to.end(), std::uint8_t{0});
    CHECK(cudaMemcpy2DToArray(array, 0, 0, from.data(), kWidth, kWidth, kHeight, CopyKind::HostToDevice) == Error::Success);
    CHECK(cudaMemcpy2DFromArray(to.data(), kWidth, array, 2, 1, kWidth - 2, kHeight - 1, CopyKind::DeviceToHost) == Error::Success);
    CHECK(to[0] == from[kWidth + 2]);
    CHECK(cudaMemcpy2DToArray(array, 1, 0, from.data(), kWidth, kWidth, kHeight, CopyKind::HostToDevice) == Error::InvalidValue);

    abi::Copy3D box; // the array's lower right corner into plain memory
    box.source_array = array;
    box.source_position = {8, 5, 0};
    box.destination = {to.data(), 2, 2, 2};
    box.extent = {2, 2, 1};
    box.kind = CopyKind::DeviceToHost;
    CHECK(cudaMemcpy3D(&box) == Error::Success);
    CHECK(to[0] == from[58]);
    CHECK(to[3] == from[69]);
    CHECK(cudaFreeArray(array) == Error::Success);
    CHECK(cudaFreeArray(array) == Error::InvalidResourceHandle);
    const abi::ChannelFormat odd{7, 0, 0, 0, abi::kUnsigned};
    CHECK(cudaMallocArray(&array, &odd, 4, 4, 0) == Error::InvalidChannelDescriptor);
    cudaFree(rows);
    cudaGetLastError();
}

TEST_CASE("Managed, pinned and registered memory are known as what they are") {
    void *managed = nullptr, *pinned = nullptr, *device = nullptr;
    std::vector<int> host(1024);
    abi::PointerAttributes12 a;
    REQUIRE(cudaMallocManaged(&managed, 100, 1) == Error::Success);
    REQUIRE(cudaMallocHost(&pinned, 100) == Error::Success);
    static_cast<char*>(managed)[99] = 1; // both are plain memory to the host
    static_cast<char*>(pinned)[99] = 1;
    CHECK(cudaPointerGetAttributes(&a, managed) == Error::Success);
    CHECK(a.type == 3);
    CHECK(cudaPointerGetAttributes(&a, pinned) == Error::Success);
    CHECK(a.type == 1);
    CHECK(cudaPointerGetAttributes(&a, host.data()) == Error::Success);
    CHECK(a.type == 0);
    CHECK(a.device == -2);
    CHECK(cudaHostRegister(host.data(), 4096, 0) == Error::Success);
    CHECK(cudaHostRegister(host.data(), 4096, 0) == Error::HostMemoryAlreadyRegistered);
    CHECK(cudaPointerGetAttributes(&a, host.data() + 1) == Error::Success);
    CHECK(a.type == 1);
    CHECK(cudaHostGetDevicePointer(&device, host.data(), 0) == Error::Success);
    CHECK(device == host.data());
    CHECK(cudaHostUnregister(host.data()) == Error::Success);
    CHECK(cudaHostUnregister(host.data()) == Error::HostMemoryNotRegistered);
    CHECK(cudaFree(pinned) == Error::InvalidValue);
    CHECK(cudaFreeHost(pinned) == Error::Success);
    CHECK(cudaFree(managed) == Error::Success);
    CHECK(cudaMallocManaged(&managed, 0, 1) == Error::InvalidValue);
    cudaGetLastError();
}

TEST_CASE("Devices and limits") {
    int count = 0, value = 0;
    CHECK(cudaGetDeviceCount(&count) == Error::Success);
    CHECK(count == 1);
    CHECK(cudaSetDevice(0) == Error::Success);
    CHECK(cudaSetDevice(1) == Error::InvalidDevice);
    CHECK(cudaDeviceGetAttribute(&value, 16, 0) == Error::Success);
    CHECK(value == 132);
    CHECK(cudaDeviceGetAttribute(&value, 9999, 0) == Error::InvalidValue);
    std::size_t limit = 0;
    CHECK(cudaDeviceSetLimit(2, 64 << 20) == Error::Success);
    CHECK(cudaDeviceGetLimit(&limit, 2) == Error::Success);
    CHECK(limit == 64 << 20);
    CHECK(cudaDeviceGetLimit(&limit, 77) == Error::InvalidValue);
    cudaGetLastError();
}

TEST_CASE("What is not implemented says so") {
    char handle[64];
    CHECK(cudaIpcGetMemHandle(handle, nullptr) == Error::NotSupported);
    CHECK(cudaGetLastError() == Error::NotSupported);
}
