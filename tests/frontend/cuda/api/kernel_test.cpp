#include "tests/frontend/cuda/api/api.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>
#include <vector>

namespace {

void* load(const std::string& name) {
    void* module = nullptr;
    return cuModuleLoad(&module, cubin_path(name).c_str()) == Error::Success ? module : nullptr;
}

void* kernel(void* module, const char* name) {
    void* function = nullptr;
    return cuModuleGetFunction(&function, module, name) == Error::Success ? function : nullptr;
}

// c = a + b through whatever `launch` does with the arguments.
template <class Launch> void check_vector_add(Launch launch) {
    constexpr int kCount = 1000;
    std::vector<float> a(kCount), b(kCount), c(kCount, -1);
    std::iota(a.begin(), a.end(), 0.0F);
    std::iota(b.begin(), b.end(), 5.0F);
    void *x = allocate(4 * kCount), *y = allocate(4 * kCount), *z = allocate(4 * kCount);
    cudaMemcpy(x, a.data(), 4 * kCount, CopyKind::HostToDevice);
    cudaMemcpy(y, b.data(), 4 * kCount, CopyKind::HostToDevice);
    int n = kCount;
    void* arguments[] = {&x, &y, &z, &n};
    launch(arguments, x, y, z);
    CHECK(cudaMemcpy(c.data(), z, 4 * kCount, CopyKind::DeviceToHost) == Error::Success);
    for (int i = 0; i < kCount; ++i)
        if (c[i] != a[i] + b[i]) FAIL("element " << i << " is " << c[i]);
    cudaFree(x);
    cudaFree(y);
    cudaFree(z);
}

} // namespace

TEST_CASE("A kernel of a cubin runs through every kind of launch") {
    CHECK(cuInit(0) == Error::Success);
    void* module = load("vector_add_sm90a.cubin");
    REQUIRE(module != nullptr);
    void* function = kernel(module, "vector_add");
    REQUIRE(function != nullptr);
    check_vector_add([&](void** arguments, void*, void*, void*) {
        CHECK(cuLaunchKernel(function, 4, 1, 1, 256, 1, 1, 0, nullptr, arguments, nullptr) == Error::Success);
    });
    check_vector_add([&](void** arguments, void*, void*, void*) {
        CHECK(cudaLaunchKernel(function, {4, 1, 1}, {256, 1, 1}, arguments, 0, new_stream()) == Error::Success);
    });
    check_vector_add([&](void** arguments, void*, void*, void*) {
        abi::LaunchAttribute attribute{};
        attribute.id = abi::LaunchAttributeId::ClusterDimension;
        attribute.value.dim[0] = 2;
        attribute.value.dim[1] = attribute.value.dim[2] = 1;
        abi::LaunchConfig config{{4, 1, 1}, {256, 1, 1}, 0, nullptr, &attribute, 1};
        CHECK(cudaLaunchKernelExC(&config, function, arguments) == Error::Success);
        attribute.value.dim[0] = 3;
        CHECK(cudaLaunchKernelExC(&config, function, arguments) == Error::InvalidConfiguration);
        attribute.value.dim[0] = 16;
        CHECK(cudaLaunchKernelExC(&config, function, arguments) == Error::InvalidClusterSize);
        cudaGetLastError();
    });
    check_vector_add([&](void**, void* x, void* y, void* z) { // arguments in one buffer
        struct {
            void *x, *y, *z;
            int n;
        } buffer{x, y, z, 1000};
        std::size_t bytes = 28;
        void* extra[] = {reinterpret_cast<void*>(1), &buffer, reinterpret_cast<void*>(2), &bytes, nullptr};
        CHECK(cuLaunchKernel(function, 4, 1, 1, 256, 1, 1, 0, nullptr, nullptr, extra) == Error::Success);
    });
    check_vector_add([&](void** arguments, void*, void*, void*) { // as a node of a graph
        void *graph = nullptr, *node = nullptr, *instance = nullptr;
        cudaGraphCreate(&graph, 0);
        const abi::KernelNode parameters{function, {4, 1, 1}, {256, 1, 1}, 0, arguments, nullptr};
        CHECK(cudaGraphAddKernelNode(&node, graph, nullptr, 0, &parameters) == Error::Success);
        CHECK(cudaGraphInstantiate(&instance, graph, 0) == Error::Success);
        CHECK(cudaGraphLaunch(instance, nullptr) == Error::Success);
    });
    check_vector_add([&](void** arguments, void*, void*, void*) { // captured
        void *stream = new_stream(), *graph = nullptr, *instance = nullptr;
        cudaStreamBeginCapture(stream, 0);
        CHECK(cudaLaunchKernel(function, {4, 1, 1}, {256, 1, 1}, arguments, 0, stream) == Error::Success);
        CHECK(cudaStreamEndCapture(stream, &graph) == Error::Success);
        CHECK(cudaGraphInstantiate(&instance, graph, 0) == Error::Success);
        CHECK(cudaGraphLaunch(instance, stream) == Error::Success);
    });
    CHECK(cuModuleUnload(module) == Error::Success);
    CHECK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr) == Error::InvalidResourceHandle);
    CHECK(cuModuleUnload(module) == Error::InvalidResourceHandle);
}

TEST_CASE("Launches that cannot be are refused with the runtime's codes") {
    void* function = kernel(load("vector_add_sm90a.cubin"), "vector_add");
    REQUIRE(function != nullptr);
    void* pointer = nullptr;
    int n = 0;
    void* arguments[] = {&pointer, &pointer, &pointer, &n};
    const auto launch = [&](Dim3 grid, Dim3 block, std::size_t shared) {
        const Error error = cudaLaunchKernel(function, grid, block, arguments, shared, nullptr);
        CHECK(cudaGetLastError() == error);
        return error;
    };
    CHECK(launch({1, 1, 1}, {32, 1, 1}, 0) == Error::Success);
    CHECK(launch({0, 1, 1}, {32, 1, 1}, 0) == Error::InvalidConfiguration);
    CHECK(launch({1, 1, 1}, {32, 0, 1}, 0) == Error::InvalidConfiguration);
    CHECK(launch({1, 1, 1}, {1024, 1, 1}, 0) == Error::Success);
    CHECK(launch({1, 1, 1}, {1025, 1, 1}, 0) == Error::InvalidValue);
    CHECK(launch({1, 1, 1}, {64, 32, 1}, 0) == Error::InvalidValue);
    CHECK(launch({1, 1, 1}, {1, 1, 65}, 0) == Error::InvalidValue);
    CHECK(launch({1, 65536, 1}, {1, 1, 1}, 0) == Error::InvalidValue);
    CHECK(launch({1, 1, 1}, {32, 1, 1}, 48 * 1024 + 1) == Error::InvalidValue);
    CHECK(cudaFuncSetAttribute(function, abi::FunctionAttribute::MaxDynamicShared, 227 * 1024 + 1) == Error::InvalidValue);
    CHECK(cudaFuncSetAttribute(function, abi::FunctionAttribute::MaxDynamicShared, 227 * 1024) == Error::Success);
    cudaGetLastError();
    CHECK(launch({1, 1, 1}, {32, 1, 1}, 227 * 1024) == Error::Success);
    CHECK(cudaLaunchKernel(&n, {1, 1, 1}, {1, 1, 1}, arguments, 0, nullptr) == Error::InvalidDeviceFunction);
    abi::FunctionAttributes attributes;
    CHECK(cudaFuncGetAttributes(&attributes, function) == Error::Success);
    CHECK(attributes.binary_version == 90);
    CHECK(attributes.max_threads == 1024);
    CHECK(attributes.registers > 0);
    CHECK(attributes.max_dynamic_shared == 227 * 1024);
    int blocks = 0;
    CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, 256, 0) == Error::Success);
    CHECK(blocks == 8);
    CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, 256, 100 * 1024) == Error::Success);
    CHECK(blocks == 2);
    cudaGetLastError();
}

TEST_CASE("Images that cannot be loaded") {
    void* module = nullptr;
    CHECK(cuModuleLoad(&module, "/no/such/file.cubin") == Error::FileNotFound);
    CHECK(cuModuleLoadData(&module, nullptr) == Error::InvalidValue);
    char text[100] = "this is neither PTX nor machine code, only a sentence that is long enough to look at";
    CHECK(cuModuleLoadData(&module, text) == Error::InvalidKernelImage);
    CHECK(cuModuleLoad(&module, cubin_path("vector_add_sm80.cubin").c_str()) == Error::NoKernelImageForDevice);
    std::ifstream file(cubin_path("vector_add_sm90a.cubin"), std::ios::binary);
    std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    std::fill(bytes.begin() + 64, bytes.begin() + 512, '\x55');
    CHECK(cuModuleLoadData(&module, bytes.data()) == Error::InvalidKernelImage);
    module = load("vector_add_sm90a.cubin");
    void* function = nullptr;
    CHECK(cuModuleGetFunction(&function, module, "no_such_kernel") == Error::SymbolNotFound);
    CHECK(cuModuleGetGlobal_v2(&function, nullptr, module, "no_such_variable") == Error::SymbolNotFound);
}

TEST_CASE("Fat binaries and libraries load like cubins") {
    for (const char* name : {"vector_add_zstd.fatbin", "vector_add_lz4.fatbin"}) {
        INFO(name);
        std::ifstream file(cubin_path(name), std::ios::binary);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
        void* library = nullptr;
        const Error error = cudaLibraryLoadData(&library, bytes.data(), nullptr, nullptr, 0, nullptr, nullptr, 0);
        // One may hold code for other GPUs only, or PTX that needs ptxas: that must be said with the right code.
        if (error != Error::Success) CHECK((error == Error::NoKernelImageForDevice || error == Error::JitCompilerNotFound));
        else CHECK(kernel(library, "vector_add") != nullptr);
    }
    cudaGetLastError();
}

TEST_CASE("Driver functions are found by name and version") {
    void* function = nullptr;
    int status = -1;
    CHECK(cudaGetDriverEntryPointByVersion("cuMemAlloc", &function, 12000, 0, &status) == Error::Success);
    CHECK(status == 0);
    CHECK(function == reinterpret_cast<void*>(cuMemAlloc_v2));
    CHECK(cudaGetDriverEntryPointByVersion("cuNoSuchFunction", &function, 12000, 0, &status) == Error::Success);
    CHECK(status == 1);
    CHECK(function == nullptr);
    CHECK(cudaGetDriverEntryPointByVersion("cuMemAlloc", &function, 99000, 0, &status) == Error::Success);
    CHECK(status == 2);
    const char* name = nullptr;
    CHECK(cuGetErrorName(Error::IllegalAddress, &name) == Error::Success);
    CHECK(std::string(name) == "CUDA_ERROR_ILLEGAL_ADDRESS");
}
