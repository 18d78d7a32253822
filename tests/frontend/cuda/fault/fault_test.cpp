// A fault inside a kernel ends the process's use of the GPU, so this is a test program of its own.
#include "tests/frontend/cuda/api/api.hpp"

#include <catch2/catch.hpp>

TEST_CASE("A fault in a kernel is heard of at the next call, and sticks") {
    void *module = nullptr, *function = nullptr;
    REQUIRE(cuModuleLoad(&module, cubin_path("vector_add_sm90a.cubin").c_str()) == Error::Success);
    REQUIRE(cuModuleGetFunction(&function, module, "vector_add") == Error::Success);
    void* pointer = reinterpret_cast<void*>(0x1000);
    int n = 100;
    void* arguments[] = {&pointer, &pointer, &pointer, &n};
    CHECK(cudaLaunchKernel(function, {1, 1, 1}, {128, 1, 1}, arguments, 0, nullptr) == Error::Success);
    CHECK(cudaPeekAtLastError() == Error::Success);
    CHECK(cudaDeviceSynchronize() == Error::IllegalAddress);
    CHECK(cudaGetLastError() == Error::IllegalAddress);
    CHECK(cudaGetLastError() == Error::IllegalAddress);
    CHECK(cudaMalloc(&pointer, 4) == Error::IllegalAddress);
    CHECK(cudaLaunchKernel(function, {1, 1, 1}, {128, 1, 1}, arguments, 0, nullptr) == Error::IllegalAddress);
    CHECK(cuInit(0) == Error::IllegalAddress);
}
