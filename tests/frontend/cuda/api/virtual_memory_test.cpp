#include "frontend/cuda/virtual_memory.hpp"
#include "tests/frontend/cuda/api/api.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <unistd.h>
#include <vector>

extern "C" {
Error cuMemGetAllocationGranularity(std::size_t*, const abi::AllocationProperties*, int);
Error cuMemAddressReserve(void**, std::size_t, std::size_t, void*, unsigned long long);
Error cuMemAddressFree(void*, std::size_t);
Error cuMemCreate(std::uint64_t*, std::size_t, const abi::AllocationProperties*, unsigned long long);
Error cuMemRelease(std::uint64_t);
Error cuMemMap(void*, std::size_t, std::size_t, std::uint64_t, unsigned long long);
Error cuMemUnmap(void*, std::size_t);
Error cuMemSetAccess(void*, std::size_t, const abi::MemoryAccess*, std::size_t);
Error cuMemGetAccess(unsigned long long*, const abi::MemoryLocation*, void*);
Error cuMemRetainAllocationHandle(std::uint64_t*, void*);
Error cuMemExportToShareableHandle(void*, std::uint64_t, int, unsigned long long);
Error cuMemImportFromShareableHandle(std::uint64_t*, void*, int);
Error cuPointerGetAttribute(void*, int, void*);
}

namespace {

constexpr std::size_t kPiece = 2 << 20;

abi::AllocationProperties on_device(int handle_types = 0) {
    abi::AllocationProperties p;
    p.type = 1;
    p.handle_types = handle_types;
    p.location = {1, 0};
    return p;
}
std::uint64_t create(std::size_t bytes, int handle_types = 0) {
    const abi::AllocationProperties p = on_device(handle_types);
    std::uint64_t handle = 0;
    REQUIRE(cuMemCreate(&handle, bytes, &p, 0) == Error::Success);
    return handle;
}
Error allow(void* pointer, std::size_t bytes, int flags) {
    const abi::MemoryAccess access{{1, 0}, flags};
    return cuMemSetAccess(pointer, bytes, &access, 1);
}
char* reserve(std::size_t bytes) {
    void* range = nullptr;
    REQUIRE(cuMemAddressReserve(&range, bytes, 0, nullptr, 0) == Error::Success);
    return static_cast<char*>(range);
}

} // namespace

TEST_CASE("A mapping is usable once it has rights, and neighbours act as one piece") {
    const abi::AllocationProperties properties = on_device();
    std::size_t granularity = 0, before = 0, now = 0;
    REQUIRE(cuMemGetAllocationGranularity(&granularity, &properties, 0) == Error::Success);
    REQUIRE(granularity == kPiece);
    cudaMemGetInfo(&before, nullptr);
    char* const range = reserve(4 * kPiece);
    CHECK(reinterpret_cast<std::uintptr_t>(range) % kPiece == 0);
    const std::uint64_t one = create(kPiece), two = create(2 * kPiece);
    cudaMemGetInfo(&now, nullptr);
    CHECK(before - now == 3 * kPiece);
    REQUIRE(cuMemMap(range, kPiece, 0, one, 0) == Error::Success);
    REQUIRE(cuMemMap(range + kPiece, 2 * kPiece, 0, two, 0) == Error::Success);
    CHECK(cuMemMap(range + 2 * kPiece, kPiece, 0, one, 0) == Error::AlreadyMapped);

    CHECK(cudaMemset(range, 1, kPiece) == Error::InvalidValue); // no rights yet
    REQUIRE(allow(range, 3 * kPiece, 3) == Error::Success);
    REQUIRE(cudaMemset(range, 1, 3 * kPiece) == Error::Success); // across the border of the mappings
    std::vector<char> host(3 * kPiece);
    REQUIRE(cudaMemcpy(host.data(), range, host.size(), CopyKind::DeviceToHost) == Error::Success);
    CHECK(host.front() == 1);
    CHECK(host.back() == 1);
    CHECK(cudaMemset(range, 1, 3 * kPiece + 1) == Error::InvalidValue); // nothing there
    unsigned type = 0;
    REQUIRE(cuPointerGetAttribute(&type, 2, range) == Error::Success);
    CHECK(type == 2); // device memory
    CHECK(cudaHostUnregister(range) != Error::Success);

    CHECK(cuMemAddressFree(range, 4 * kPiece) == Error::InvalidValue); // still mapped
    CHECK(cuMemUnmap(range, 2 * kPiece) == Error::InvalidValue);       // half of a mapping
    REQUIRE(cuMemUnmap(range, kPiece) == Error::Success);
    CHECK(cudaMemset(range, 1, 8) == Error::InvalidValue);
    CHECK(cudaMemset(range + kPiece, 1, 8) == Error::Success);
    REQUIRE(cuMemUnmap(range + kPiece, 2 * kPiece) == Error::Success);
    CHECK(cuMemRelease(one) == Error::Success);
    CHECK(cuMemRelease(one) == Error::InvalidValue);
    CHECK(cuMemRelease(two) == Error::Success);
    CHECK(cuMemAddressFree(range, 4 * kPiece) == Error::Success);
    cudaMemGetInfo(&now, nullptr);
    CHECK(now == before);
}

TEST_CASE("Memory keeps its content from mapping to mapping, and two mappings of it show the same bytes") {
    char* const range = reserve(2 * kPiece);
    const std::uint64_t memory = create(kPiece);
    REQUIRE(cuMemMap(range, kPiece, 0, memory, 0) == Error::Success);
    REQUIRE(allow(range, kPiece, 3) == Error::Success);
    CHECK(range[77] == 0);
    REQUIRE(cudaMemset(range, 5, kPiece) == Error::Success);
    REQUIRE(cuMemMap(range + kPiece, kPiece, 0, memory, 0) == Error::Success);
    REQUIRE(allow(range + kPiece, kPiece, 1) == Error::Success);
    unsigned long long rights = 0;
    const abi::MemoryLocation device{1, 0};
    REQUIRE(cuMemGetAccess(&rights, &device, range + kPiece) == Error::Success);
    CHECK(rights == 1);
    CHECK(range[kPiece + 9] == 5);
    std::uint64_t again = 0;
    REQUIRE(cuMemRetainAllocationHandle(&again, range) == Error::Success);
    REQUIRE(cuMemUnmap(range, kPiece) == Error::Success);
    REQUIRE(cuMemUnmap(range + kPiece, kPiece) == Error::Success);
    REQUIRE(cuMemRelease(memory) == Error::Success);
    REQUIRE(cuMemMap(range, kPiece, 0, again, 0) == Error::Success);
    CHECK(range[9] == 5);
    REQUIRE(cuMemUnmap(range, kPiece) == Error::Success);
    CHECK(cuMemRelease(again) == Error::Success);
    CHECK(cuMemAddressFree(range, 2 * kPiece) == Error::Success);
}

TEST_CASE("Memory travels as a file descriptor") {
    const std::uint64_t memory = create(kPiece, 1), private_memory = create(kPiece);
    int file = -1;
    CHECK(cuMemExportToShareableHandle(&file, private_memory, 1, 0) == Error::InvalidValue); // not asked for
    REQUIRE(cuMemExportToShareableHandle(&file, memory, 1, 0) == Error::Success);
    std::uint64_t imported = 0;
    REQUIRE(cuMemImportFromShareableHandle(&imported, reinterpret_cast<void*>(static_cast<std::intptr_t>(file)), 1) == Error::Success);
    close(file);
    char* const range = reserve(2 * kPiece);
    REQUIRE(cuMemMap(range, kPiece, 0, memory, 0) == Error::Success);
    REQUIRE(cuMemMap(range + kPiece, kPiece, 0, imported, 0) == Error::Success);
    range[3] = 42;
    CHECK(range[kPiece + 3] == 42);
    CHECK(cuMemUnmap(range, 2 * kPiece) == Error::Success); // both at once
    for (const std::uint64_t handle : {memory, private_memory, imported}) CHECK(cuMemRelease(handle) == Error::Success);
    CHECK(cuMemAddressFree(range, 2 * kPiece) == Error::Success);
}

TEST_CASE("What virtual memory cannot do is an error") {
    abi::AllocationProperties properties = on_device();
    std::uint64_t handle = 0;
    CHECK(cuMemCreate(&handle, kPiece + 1, &properties, 0) == Error::InvalidValue);
    CHECK(cuMemCreate(&handle, 0, &properties, 0) == Error::InvalidValue);
    CHECK(cuMemCreate(&handle, std::size_t{90} << 30, &properties, 0) == Error::MemoryAllocation);
    properties.location.id = 1;
    CHECK(cuMemCreate(&handle, kPiece, &properties, 0) == Error::InvalidValue);
    void* range = nullptr;
    CHECK(cuMemAddressReserve(&range, 1000, 0, nullptr, 0) == Error::InvalidValue);
    CHECK(cuMemAddressReserve(&range, kPiece, 3 * kPiece, nullptr, 0) == Error::InvalidValue);
    CHECK(cuMemMap(&handle, kPiece, 0, 12345, 0) == Error::InvalidValue);
    CHECK(cuMemAddressFree(&handle, kPiece) == Error::InvalidValue);
    CHECK(cuMemUnmap(&handle, kPiece) == Error::InvalidValue);
    CHECK(allow(&handle, kPiece, 3) == Error::InvalidValue);
    CHECK(cuMemImportFromShareableHandle(&handle, reinterpret_cast<void*>(std::intptr_t{-1}), 1) == Error::InvalidValue);
}
