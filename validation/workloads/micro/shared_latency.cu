// Latency of shared memory, local memory, constant memory and textures: chains of dependent loads by one warp, and a store followed by a
// load of the same place in shared and global memory.
#include "common/measure.hpp"

constexpr int kWords = 1024;
__constant__ unsigned constant_chain[4 * kWords];

struct Result {
    unsigned last;
    long long cycles;
};

__global__ void shared_chain(int hops, const unsigned* chain, Result* out) {
    __shared__ unsigned copy[kWords];
    for (int i = threadIdx.x; i < kWords; i += blockDim.x) copy[i] = chain[i];
    __syncthreads();
    unsigned at = threadIdx.x;
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int k = 0; k < hops; k += 8) {
#pragma unroll
        for (int u = 0; u < 8; ++u) at = *static_cast<volatile unsigned*>(copy + at);
    }
    out[threadIdx.x] = {at, workload::read_clock() - start};
}

// The chain lies in the thread's own stack frame.
__global__ void local_chain(int hops, const unsigned* chain, Result* out) {
    unsigned copy[64];
    for (int i = 0; i < 64; ++i) copy[i] = chain[i] % 64;
    unsigned at = threadIdx.x;
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int k = 0; k < hops; k += 8) {
#pragma unroll
        for (int u = 0; u < 8; ++u) at = *static_cast<volatile unsigned*>(copy + at);
    }
    out[threadIdx.x] = {at, workload::read_clock() - start};
}

// All lanes read the same word: `footprint` words of the constant bank are in the cycle.
__global__ void constant_chase(int hops, Result* out) {
    unsigned at = 0;
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int k = 0; k < hops; k += 8) {
#pragma unroll
        for (int u = 0; u < 8; ++u) at = constant_chain[at];
    }
    out[threadIdx.x] = {at, workload::read_clock() - start};
}

__global__ void texture_chase(int hops, cudaTextureObject_t chain, Result* out) {
    unsigned at = threadIdx.x;
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int k = 0; k < hops; k += 4) {
#pragma unroll
        for (int u = 0; u < 4; ++u) at = tex1Dfetch<unsigned>(chain, static_cast<int>(at));
    }
    out[threadIdx.x] = {at, workload::read_clock() - start};
}

// x goes through memory and comes back one larger.
template <bool Shared> __global__ void store_and_load(int hops, volatile unsigned* global, Result* out) {
    __shared__ volatile unsigned shared[32];
    volatile unsigned* place = Shared ? shared + threadIdx.x : global + threadIdx.x;
    unsigned x = threadIdx.x;
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int k = 0; k < hops; k += 4) {
#pragma unroll
        for (int u = 0; u < 4; ++u) {
            *place = x;
            x = *place + 1;
        }
    }
    out[threadIdx.x] = {x, workload::read_clock() - start};
}

int main(int argc, char** argv) {
    workload::Run run("shared_latency", argc, argv);
    const int hops = run.pick(64, 512, 4096, 32768);
    workload::DeviceArray<Result> out(32);
    const auto test = [&](const std::string& label, auto&& kernel, auto&& expected_of) {
        run.launch(label.c_str(), kernel);
        std::vector<unsigned> actual, expected;
        std::vector<long long> cycles;
        for (unsigned lane = 0; lane < 32; ++lane) expected.push_back(expected_of(lane));
        for (const Result& result : out.to_host()) {
            actual.push_back(result.last);
            cycles.push_back(result.cycles);
        }
        run.check_equal(label.c_str(), actual, expected);
        workload::report(run, label.c_str(), cycles, hops);
    };
    const auto walk = [hops](const std::vector<unsigned>& chain, unsigned at, unsigned size) {
        for (int k = 0; k < hops; ++k) at = chain[at] % size;
        return at;
    };

    // Steps of 33 words: all lanes in different banks at all times.
    std::vector<unsigned> chain(kWords);
    for (int i = 0; i < kWords; ++i) chain[i] = (i + 33) % kWords;
    workload::DeviceArray<unsigned> dchain(chain), words(32);
    test(
        "shared memory", [&] { shared_chain<<<1, 32>>>(hops, dchain, out); }, [&](unsigned lane) { return walk(chain, lane, kWords); });
    test(
        "local memory", [&] { local_chain<<<1, 32>>>(hops, dchain, out); }, [&](unsigned lane) { return walk(chain, lane, 64); });

    for (const unsigned footprint : {64u, 512u, 2048u, 4096u}) {
        // Steps of 64 bytes, a constant-cache line.
        std::vector<unsigned> constants(4 * kWords, 0);
        for (unsigned i = 0; i < footprint; i += 16) constants[i] = (i + 16) % footprint;
        CUDA_CHECK(cudaMemcpyToSymbol(constant_chain, constants.data(), sizeof(constant_chain)));
        for (int pass = 0; pass < 2; ++pass) {
            test(
                "constant memory, " + std::to_string(footprint * 4) + " bytes" + (pass == 0 ? ", cold" : ""),
                [&] { constant_chase<<<1, 32>>>(hops, out); }, [&](unsigned) { return walk(constants, 0, footprint); });
        }
    }

    cudaResourceDesc resource{};
    resource.resType = cudaResourceTypeLinear;
    resource.res.linear = {dchain.get(), cudaCreateChannelDesc<unsigned>(), dchain.bytes()};
    cudaTextureDesc description{};
    cudaTextureObject_t texture = 0;
    CUDA_CHECK(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
    test(
        "texture", [&] { texture_chase<<<1, 32>>>(hops, texture, out); }, [&](unsigned lane) { return walk(chain, lane, kWords); });
    CUDA_CHECK(cudaDestroyTextureObject(texture));

    test(
        "store and load, shared", [&] { store_and_load<true><<<1, 32>>>(hops, words, out); }, [&](unsigned lane) { return lane + hops; });
    test(
        "store and load, global", [&] { store_and_load<false><<<1, 32>>>(hops, words, out); }, [&](unsigned lane) { return lane + hops; });
    return run.finish();
}
