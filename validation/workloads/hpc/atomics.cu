// Every atomic operation on every type, in global and shared memory, at CTA, device and system scope, with and without use of the old
// value: integers of 32 and 64 bits, float, double, half2, bfloat162, exchange, and compare-and-swap of 16, 32 and 64 bits.
// Stresses: ATOM, ATOMG, ATOMS, RED with all operations, CAS loops that emulate what hardware lacks.
#include <algorithm>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "common/workload.hpp"

constexpr int kBlock = 128, kCells = 8;

struct Cells {
    int add[kCells], low[kCells], high[kCells];
    unsigned and_bits[kCells], or_bits[kCells], xor_bits[kCells], up[kCells], down[kCells], sub[kCells], unsigned_high[kCells];
    unsigned long long wide_add[kCells], wide_and[kCells], wide_or[kCells], wide_xor[kCells], wide_high[kCells];
    long long wide_low[kCells];
    float real_add[kCells], real_high[kCells];
    double double_add[kCells];
    __half2 half_add[kCells];
    __nv_bfloat162 bfloat_add[kCells];
    unsigned short parity[kCells];
    unsigned exchange_sum[kCells], exchange_last[kCells];
};

enum class Scope { Block, Device, System };

// Positive floats order like their bits.
__device__ void atomic_max_float(float* address, float value) { atomicMax(reinterpret_cast<int*>(address), __float_as_int(value)); }

__device__ void toggle(unsigned short* address) {
    unsigned short seen = *const_cast<volatile unsigned short*>(address), assumed;
    do {
        assumed = seen;
        seen = atomicCAS(address, assumed, static_cast<unsigned short>(assumed ^ 1));
    } while (seen != assumed);
}

template <Scope Reach> __device__ void update(Cells& cells, unsigned bits) {
    const int c = bits % kCells;
    const int value = static_cast<int>(bits) >> 12;
    const unsigned long long wide = static_cast<unsigned long long>(bits) * 0x9e3779b97f4a7c15ull;
    // Small whole numbers: sums are exact in every format, whatever the order.
    const float small = static_cast<float>(bits >> 8 & 3);
    if constexpr (Reach == Scope::Block) {
        atomicAdd_block(&cells.add[c], value);
        atomicMin_block(&cells.low[c], value);
        atomicMax_block(&cells.high[c], value);
        atomicAnd_block(&cells.and_bits[c], bits | 0x80000001u);
        atomicOr_block(&cells.or_bits[c], bits & 0x0f0f0f0fu);
        atomicXor_block(&cells.xor_bits[c], bits);
        atomicAdd_block(&cells.wide_add[c], wide);
        atomicAdd_block(&cells.double_add[c], static_cast<double>(value));
    } else if constexpr (Reach == Scope::System) {
        atomicAdd_system(&cells.add[c], value);
        atomicMin_system(&cells.low[c], value);
        atomicMax_system(&cells.high[c], value);
        atomicAnd_system(&cells.and_bits[c], bits | 0x80000001u);
        atomicOr_system(&cells.or_bits[c], bits & 0x0f0f0f0fu);
        atomicXor_system(&cells.xor_bits[c], bits);
        atomicAdd_system(&cells.wide_add[c], wide);
        atomicAdd_system(&cells.double_add[c], static_cast<double>(value));
    } else {
        atomicAdd(&cells.add[c], value);
        atomicMin(&cells.low[c], value);
        atomicMax(&cells.high[c], value);
        atomicAnd(&cells.and_bits[c], bits | 0x80000001u);
        atomicOr(&cells.or_bits[c], bits & 0x0f0f0f0fu);
        atomicXor(&cells.xor_bits[c], bits);
        atomicAdd(&cells.wide_add[c], wide);
        atomicAdd(&cells.double_add[c], static_cast<double>(value));
    }
    atomicInc(&cells.up[c], 6);
    atomicDec(&cells.down[c], 9);
    atomicSub(&cells.sub[c], bits);
    atomicMax(&cells.unsigned_high[c], bits);
    atomicAnd(&cells.wide_and[c], wide | 0xf00000000000000full);
    atomicOr(&cells.wide_or[c], wide & 0x00ff00ff00ff00ffull);
    atomicXor(&cells.wide_xor[c], wide);
    atomicMax(&cells.wide_high[c], wide);
    atomicMin(&cells.wide_low[c], static_cast<long long>(wide));
    atomicAdd(&cells.real_add[c], small);
    atomic_max_float(&cells.real_high[c], static_cast<float>(bits >> 8));
    atomicAdd(&cells.half_add[c], __floats2half2_rn(small, -small));
    atomicAdd(&cells.bfloat_add[c], __floats2bfloat162_rn(small > 2 ? 1.0f : 0.0f, 0.0f));
    toggle(&cells.parity[c]);
    // Whatever is exchanged out is added up: with what stays at the end, nothing is lost.
    atomicAdd(&cells.exchange_sum[c], atomicExch(&cells.exchange_last[c], bits));
}

template <Scope Reach> __global__ void update_global(int n, const unsigned* in, Cells* cells) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) update<Reach>(*cells, in[i]);
}

__global__ void update_shared(int n, const unsigned* in, const Cells* start, Cells* cells) {
    __shared__ Cells mine;
    for (unsigned k = threadIdx.x; k < sizeof(Cells) / 4; k += kBlock)
        reinterpret_cast<unsigned*>(&mine)[k] = reinterpret_cast<const unsigned*>(start)[k];
    __syncthreads();
    const int chunk = (n + gridDim.x - 1) / gridDim.x, begin = blockIdx.x * chunk, end = min(begin + chunk, n);
    for (int i = begin + threadIdx.x; i < end; i += kBlock) update<Scope::Block>(mine, in[i]);
    __syncthreads();
    for (unsigned k = threadIdx.x; k < sizeof(Cells) / 4; k += kBlock)
        reinterpret_cast<unsigned*>(cells + blockIdx.x)[k] = reinterpret_cast<const unsigned*>(&mine)[k];
}

Cells start_cells() {
    Cells cells{};
    for (int c = 0; c < kCells; ++c) {
        cells.low[c] = 0x7fffffff;
        cells.high[c] = -0x7fffffff - 1;
        cells.and_bits[c] = ~0u;
        cells.wide_and[c] = ~0ull;
        cells.wide_low[c] = 0x7fffffffffffffffll;
    }
    return cells;
}

// The same in order, on the host; `exchange_sum` counts what was exchanged out and what stays.
void apply(Cells& cells, unsigned bits, float* half_sums, float* bfloat_sums) {
    const int c = bits % kCells, value = static_cast<int>(bits) >> 12;
    const unsigned long long wide = static_cast<unsigned long long>(bits) * 0x9e3779b97f4a7c15ull;
    const float small = static_cast<float>(bits >> 8 & 3);
    cells.add[c] = static_cast<int>(static_cast<unsigned>(cells.add[c]) + static_cast<unsigned>(value));
    cells.low[c] = std::min(cells.low[c], value);
    cells.high[c] = std::max(cells.high[c], value);
    cells.and_bits[c] &= bits | 0x80000001u;
    cells.or_bits[c] |= bits & 0x0f0f0f0fu;
    cells.xor_bits[c] ^= bits;
    cells.up[c] = cells.up[c] >= 6 ? 0 : cells.up[c] + 1;
    cells.down[c] = cells.down[c] == 0 || cells.down[c] > 9 ? 9 : cells.down[c] - 1;
    cells.sub[c] -= bits;
    cells.unsigned_high[c] = std::max(cells.unsigned_high[c], bits);
    cells.wide_add[c] += wide;
    cells.wide_and[c] &= wide | 0xf00000000000000full;
    cells.wide_or[c] |= wide & 0x00ff00ff00ff00ffull;
    cells.wide_xor[c] ^= wide;
    cells.wide_high[c] = std::max(cells.wide_high[c], wide);
    cells.wide_low[c] = std::min(cells.wide_low[c], static_cast<long long>(wide));
    cells.real_add[c] += small;
    cells.real_high[c] = std::max(cells.real_high[c], static_cast<float>(bits >> 8));
    cells.double_add[c] += value;
    half_sums[c] += small;
    bfloat_sums[c] += small > 2 ? 1.0f : 0.0f;
    cells.parity[c] ^= 1;
    cells.exchange_sum[c] += bits;
}

void check(workload::Run& run, const char* label, Cells actual, const unsigned* begin, const unsigned* end) {
    Cells expected = start_cells();
    float half_sums[kCells] = {}, bfloat_sums[kCells] = {};
    for (const unsigned* bits = begin; bits != end; ++bits) apply(expected, *bits, half_sums, bfloat_sums);
    for (int c = 0; c < kCells; ++c) {
        actual.exchange_sum[c] += actual.exchange_last[c];
        expected.exchange_last[c] = actual.exchange_last[c];
        // half sums are whole and exact to 2048, bfloat16 sums to 256: the caller keeps the counts small enough.
        expected.half_add[c] = __floats2half2_rn(half_sums[c], half_sums[c] == 0 ? 0.0f : -half_sums[c]);
        expected.bfloat_add[c] = __floats2bfloat162_rn(bfloat_sums[c], 0.0f);
    }
    const auto words = [](const Cells& cells) {
        std::vector<unsigned> list(sizeof(Cells) / 4);
        std::memcpy(list.data(), &cells, sizeof(Cells));
        return list;
    };
    run.check_equal(label, words(actual), words(expected));
}

int main(int argc, char** argv) {
    workload::Run run("atomics", argc, argv);
    // Few updates a cell in one launch keep the half and bfloat16 sums exact: larger sizes make more launches and CTAs.
    const int n = 2'500, launches = run.pick(1, 4, 20, 100), blocks = run.pick(2, 8, 132, 528);
    const Cells start = start_cells();
    workload::DeviceArray<unsigned> in(n);
    workload::DeviceArray<Cells> cells(1), initial(std::vector<Cells>{start});
    for (int launch = 0; launch < launches; ++launch) {
        const auto bits = run.random().bits_vector(n);
        in.upload(bits);
        const auto test = [&](const char* label, auto kernel, int grid) {
            run.launch(
                label, [&] { cells.upload({start}); }, [&] { kernel<<<grid, kBlock>>>(n, in, cells); });
            check(run, label, cells.to_host()[0], bits.data(), bits.data() + n);
        };
        test("global, device scope", update_global<Scope::Device>, workload::ceil_div(n, kBlock));
        test("global, system scope", update_global<Scope::System>, workload::ceil_div(n, kBlock));
    }

    const int many = blocks * 1'000;
    const auto bits = run.random().bits_vector(many);
    workload::DeviceArray<unsigned> din(bits);
    workload::DeviceArray<Cells> of_blocks(blocks);
    run.launch("shared", [&] { update_shared<<<blocks, kBlock>>>(many, din, initial, of_blocks); });
    const auto all = of_blocks.to_host();
    for (int b = 0; b < blocks; b += run.pick(1, 1, 8, 32)) check(run, "shared", all[b], &bits[b * 1'000], &bits[b * 1'000] + 1'000);
    return run.finish();
}
