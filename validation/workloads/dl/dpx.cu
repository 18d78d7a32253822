// Dynamic programming with the fused instructions of Hopper (on older machines the compiler replaces them): local alignment of short
// sequences with affine gaps, one warp a pair, in 32-bit and in packed 16-bit arithmetic (two pairs a warp), and all-pairs shortest paths
// in blocks. Stresses: VIADDMNMX, VIMNMX3, VIMNMX with relu, 16-bit packed forms, SHFL.UP wavefronts.
#include "common/workload.hpp"

#include <algorithm>

constexpr int kQuery = 32, kOpen = -5, kExtend = -2, kMatch = 3, kMismatch = -2, kFarBelow = -10000;

// Smith-Waterman-Gotoh: lane l holds letter l of the query and walks down column l, one step behind lane l - 1. best[pair] = the largest
// score.
__global__ void __launch_bounds__(128)
    align(int pairs, int length, const signed char* __restrict__ queries, const signed char* __restrict__ targets, int* __restrict__ best) {
    const int pair = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (pair >= pairs) return;
    const int letter = queries[pair * kQuery + lane];
    const signed char* target = targets + static_cast<size_t>(pair) * length;
    int h = 0, e = kFarBelow, f = kFarBelow, diagonal = 0, largest = 0; // h, f of the cell above; e is what the lane to the right needs
    for (int step = 0; step < length + kQuery - 1; ++step) {
        const int left_h = __shfl_up_sync(0xffffffffu, h, 1), left_e = __shfl_up_sync(0xffffffffu, e, 1); // of the same row
        const int row = step - lane;
        if (row < 0 || row >= length) continue;
        const int score = target[row] == letter ? kMatch : kMismatch;
        const int from_left = lane ? left_h : 0;
        e = __viaddmax_s32(lane ? left_e : kFarBelow, kExtend, from_left + kOpen);
        f = __viaddmax_s32(f, kExtend, h + kOpen);
        h = __vimax3_s32_relu(diagonal + score, e, f);
        diagonal = from_left; // of the cell left of the next row's diagonal
        largest = max(largest, h);
    }
    largest = __reduce_max_sync(0xffffffffu, largest);
    if (lane == 0) best[pair] = largest;
}

__device__ __forceinline__ unsigned both(int low, int high) {
    return (static_cast<unsigned>(low) & 0xffffu) | static_cast<unsigned>(high) << 16;
}

// The same for two pairs at once, pair 2 * i in the lower and 2 * i + 1 in the upper halves. Requires: pairs even.
__global__ void __launch_bounds__(128) align_packed(int pairs, int length, const signed char* __restrict__ queries,
                                                    const signed char* __restrict__ targets, int* __restrict__ best) {
    const int pair = (blockIdx.x * 4 + threadIdx.x / 32) * 2, lane = threadIdx.x % 32;
    if (pair >= pairs) return;
    const int letter0 = queries[pair * kQuery + lane], letter1 = queries[(pair + 1) * kQuery + lane];
    const signed char *target0 = targets + static_cast<size_t>(pair) * length, *target1 = target0 + length;
    const unsigned extend = both(kExtend, kExtend), open = both(kOpen, kOpen), below = both(kFarBelow, kFarBelow);
    unsigned h = 0, e = below, f = below, diagonal = 0, largest = 0;
    for (int step = 0; step < length + kQuery - 1; ++step) {
        const unsigned left_h = __shfl_up_sync(0xffffffffu, h, 1), left_e = __shfl_up_sync(0xffffffffu, e, 1);
        const int row = step - lane;
        if (row < 0 || row >= length) continue;
        const unsigned score = both(target0[row] == letter0 ? kMatch : kMismatch, target1[row] == letter1 ? kMatch : kMismatch);
        const unsigned from_left = lane ? left_h : 0;
        e = __viaddmax_s16x2(lane ? left_e : below, extend, __vadd2(from_left, open));
        f = __viaddmax_s16x2(f, extend, __vadd2(h, open));
        h = __vimax3_s16x2_relu(__vadd2(diagonal, score), e, f);
        diagonal = from_left;
        largest = __vmaxs2(largest, h);
    }
    for (int offset = 16; offset > 0; offset /= 2) largest = __vmaxs2(largest, __shfl_xor_sync(0xffffffffu, largest, offset));
    if (lane == 0) best[pair] = static_cast<short>(largest & 0xffffu), best[pair + 1] = static_cast<short>(largest >> 16);
}

// One CTA: Floyd and Warshall on `nodes` <= 64 nodes in shared memory.
__global__ void __launch_bounds__(256) shortest_paths(int nodes, int* __restrict__ all) {
    __shared__ int d[64][65];
    int* distance = all + static_cast<size_t>(blockIdx.x) * nodes * nodes;
    for (int i = threadIdx.x; i < nodes * nodes; i += 256) d[i / nodes][i % nodes] = distance[i];
    __syncthreads();
    for (int via = 0; via < nodes; ++via) { // row and column `via` do not change in this step
        for (int i = threadIdx.x; i < nodes * nodes; i += 256)
            d[i / nodes][i % nodes] = __viaddmin_s32(d[i / nodes][via], d[via][i % nodes], d[i / nodes][i % nodes]);
        __syncthreads();
    }
    for (int i = threadIdx.x; i < nodes * nodes; i += 256) distance[i] = d[i / nodes][i % nodes];
}

// Each of the fused functions on arbitrary numbers: out[k * n + i] = function k of a[i], b[i], c[i].
__global__ void functions(int n, const int* __restrict__ a, const int* __restrict__ b, const int* __restrict__ c, int* __restrict__ out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const int x = a[i], y = b[i], z = c[i];
    const auto ux = static_cast<unsigned>(x), uy = static_cast<unsigned>(y), uz = static_cast<unsigned>(z);
    bool first = false;
    int k = 0;
    const auto put = [&](auto value) { out[k++ * n + i] = static_cast<int>(value); };
    put(__viaddmax_s32(x >> 1, y >> 1, z)); // no signed overflow
    put(__viaddmin_s32_relu(x >> 1, y >> 1, z));
    put(__viaddmax_u32(ux, uy, uz));
    put(__vimax3_s32(x, y, z));
    put(__vimin3_s32_relu(x, y, z));
    put(__vimin3_u32(ux, uy, uz));
    put(__vimax_s32_relu(x, y));
    put(__vibmax_s32(x, y, &first) ^ static_cast<int>(first));
    put(__vibmin_u32(ux, uy, &first) ^ static_cast<unsigned>(first));
    put(__viaddmin_s16x2(ux, uy, uz));
    put(__vimax3_u16x2(ux, uy, uz));
    put(__vimin3_s16x2_relu(ux, uy, uz));
}
constexpr int kFunctions = 12;

int half_of(int value, bool upper) { return static_cast<std::int16_t>(static_cast<unsigned>(value) >> (upper ? 16 : 0)); }

// The same on the host.
void functions_on_host(int x, int y, int z, int* out) {
    const auto u = [](int p) { return static_cast<unsigned>(p); };
    const auto halves = [&](auto&& f) {
        const int low = f(false), high = f(true);
        return static_cast<int>((u(low) & 0xffffu) | u(high) << 16);
    };
    out[0] = std::max((x >> 1) + (y >> 1), z);
    out[1] = std::max(std::min((x >> 1) + (y >> 1), z), 0);
    out[2] = static_cast<int>(std::max(u(x) + u(y), u(z)));
    out[3] = std::max({x, y, z});
    out[4] = std::max(std::min({x, y, z}), 0);
    out[5] = static_cast<int>(std::min({u(x), u(y), u(z)}));
    out[6] = std::max({x, y, 0});
    out[7] = std::max(x, y) ^ static_cast<int>(x >= y);
    out[8] = static_cast<int>(std::min(u(x), u(y)) ^ static_cast<unsigned>(u(x) <= u(y)));
    out[9] = halves(
        [&](bool upper) { return std::min<int>(static_cast<std::int16_t>(half_of(x, upper) + half_of(y, upper)), half_of(z, upper)); });
    out[10] = halves([&](bool upper) {
        return std::max({half_of(x, upper) & 0xffff, half_of(y, upper) & 0xffff, half_of(z, upper) & 0xffff});
    });
    out[11] = halves([&](bool upper) { return std::max(std::min({half_of(x, upper), half_of(y, upper), half_of(z, upper)}), 0); });
}

int main(int argc, char** argv) {
    workload::Run run("dpx", argc, argv);
    const int pairs = run.pick(24, 200, 20000, 100000), length = run.pick(60, 100, 256, 512);
    const auto queries = run.random().integer_vector<signed char>(static_cast<size_t>(pairs) * kQuery, 0, 3),
               targets = run.random().integer_vector<signed char>(static_cast<size_t>(pairs) * length, 0, 3);
    std::vector<int> best;
    const int checked = run.full_check() ? pairs : 200;
    for (int pair = 0; pair < checked; ++pair) {
        std::vector<int> h(kQuery + 1, 0), f(kQuery + 1, kFarBelow);
        int largest = 0;
        for (int row = 0; row < length; ++row) {
            int e = kFarBelow, diagonal = 0;
            for (int j = 1; j <= kQuery; ++j) {
                e = std::max(e + kExtend, h[j - 1] + kOpen);
                f[j] = std::max(f[j] + kExtend, h[j] + kOpen);
                const int score = targets[static_cast<size_t>(pair) * length + row] == queries[static_cast<size_t>(pair) * kQuery + j - 1]
                                      ? kMatch
                                      : kMismatch;
                const int next = std::max({0, diagonal + score, e, f[j]});
                diagonal = h[j];
                h[j] = next;
                largest = std::max(largest, next);
            }
        }
        best.push_back(largest);
    }
    workload::DeviceArray<signed char> queries_d(queries), targets_d(targets);
    workload::DeviceArray<int> best_d(pairs);
    const auto check = [&](const char* label) {
        auto found = best_d.to_host();
        found.resize(checked);
        run.check_equal(label, found, best);
    };
    run.launch("align", [&] { align<<<workload::ceil_div(pairs, 4), 128>>>(pairs, length, queries_d, targets_d, best_d); });
    check("align");
    best_d.fill_bytes(0xff);
    run.launch("align packed", [&] { align_packed<<<workload::ceil_div(pairs, 8), 128>>>(pairs, length, queries_d, targets_d, best_d); });
    check("align packed");

    const int nodes = run.pick(24, 48, 64, 64), graphs = run.pick(2, 8, 264, 2640);
    auto distance = run.random().integer_vector<int>(static_cast<size_t>(graphs) * nodes * nodes, 1, 100);
    workload::DeviceArray<int> distance_d(distance.size());
    run.launch("shortest paths", [&] {
        distance_d.upload(distance);
        shortest_paths<<<graphs, 256>>>(nodes, distance_d);
    });
    const auto found = distance_d.to_host();
    for (int g = 0; g < graphs; ++g) {
        int* d = distance.data() + static_cast<size_t>(g) * nodes * nodes;
        for (int via = 0; via < nodes; ++via)
            for (int i = 0; i < nodes; ++i)
                for (int j = 0; j < nodes; ++j) d[i * nodes + j] = std::min(d[i * nodes + j], d[i * nodes + via] + d[via * nodes + j]);
    }
    run.check_equal("shortest paths", found, distance);

    const int n = run.pick(500, 10'000, 1'000'000, 4'000'000);
    const auto numbers = run.random().bits_vector(static_cast<size_t>(n) * 3);
    const std::vector<int> a(numbers.begin(), numbers.begin() + n), b(numbers.begin() + n, numbers.begin() + 2 * n),
        c(numbers.begin() + 2 * n, numbers.end());
    workload::DeviceArray<int> a_d(a), b_d(b), c_d(c), out_d(static_cast<size_t>(n) * kFunctions);
    run.launch("functions", [&] { functions<<<workload::ceil_div(n, 256), 256>>>(n, a_d, b_d, c_d, out_d); });
    std::vector<int> expected(out_d.size());
    for (int i = 0; i < n; ++i) {
        int out[kFunctions];
        functions_on_host(a[i], b[i], c[i], out);
        for (int k = 0; k < kFunctions; ++k) expected[static_cast<size_t>(k) * n + i] = out[k];
    }
    run.check_equal("functions", out_d.to_host(), expected);
    return run.finish();
}
