// Cooperative groups: tiles of 2 to 32 threads, their shuffles, votes, reductions and scans; coalesced groups, binary and labelled
// partitions.
// Stresses: what cooperative groups compile to: computed lane masks, shuffles of segments, REDUX under partial masks, WARPSYNC.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>

#include "common/workload.hpp"

namespace cg = cooperative_groups;
constexpr int kBlock = 128;

template <int Tile> __global__ void tiles(int n, const int* in, int4* out) {
    const cg::thread_block block = cg::this_thread_block();
    const auto tile = cg::tiled_partition<Tile>(block);
    const int i = block.group_index().x * kBlock + block.thread_rank();
    const int value = i < n ? in[i] : 0;
    const int sum = cg::reduce(tile, value, cg::plus<int>()), highest = cg::reduce(tile, value, cg::greater<int>());
    const int scan = cg::inclusive_scan(tile, value, cg::plus<int>());
    const int turned = tile.shfl(value, (tile.thread_rank() + 1) % Tile);
    tile.sync();
    if (i < n) out[i] = make_int4(sum, highest, scan, turned + static_cast<int>(tile.ballot(value & 1)) + tile.meta_group_rank());
}

__global__ void float_tiles(int n, const float* in, float* out) {
    const auto tile = cg::tiled_partition<16>(cg::this_thread_block());
    const int i = blockIdx.x * kBlock + threadIdx.x;
    const float value = i < n ? in[i] : 0.0f;
    float sum = value;
    for (int offset = 8; offset > 0; offset /= 2) sum += tile.shfl_xor(sum, offset);
    const float highest = cg::reduce(tile, value, cg::greater<float>());
    if (i < n) out[i] = sum + highest;
}

__global__ void partitions(int n, const int* in, int2* out) {
    const auto warp = cg::tiled_partition<32>(cg::this_thread_block());
    const int i = blockIdx.x * kBlock + threadIdx.x, value = i < n ? in[i] : 0;
    const auto half = cg::binary_partition(warp, value % 2 == 0);
    const auto labelled = cg::labeled_partition(warp, value & 7);
    const int a = cg::reduce(half, value, cg::plus<int>()),
              b = static_cast<int>(labelled.size()) * 100 + cg::reduce(labelled, value, cg::plus<int>());
    if (i < n) out[i] = make_int2(a, b + static_cast<int>(labelled.thread_rank()));
}

int main(int argc, char** argv) {
    workload::Run run("cg_partition", argc, argv);
    // Whole CTAs, so that the reference need not treat a ragged end.
    const int n = kBlock * run.pick(20, 200, 5'000, 30'000), grid = n / kBlock;
    const auto in = run.random().integer_vector<int>(n, -1000, 1000);
    const auto reals = run.random().integer_vector<float>(n, -1000, 1000);
    workload::DeviceArray<int> din(in);
    workload::DeviceArray<int4> out(n);

    const auto test = [&](auto size, const char* label) {
        constexpr int kTile = decltype(size)::value;
        std::vector<int4> expected(n);
        for (int base = 0; base < n; base += kTile) {
            int sum = 0, highest = in[base];
            unsigned ballot = 0;
            for (int k = 0; k < kTile; ++k) {
                sum += in[base + k];
                highest = in[base + k] > highest ? in[base + k] : highest;
                ballot |= static_cast<unsigned>(in[base + k] & 1) << k;
                expected[base + k].z = sum;
            }
            for (int k = 0; k < kTile; ++k) {
                int4& e = expected[base + k];
                e.x = sum;
                e.y = highest;
                e.w = in[base + (k + 1) % kTile] + static_cast<int>(ballot) + base % kBlock / kTile;
            }
        }
        run.launch(label, [&] { tiles<kTile><<<grid, kBlock>>>(n, din, out); });
        run.check_equal(label, out.to_host(), expected);
    };
    test(std::integral_constant<int, 2>{}, "tiles of 2");
    test(std::integral_constant<int, 4>{}, "tiles of 4");
    test(std::integral_constant<int, 8>{}, "tiles of 8");
    test(std::integral_constant<int, 16>{}, "tiles of 16");
    test(std::integral_constant<int, 32>{}, "tiles of 32");

    workload::DeviceArray<float> dreals(reals), sums(n);
    std::vector<float> expected_sums(n);
    for (int base = 0; base < n; base += 16) {
        float sum = 0, highest = reals[base];
        for (int k = 0; k < 16; ++k) {
            sum += reals[base + k];
            highest = std::fmax(highest, reals[base + k]);
        }
        for (int k = 0; k < 16; ++k) expected_sums[base + k] = sum + highest;
    }
    run.launch("float tiles", [&] { float_tiles<<<grid, kBlock>>>(n, dreals, sums); });
    run.check_equal("float tiles", sums.to_host(), expected_sums);

    workload::DeviceArray<int2> parts(n);
    std::vector<int2> expected_parts(n);
    for (int i = 0; i < n; ++i) {
        int a = 0, size = 0, sum = 0, rank = 0;
        for (int k = i / 32 * 32; k < (i / 32 + 1) * 32; ++k) {
            if ((in[k] % 2 == 0) == (in[i] % 2 == 0)) a += in[k];
            if ((in[k] & 7) != (in[i] & 7)) continue;
            ++size;
            sum += in[k];
            rank += k < i;
        }
        expected_parts[i] = make_int2(a, size * 100 + sum + rank);
    }
    run.launch("partitions", [&] { partitions<<<grid, kBlock>>>(n, din, parts); });
    run.check_equal("partitions", parts.to_host(), expected_parts);
    return run.finish();
}
