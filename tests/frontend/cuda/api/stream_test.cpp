#include "tests/frontend/cuda/api/api.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <thread>
#include <vector>

namespace {

std::vector<int>& calls() {
    static std::vector<int> calls;
    return calls;
}
void note(void* data) { calls().push_back(static_cast<int>(reinterpret_cast<std::intptr_t>(data))); }
void* number(int n) { return reinterpret_cast<void*>(static_cast<std::intptr_t>(n)); }

} // namespace

TEST_CASE("Work in a stream happens in order") {
    calls().clear();
    void* stream = new_stream();
    int value = 1, back = 0;
    void* device = allocate(4);
    CHECK(cudaMemcpyAsync(device, &value, 4, CopyKind::HostToDevice, stream) == Error::Success);
    CHECK(cudaLaunchHostFunc(stream, note, number(1)) == Error::Success);
    CHECK(cudaLaunchHostFunc(stream, note, number(2)) == Error::Success);
    CHECK(cudaMemcpyAsync(&back, device, 4, CopyKind::DeviceToHost, stream) == Error::Success);
    CHECK(cudaStreamSynchronize(stream) == Error::Success);
    CHECK(cudaStreamQuery(stream) == Error::Success);
    CHECK(back == 1);
    CHECK(calls() == std::vector<int>{1, 2});
    CHECK(cudaStreamDestroy(stream) == Error::Success);
    CHECK(cudaStreamSynchronize(stream) == Error::InvalidResourceHandle);
    CHECK(cudaStreamDestroy(stream) == Error::InvalidResourceHandle);
    CHECK(cudaStreamDestroy(nullptr) == Error::InvalidResourceHandle);
    CHECK(cudaStreamSynchronize(number(2)) == Error::Success); // cudaStreamPerThread
    cudaFree(device);
    cudaGetLastError();
}

TEST_CASE("A host function may use the GPU and wait for another thread that does") {
    static std::atomic<bool> done{false};
    const auto work = [](void*) {
        std::thread other([] {
            void* memory = allocate(16);
            cudaFree(memory);
            done = true;
        });
        other.join();
    };
    CHECK(cudaLaunchHostFunc(nullptr, work, nullptr) == Error::Success);
    CHECK(cudaDeviceSynchronize() == Error::Success);
    CHECK(done);
}

TEST_CASE("Events tell simulated time, never backwards") {
    void *start = new_event(), *end = new_event(), *device = allocate(1 << 20);
    float ms = -1;
    CHECK(cudaEventElapsedTime(&ms, start, end) == Error::InvalidResourceHandle); // not recorded
    CHECK(cudaEventRecord(start, nullptr) == Error::Success);
    CHECK(cudaMemset(device, 0, 1 << 20) == Error::Success);
    CHECK(cudaEventRecord(end, nullptr) == Error::Success);
    CHECK(cudaEventQuery(end) == Error::Success);
    CHECK(cudaEventSynchronize(end) == Error::Success);
    CHECK(cudaEventElapsedTime(&ms, start, end) == Error::Success);
    CHECK(ms > 0.0005F);
    CHECK(ms < 1.0F);
    void* untimed = nullptr;
    CHECK(cudaEventCreateWithFlags(&untimed, 2) == Error::Success);
    CHECK(cudaEventRecord(untimed, nullptr) == Error::Success);
    CHECK(cudaEventElapsedTime(&ms, start, untimed) == Error::InvalidResourceHandle);
    CHECK(cudaEventCreateWithFlags(&untimed, 64) == Error::InvalidValue);
    CHECK(cudaEventDestroy(start) == Error::Success);
    CHECK(cudaEventDestroy(start) == Error::InvalidResourceHandle);
    CHECK(cudaEventRecord(start, nullptr) == Error::InvalidResourceHandle);
    cudaFree(device);
    cudaGetLastError();
}

TEST_CASE("Streams run side by side, and wait for each other where told") {
    void *a = new_stream(1), *b = new_stream(1), *device = allocate(64 << 20);
    void *zero = new_event(), *after_a = new_event(), *after_b = new_event(), *joined = new_event();
    const auto elapsed = [&](void* event) {
        float ms = -1;
        CHECK(cudaEventElapsedTime(&ms, zero, event) == Error::Success);
        return ms;
    };
    std::vector<char> host(64 << 20);
    cudaDeviceSynchronize();
    cudaEventRecord(zero, a);
    cudaMemcpyAsync(device, host.data(), host.size(), CopyKind::HostToDevice, a); // more than a millisecond
    cudaEventRecord(after_a, a);
    cudaEventRecord(after_b, b);
    CHECK(cudaStreamWaitEvent(b, after_a, 0) == Error::Success);
    cudaEventRecord(joined, b);
    CHECK(elapsed(after_a) > 1.0F);
    CHECK(elapsed(after_b) < elapsed(after_a));
    CHECK(elapsed(joined) >= elapsed(after_a));
    cudaFree(device);
}

TEST_CASE("Graphs: nodes in order of their edges, changed, disabled, updated") {
    calls().clear();
    void *graph = nullptr, *first = nullptr, *second = nullptr, *third = nullptr, *instance = nullptr;
    void* device = allocate(16);
    REQUIRE(cudaGraphCreate(&graph, 0) == Error::Success);
    int back[4] = {};
    const abi::HostNode host{note, number(3)};
    const abi::MemsetNode fill{device, 0, 7, 4, 4, 1};
    CHECK(cudaGraphAddHostNode(&third, graph, nullptr, 0, &host) == Error::Success);
    CHECK(cudaGraphAddMemsetNode(&first, graph, nullptr, 0, &fill) == Error::Success);
    CHECK(cudaGraphAddMemcpyNode1D(&second, graph, &first, 1, back, device, 16, CopyKind::DeviceToHost) == Error::Success);
    CHECK(cudaGraphAddDependencies(graph, &second, &third, nullptr, 1) == Error::Success);
    std::size_t count = 0;
    CHECK(cudaGraphGetNodes(graph, nullptr, &count) == Error::Success);
    CHECK(count == 3);
    REQUIRE(cudaGraphInstantiate(&instance, graph, 0) == Error::Success);
    CHECK(calls().empty());
    CHECK(cudaGraphLaunch(instance, nullptr) == Error::Success);
    cudaDeviceSynchronize();
    CHECK(back[3] == 7);
    CHECK(calls() == std::vector<int>{3});

    const abi::MemsetNode other{device, 0, 8, 4, 4, 1};
    CHECK(cudaGraphExecMemsetNodeSetParams(instance, first, &other) == Error::Success);
    CHECK(cudaGraphLaunch(instance, nullptr) == Error::Success);
    CHECK(back[0] == 8);
    CHECK(cudaGraphNodeSetEnabled(instance, first, 0) == Error::Success);
    cudaMemset(device, 0, 16);
    CHECK(cudaGraphLaunch(instance, nullptr) == Error::Success);
    CHECK(back[0] == 0);

    void *copy = nullptr, *extra = nullptr;
    CHECK(cudaGraphClone(&copy, graph) == Error::Success);
    abi::UpdateResult result;
    CHECK(cudaGraphExecUpdate(instance, copy, &result) == Error::Success);
    CHECK(cudaGraphAddHostNode(&extra, copy, nullptr, 0, &host) == Error::Success);
    CHECK(cudaGraphExecUpdate(instance, copy, &result) == Error::GraphExecUpdateFailure);
    CHECK(result.result == 2);

    CHECK(cudaGraphAddDependencies(graph, &third, &first, nullptr, 1) == Error::Success);
    void* cyclic = nullptr;
    CHECK(cudaGraphInstantiate(&cyclic, graph, 0) == Error::InvalidValue);
    CHECK(cudaGraphExecDestroy(instance) == Error::Success);
    CHECK(cudaGraphLaunch(instance, nullptr) == Error::InvalidValue);
    CHECK(cudaGraphDestroy(graph) == Error::Success);
    CHECK(cudaGraphAddHostNode(&extra, copy, &first, 1, &host) == Error::InvalidValue); // a node that is gone
    CHECK(cudaGraphDestroy(copy) == Error::Success);
    CHECK(cudaGraphDestroy(copy) == Error::InvalidValue);
    cudaFree(device);
    cudaGetLastError();
}

TEST_CASE("Memory of a graph lives as long as the graph") {
    void *graph = nullptr, *node = nullptr;
    cudaGraphCreate(&graph, 0);
    abi::AllocNode memory;
    memory.bytes = 256;
    CHECK(cudaGraphAddMemAllocNode(&node, graph, nullptr, 0, &memory) == Error::Success);
    REQUIRE(memory.pointer != nullptr);
    CHECK(cudaMemset(memory.pointer, 1, 256) == Error::Success);
    CHECK(cudaFree(memory.pointer) == Error::Success); // given back to the graph
    CHECK(cudaMemset(memory.pointer, 1, 256) == Error::Success);
    CHECK(cudaGraphDestroy(graph) == Error::Success);
    CHECK(cudaMemset(memory.pointer, 1, 256) == Error::InvalidValue);
    cudaGetLastError();
}

TEST_CASE("Capture collects work of streams into a graph") {
    calls().clear();
    void *a = new_stream(), *b = new_stream(), *fork = new_event(), *join = new_event(), *graph = nullptr, *instance = nullptr;
    CHECK(cudaStreamBeginCapture(nullptr, 0) == Error::StreamCaptureUnsupported); // the legacy stream cannot be captured
    CHECK(cudaStreamBeginCapture(a, 0) == Error::Success);
    CHECK(cudaLaunchHostFunc(a, note, number(1)) == Error::Success);
    CHECK(cudaEventRecord(fork, a) == Error::Success);
    CHECK(cudaStreamWaitEvent(b, fork, 0) == Error::Success);
    int status = 0;
    CHECK(cudaStreamIsCapturing(b, &status) == Error::Success);
    CHECK(status == 1);
    CHECK(cudaLaunchHostFunc(b, note, number(2)) == Error::Success);
    CHECK(cudaEventQuery(fork) == Error::CapturedEvent);
    CHECK(cudaEventRecord(join, b) == Error::Success);
    CHECK(cudaStreamEndCapture(b, &graph) == Error::StreamCaptureUnmatched);
    CHECK(cudaStreamWaitEvent(a, join, 0) == Error::Success);
    CHECK(cudaLaunchHostFunc(a, note, number(3)) == Error::Success);
    REQUIRE(cudaStreamEndCapture(a, &graph) == Error::Success);
    CHECK(calls().empty());
    CHECK(cudaStreamIsCapturing(b, &status) == Error::Success);
    CHECK(status == 0);
    std::size_t count = 0;
    cudaGraphGetNodes(graph, nullptr, &count);
    CHECK(count == 3);
    REQUIRE(cudaGraphInstantiate(&instance, graph, 0) == Error::Success);
    cudaGraphLaunch(instance, a);
    cudaGraphLaunch(instance, a);
    cudaStreamSynchronize(a);
    CHECK(calls() == std::vector<int>{1, 2, 3, 1, 2, 3});
    cudaGetLastError();
}

TEST_CASE("Captures that go wrong") {
    void *a = new_stream(), *b = new_stream(), *fork = new_event(), *graph = &a;
    SECTION("work of another stream is not joined") {
        cudaStreamBeginCapture(a, 0);
        cudaEventRecord(fork, a);
        cudaStreamWaitEvent(b, fork, 0);
        cudaLaunchHostFunc(b, note, nullptr);
        CHECK(cudaStreamEndCapture(a, &graph) == Error::StreamCaptureUnjoined);
        CHECK(graph == nullptr);
    }
    SECTION("waiting for a stream that is captured") {
        cudaStreamBeginCapture(a, 0);
        CHECK(cudaStreamSynchronize(a) == Error::StreamCaptureUnsupported);
        CHECK(cudaLaunchHostFunc(a, note, nullptr) == Error::StreamCaptureInvalidated);
        CHECK(cudaStreamEndCapture(a, &graph) == Error::StreamCaptureInvalidated);
    }
    SECTION("the legacy stream while another is captured") {
        cudaStreamBeginCapture(a, 0);
        CHECK(cudaLaunchHostFunc(nullptr, note, nullptr) == Error::StreamCaptureImplicit);
        CHECK(cudaStreamEndCapture(a, &graph) == Error::StreamCaptureInvalidated);
    }
    SECTION("no capture at all") { CHECK(cudaStreamEndCapture(a, &graph) == Error::IllegalState); }
    CHECK(cudaStreamDestroy(a) == Error::Success);
    CHECK(cudaStreamDestroy(b) == Error::Success);
    CHECK(cudaDeviceSynchronize() == Error::Success);
    cudaGetLastError();
}
