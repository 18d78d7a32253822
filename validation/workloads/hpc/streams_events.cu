// Several streams with pinned memory, copies in both directions, dependences by events, host callbacks, and queries.
// Stresses: cudaMemcpyAsync, cudaStreamWaitEvent, cudaLaunchHostFunc, cudaEventQuery, concurrent kernels.
#include "common/workload.hpp"

constexpr int kBlock = 128;

__global__ void affine(int n, unsigned factor, unsigned term, unsigned* values) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) values[i] = values[i] * factor + term;
}

__global__ void combine(int n, const unsigned* a, const unsigned* b, unsigned* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) out[i] = a[i] ^ b[i];
}

struct Note {
    int called = 0;
    const unsigned* first = nullptr;
    unsigned seen = 0;
};
void CUDART_CB on_done(void* user) {
    auto* note = static_cast<Note*>(user);
    ++note->called;
    note->seen = *note->first;
}

int main(int argc, char** argv) {
    workload::Run run("streams_events", argc, argv);
    constexpr int kStreams = 4;
    const int n = run.pick(2'000, 20'000, 500'000, 4'000'000), grid = workload::ceil_div(n, kBlock);
    const std::size_t bytes = n * sizeof(unsigned);
    cudaStream_t streams[kStreams];
    cudaEvent_t ready[kStreams], done;
    unsigned *pinned[kStreams], *device[kStreams], *result = nullptr;
    CUDA_CHECK(cudaStreamCreate(&streams[0]));
    for (int s = 1; s < kStreams; ++s) CUDA_CHECK(cudaStreamCreateWithFlags(&streams[s], cudaStreamNonBlocking));
    for (int s = 0; s < kStreams; ++s) {
        CUDA_CHECK(cudaEventCreateWithFlags(&ready[s], cudaEventDisableTiming));
        CUDA_CHECK(cudaMallocHost(reinterpret_cast<void**>(&pinned[s]), bytes));
        CUDA_CHECK(cudaMalloc(reinterpret_cast<void**>(&device[s]), bytes));
        for (int i = 0; i < n; ++i) pinned[s][i] = run.random().bits32();
    }
    CUDA_CHECK(cudaEventCreate(&done));
    CUDA_CHECK(cudaMallocHost(reinterpret_cast<void**>(&result), bytes));
    std::vector<std::vector<unsigned>> start;
    for (const unsigned* values : pinned) start.emplace_back(values, values + n);

    Note note;
    note.first = result;
    // Stream 0 waits for all the others, combines, and copies back; stream 1 then overwrites what stream 0 read, but only afterwards.
    run.launch("streams", [&] {
        for (int s = 0; s < kStreams; ++s) {
            CUDA_CHECK(cudaMemcpyAsync(device[s], pinned[s], bytes, cudaMemcpyHostToDevice, streams[s]));
            affine<<<grid, kBlock, 0, streams[s]>>>(n, 2 * s + 3, s, device[s]);
            affine<<<grid, kBlock, 0, streams[s]>>>(n, 5, 7 * s, device[s]);
            CUDA_CHECK(cudaEventRecord(ready[s], streams[s]));
        }
        for (int s = 1; s < kStreams; ++s) {
            CUDA_CHECK(cudaStreamWaitEvent(streams[0], ready[s], 0));
            combine<<<grid, kBlock, 0, streams[0]>>>(n, device[0], device[s], device[0]);
        }
        CUDA_CHECK(cudaEventRecord(done, streams[0]));
        CUDA_CHECK(cudaMemcpyAsync(result, device[0], bytes, cudaMemcpyDeviceToHost, streams[0]));
        CUDA_CHECK(cudaLaunchHostFunc(streams[0], on_done, &note));
        CUDA_CHECK(cudaStreamWaitEvent(streams[1], done, 0));
        CUDA_CHECK(cudaMemsetAsync(device[1], 0x5a, bytes, streams[1]));
        for (const cudaStream_t stream : streams) CUDA_CHECK(cudaStreamSynchronize(stream));
    });

    std::vector<unsigned> expected(n, 0);
    for (int s = 0; s < kStreams; ++s) {
        for (int i = 0; i < n; ++i) expected[i] ^= (start[s][i] * (2 * s + 3) + s) * 5 + 7 * s;
    }
    run.check_equal("combined", std::vector<unsigned>(result, result + n), expected);
    run.check_equal("host callbacks", note.called, run.repeat());
    run.check_equal("value seen by the callback", note.seen, expected[0]);
    std::vector<unsigned> overwritten(n);
    CUDA_CHECK(cudaMemcpy(overwritten.data(), device[1], bytes, cudaMemcpyDeviceToHost));
    run.check_equal("memset", overwritten, std::vector<unsigned>(n, 0x5a5a5a5au));
    run.check(cudaEventQuery(done) == cudaSuccess && cudaStreamQuery(streams[0]) == cudaSuccess,
              "a finished event or stream is said to be busy");

    for (int s = 0; s < kStreams; ++s) {
        CUDA_CHECK(cudaStreamDestroy(streams[s]));
        CUDA_CHECK(cudaEventDestroy(ready[s]));
        CUDA_CHECK(cudaFree(device[s]));
        CUDA_CHECK(cudaFreeHost(pinned[s]));
    }
    CUDA_CHECK(cudaEventDestroy(done));
    CUDA_CHECK(cudaFreeHost(result));
    return run.finish();
}
