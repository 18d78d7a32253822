// Monte Carlo: pi by counting points in a circle (own xorshift), and a European option by Philox4x32-10 with Box-Muller.
// Stresses: integer multiplies of 32x32 to 64 bits, XOR and shifts, MUFU (LG2, SIN, COS, SQRT), warp and block reductions.
// Source of Philox: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#include "common/workload.hpp"

constexpr int kBlock = 128;

__host__ __device__ inline std::uint32_t xorshift(std::uint32_t& state) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

// A full-period start for each thread: never zero.
__host__ __device__ inline std::uint32_t start_state(std::uint32_t seed, std::uint32_t thread) {
    return (seed + thread * 0x9e3779b9u) * 0x85ebca6bu | 1u;
}

__host__ __device__ inline unsigned count_inside(std::uint32_t state, int points) {
    unsigned inside = 0;
    for (int i = 0; i < points; ++i) {
        // 16-bit fixed point: the squares sum below 2^33, so 64 bits are exact.
        const std::uint64_t x = xorshift(state) >> 16, y = xorshift(state) >> 16;
        inside += x * x + y * y < (1ull << 32);
    }
    return inside;
}

__global__ void pi_kernel(std::uint32_t seed, int points, unsigned long long* total) {
    unsigned inside = count_inside(start_state(seed, blockIdx.x * kBlock + threadIdx.x), points);
    inside = __reduce_add_sync(0xffffffffu, inside);
    if (threadIdx.x % 32 == 0) atomicAdd(total, static_cast<unsigned long long>(inside));
}

struct Counter {
    std::uint32_t word[4];
};

__host__ __device__ inline Counter philox(Counter counter, std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t(0xD2511F53u) * counter.word[0], b = std::uint64_t(0xCD9E8D57u) * counter.word[2];
        counter = {{static_cast<std::uint32_t>(b >> 32) ^ counter.word[1] ^ key0, static_cast<std::uint32_t>(b),
                    static_cast<std::uint32_t>(a >> 32) ^ counter.word[3] ^ key1, static_cast<std::uint32_t>(a)}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

__global__ void philox_kernel(int n, std::uint32_t key, Counter* out) {
    const unsigned i = blockIdx.x * kBlock + threadIdx.x;
    if (i < static_cast<unsigned>(n)) out[i] = philox({{i, 0, 0, 0}}, key, 0);
}

// Payoff of one path: exp(drift + spread * normal) over the strike. Two normals a Philox call, Box-Muller.
__global__ void option_kernel(std::uint32_t key, int draws, float spot, float strike, float drift, float spread, double* total) {
    const unsigned thread = blockIdx.x * kBlock + threadIdx.x;
    double sum = 0;
    for (unsigned draw = 0; draw < static_cast<unsigned>(draws); ++draw) {
        const Counter bits = philox({{thread, draw, 0, 0}}, key, 0);
        for (int half = 0; half < 2; ++half) {
            const float u = (bits.word[2 * half] + 0.5f) * 0x1p-32f, angle = bits.word[2 * half + 1] * 0x1p-31f;
            float sine, cosine;
            sincospif(angle, &sine, &cosine);
            const float radius = sqrtf(fmaxf(-2.0f * __logf(u), 0.0f));
            sum += fmaxf(spot * __expf(fmaf(spread, radius * sine, drift)) - strike, 0.0f);
            sum += fmaxf(spot * __expf(fmaf(spread, radius * cosine, drift)) - strike, 0.0f);
        }
    }
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffffu, sum, offset);
    if (threadIdx.x % 32 == 0) atomicAdd(total, sum);
}

int main(int argc, char** argv) {
    workload::Run run("monte_carlo", argc, argv);
    const int blocks = run.pick(8, 32, 528, 1056), points = run.pick(100, 256, 512, 2048);
    const std::uint32_t seed = run.random().bits32();

    workload::DeviceArray<unsigned long long> inside(1);
    run.launch(
        "pi", [&] { inside.fill_bytes(0); }, [&] { pi_kernel<<<blocks, kBlock>>>(seed, points, inside); });
    const double samples = double(blocks) * kBlock * points, estimate = 4.0 * inside.to_host()[0] / samples;
    run.check_close("pi", estimate, 3.14159265358979, {10 / std::sqrt(samples), 0});
    if (run.full_check()) {
        unsigned long long expected = 0;
        for (int thread = 0; thread < blocks * kBlock; ++thread) expected += count_inside(start_state(seed, thread), points);
        run.check_equal("points inside", inside.to_host()[0], expected);
    }

    const int n = 1000;
    workload::DeviceArray<Counter> words(n);
    run.launch("philox", [&] { philox_kernel<<<workload::ceil_div(n, kBlock), kBlock>>>(n, seed, words); });
    std::vector<Counter> expected_words;
    for (unsigned i = 0; i < n; ++i) expected_words.push_back(philox({{i, 0, 0, 0}}, seed, 0));
    run.check_equal("philox", words.to_host(), expected_words);
    // A known answer of the algorithm: counter and key zero.
    const Counter zero = philox({{0, 0, 0, 0}}, 0, 0);
    run.check(zero.word[0] == 0x6627e8d5u && zero.word[1] == 0xe169c58du && zero.word[2] == 0xbc57ac4cu && zero.word[3] == 0x9b00dbd8u,
              "philox on the host is not Philox4x32-10");

    // One year, rate 3 %, volatility 20 %: the closed form says what the mean must be.
    const float spot = 100, strike = 105, rate = 0.03f, volatility = 0.2f, drift = rate - 0.5f * volatility * volatility;
    const int draws = run.pick(8, 40, 64, 512);
    workload::DeviceArray<double> total(1);
    run.launch(
        "option", [&] { total.fill_bytes(0); },
        [&] { option_kernel<<<blocks, kBlock>>>(seed, draws, spot, strike, drift, volatility, total); });
    const double paths = double(blocks) * kBlock * draws * 4, price = std::exp(-double(rate)) * total.to_host()[0] / paths;
    const double d1 = (std::log(double(spot) / strike) + rate + 0.5 * volatility * volatility) / volatility, d2 = d1 - volatility;
    const auto cdf = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
    // The payoff's standard deviation is about 12: seven standard errors.
    run.check_close("option", price, spot * cdf(d1) - strike * std::exp(-double(rate)) * cdf(d2), {7 * 13 / std::sqrt(paths), 0});
    return run.finish();
}
