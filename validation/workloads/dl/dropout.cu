// Dropout with a counter-based generator (Philox 4x32-10): forward keeps an element with probability 1 - p and scales it; backward makes
// the same mask again from the counter instead of storing it; a third kernel stores the mask as bits by votes. Source of the generator: J.
// Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Stresses: IMAD.WIDE.U32 and IMAD.HI chains, LOP3, VOTE,
// integer-bound throughput.
#include "common/workload.hpp"

__host__ __device__ inline unsigned high_product(unsigned a, unsigned b) {
    return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32);
}

struct Counter {
    unsigned word[4];
};

// Ten rounds of Philox 4x32.
__host__ __device__ inline Counter philox(Counter c, unsigned key0, unsigned key1) {
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
    for (int round = 0; round < 10; ++round) {
        const unsigned high0 = high_product(0xD2511F53u, c.word[0]), low0 = 0xD2511F53u * c.word[0];
        const unsigned high1 = high_product(0xCD9E8D57u, c.word[2]), low1 = 0xCD9E8D57u * c.word[2];
        c = {{high1 ^ c.word[1] ^ key0, low1, high0 ^ c.word[3] ^ key1, low0}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return c;
}

// The four random words of elements 4 * i to 4 * i + 3.
__host__ __device__ inline Counter words_of(unsigned i, unsigned long long seed, unsigned offset) {
    return philox({{i, 0, offset, 0}}, static_cast<unsigned>(seed), static_cast<unsigned>(seed >> 32));
}

// y = kept ? x * scale : 0, an element being kept if its word is at least the threshold. Serves forward (x to y) and backward (dy to dx).
// Requires: n divisible by 4.
__global__ void apply_dropout(int n, unsigned threshold, float scale, unsigned long long seed, unsigned offset,
                              const float4* __restrict__ x, float4* __restrict__ y) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n / 4; i += gridDim.x * blockDim.x) {
        const Counter r = words_of(i, seed, offset);
        const float4 v = x[i];
        y[i] = make_float4(r.word[0] >= threshold ? v.x * scale : 0.0f, r.word[1] >= threshold ? v.y * scale : 0.0f,
                           r.word[2] >= threshold ? v.z * scale : 0.0f, r.word[3] >= threshold ? v.w * scale : 0.0f);
    }
}

// Bit e of masks[i] tells whether element 32 * i + e is kept. One thread an element. Requires: n divisible by 32, whole warps.
__global__ void keep_mask(int n, unsigned threshold, unsigned long long seed, unsigned offset, unsigned* __restrict__ masks) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const Counter r = words_of(i / 4, seed, offset);
    const unsigned word = i & 2 ? (i & 1 ? r.word[3] : r.word[2]) : (i & 1 ? r.word[1] : r.word[0]);
    const unsigned mask = __ballot_sync(0xffffffffu, word >= threshold);
    if (threadIdx.x % 32 == 0) masks[i / 32] = mask;
}

int main(int argc, char** argv) {
    workload::Run run("dropout", argc, argv);
    const int n = run.pick(8192, 200'000, 8'000'000, 64'000'000);
    const float p = 0.25f, scale = 1 / (1 - p);
    const auto threshold = static_cast<unsigned>(p * 4294967296.0);
    const unsigned long long seed = run.random().bits64();
    const unsigned offset = 7;
    const auto x = run.random().uniform_vector<float>(n, -1, 1);
    std::vector<float> y(n);
    std::vector<unsigned> masks(n / 32, 0);
    int kept = 0;
    for (int i = 0; i < n; i += 4) {
        const Counter r = words_of(i / 4, seed, offset);
        for (int e = 0; e < 4; ++e) {
            const bool keep = r.word[e] >= threshold;
            y[i + e] = keep ? x[i + e] * scale : 0.0f;
            masks[(i + e) / 32] |= static_cast<unsigned>(keep) << (i + e) % 32;
            kept += keep;
        }
    }
    run.check(std::fabs(static_cast<double>(kept) / n - (1 - p)) < 4 * std::sqrt(p * (1 - p) / n), "the share of kept elements is off");
    // Known answer of the generator for the zero counter and key.
    const Counter zero = philox({{0, 0, 0, 0}}, 0, 0);
    run.check(zero.word[0] == 0x6627e8d5u && zero.word[1] == 0xe169c58du && zero.word[2] == 0xbc57ac4cu && zero.word[3] == 0x9b00dbd8u,
              "philox is wrong on the host");

    workload::DeviceArray<float> x_d(x), y_d(n), back_d(n);
    workload::DeviceArray<unsigned> masks_d(masks.size());
    const int grid = std::min(workload::ceil_div(n / 4, 256), 1056);
    run.launch("forward", [&] {
        apply_dropout<<<grid, 256>>>(n, threshold, scale, seed, offset, reinterpret_cast<const float4*>(x_d.get()),
                                     reinterpret_cast<float4*>(y_d.get()));
    });
    run.check_equal("y", y_d.to_host(), y);
    run.launch("backward", [&] {
        apply_dropout<<<grid, 256>>>(n, threshold, scale, seed, offset, reinterpret_cast<const float4*>(y_d.get()),
                                     reinterpret_cast<float4*>(back_d.get()));
    });
    for (float& value : y) value *= scale;
    run.check_close("dx", back_d.to_host(), y, {});
    run.launch("mask", [&] { keep_mask<<<workload::ceil_div(n, 256), 256>>>(n, threshold, seed, offset, masks_d); });
    run.check_equal("mask", masks_d.to_host(), masks);
    return run.finish();
}
