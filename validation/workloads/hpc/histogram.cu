// Histogram of bytes in 256 bins, flat and skewed data: global atomics, shared atomics, one histogram a warp, and lanes with the
// same bin joined by match before one atomic.
// Stresses: RED/ATOM in global memory, ATOMS in shared memory under contention, MATCH.ANY, byte loads and extraction.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBins = 256, kBlock = 256, kWarps = kBlock / 32;

__global__ void histogram_global(int n, const unsigned char* in, unsigned* bins) {
    for (int i = blockIdx.x * kBlock + threadIdx.x; i < n; i += gridDim.x * kBlock) atomicAdd(bins + in[i], 1u);
}

__global__ void histogram_shared(int n, const unsigned char* in, unsigned* bins) {
    __shared__ unsigned counts[kBins];
    for (int b = threadIdx.x; b < kBins; b += kBlock) counts[b] = 0;
    __syncthreads();
    for (int i = blockIdx.x * kBlock + threadIdx.x; i < n; i += gridDim.x * kBlock) atomicAdd(counts + in[i], 1u);
    __syncthreads();
    for (int b = threadIdx.x; b < kBins; b += kBlock) {
        if (counts[b] != 0) atomicAdd(bins + b, counts[b]);
    }
}

// Four bytes a load; every warp counts for itself. Requires: n divisible by 4.
__global__ void histogram_warps(int n, const unsigned* in, unsigned* bins) {
    __shared__ unsigned counts[kWarps][kBins];
    for (int k = threadIdx.x; k < kWarps * kBins; k += kBlock) (&counts[0][0])[k] = 0;
    __syncthreads();
    unsigned* mine = counts[threadIdx.x / 32];
    for (int i = blockIdx.x * kBlock + threadIdx.x; i < n / 4; i += gridDim.x * kBlock) {
        const unsigned word = in[i];
        atomicAdd(mine + (word & 255), 1u);
        atomicAdd(mine + (word >> 8 & 255), 1u);
        atomicAdd(mine + (word >> 16 & 255), 1u);
        atomicAdd(mine + (word >> 24), 1u);
    }
    __syncthreads();
    for (int b = threadIdx.x; b < kBins; b += kBlock) {
        unsigned sum = 0;
        for (int w = 0; w < kWarps; ++w) sum += counts[w][b];
        atomicAdd(bins + b, sum);
    }
}

__global__ void histogram_match(int n, const unsigned char* in, unsigned* bins) {
    __shared__ unsigned counts[kBins];
    for (int b = threadIdx.x; b < kBins; b += kBlock) counts[b] = 0;
    __syncthreads();
    const int lane = threadIdx.x % 32;
    // All lanes of a warp leave the loop together: the bound is rounded up and the last lanes hold no bin.
    for (int i = blockIdx.x * kBlock + threadIdx.x; i - lane < n; i += gridDim.x * kBlock) {
        const int bin = i < n ? in[i] : kBins;
        const unsigned peers = __match_any_sync(0xffffffffu, bin);
        if (bin < kBins && lane == __ffs(peers) - 1) atomicAdd(counts + bin, static_cast<unsigned>(__popc(peers)));
    }
    __syncthreads();
    for (int b = threadIdx.x; b < kBins; b += kBlock) atomicAdd(bins + b, counts[b]);
}

int main(int argc, char** argv) {
    workload::Run run("histogram", argc, argv);
    const int n = run.pick(20'000, 300'000, 4'000'000, 32'000'000);
    const int grid = std::min(workload::ceil_div(n, 8 * kBlock), 264);
    for (const bool skewed : {false, true}) {
        std::vector<unsigned char> in(n);
        for (auto& byte : in) {
            byte = static_cast<unsigned char>(run.random().below(256));
            if (skewed && run.random().below(10) != 0) byte = 7;
        }
        std::vector<unsigned> expected(kBins, 0);
        for (const auto byte : in) ++expected[byte];
        workload::DeviceArray<unsigned char> din(in);
        workload::DeviceArray<unsigned> bins(kBins);
        const auto test = [&](const char* label, auto&& kernel) {
            run.launch(
                label, [&] { bins.fill_bytes(0); }, kernel);
            run.check_equal(label, bins.to_host(), expected);
        };
        test("global", [&] { histogram_global<<<grid, kBlock>>>(n, din, bins); });
        test("shared", [&] { histogram_shared<<<grid, kBlock>>>(n, din, bins); });
        test("a warp each", [&] { histogram_warps<<<grid, kBlock>>>(n, reinterpret_cast<const unsigned*>(din.get()), bins); });
        test("match", [&] { histogram_match<<<grid, kBlock>>>(n, din, bins); });
    }
    return run.finish();
}
