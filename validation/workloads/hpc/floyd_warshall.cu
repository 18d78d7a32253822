// All shortest paths of a dense graph by blocked Floyd-Warshall: the pivot tile, its row and column, the rest; integers with a bound
// for "no way".
// Stresses: IADD and IMNMX (VIADDMNMX) in dense loops, shared-memory broadcasts, 2-D grids with idle CTAs.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kTile = 32, kRows = 8, kFar = 1 << 28;

// Phase 0: the pivot tile; 1: the tiles of its row (y = 0) and column (y = 1); 2: all others.
template <int Phase> __global__ void relax(int n, int pivot, int* distance) {
    __shared__ int a[kTile][kTile], b[kTile][kTile];
    int tile_x, tile_y;
    if constexpr (Phase == 0) {
        tile_x = tile_y = pivot;
    } else if constexpr (Phase == 1) {
        tile_x = blockIdx.y == 0 ? blockIdx.x : pivot;
        tile_y = blockIdx.y == 0 ? pivot : blockIdx.x;
        if (static_cast<int>(blockIdx.x) == pivot) return;
    } else {
        tile_x = blockIdx.x;
        tile_y = blockIdx.y;
        if (tile_x == pivot || tile_y == pivot) return;
    }
    const int x = threadIdx.x;
    int mine[kTile / kRows];
    for (int j = 0; j < kTile / kRows; ++j) {
        const int y = threadIdx.y + j * kRows;
        // a: from here to the pivot's vertices; b: from those to here.
        a[y][x] = distance[(tile_y * kTile + y) * n + pivot * kTile + x];
        b[y][x] = distance[(pivot * kTile + y) * n + tile_x * kTile + x];
        mine[j] = distance[(tile_y * kTile + y) * n + tile_x * kTile + x];
    }
    __syncthreads();
    for (int k = 0; k < kTile; ++k) {
        for (int j = 0; j < kTile / kRows; ++j) {
            const int y = threadIdx.y + j * kRows;
            mine[j] = min(mine[j], a[y][k] + b[k][x]);
        }
        if constexpr (Phase < 2) {
            // The tile itself is among its operands.
            __syncthreads();
            for (int j = 0; j < kTile / kRows; ++j) {
                const int y = threadIdx.y + j * kRows;
                if (tile_x == pivot) a[y][x] = mine[j];
                if (tile_y == pivot) b[y][x] = mine[j];
            }
            __syncthreads();
        }
    }
    for (int j = 0; j < kTile / kRows; ++j) distance[(tile_y * kTile + threadIdx.y + j * kRows) * n + tile_x * kTile + x] = mine[j];
}

int main(int argc, char** argv) {
    workload::Run run("floyd_warshall", argc, argv);
    const int tiles = run.pick(3, 6, 16, 32), n = tiles * kTile;
    std::vector<int> start(n * n);
    for (int i = 0; i < n * n; ++i)
        start[i] = i % (n + 1) == 0 ? 0 : run.random().below(4) == 0 ? 1 + static_cast<int>(run.random().below(1000)) : kFar;
    auto expected = start;
    for (int k = 0; k < n; ++k) {
        for (int i = 0; i < n; ++i) {
            for (int j = 0; j < n; ++j) expected[i * n + j] = std::min(expected[i * n + j], expected[i * n + k] + expected[k * n + j]);
        }
    }
    workload::DeviceArray<int> distance(start.size());
    run.launch(
        "shortest paths", [&] { distance.upload(start); },
        [&] {
            const dim3 block(kTile, kRows);
            for (int pivot = 0; pivot < tiles; ++pivot) {
                relax<0><<<1, block>>>(n, pivot, distance);
                relax<1><<<dim3(tiles, 2), block>>>(n, pivot, distance);
                relax<2><<<dim3(tiles, tiles), block>>>(n, pivot, distance);
            }
        });
    run.check_equal("distances", distance.to_host(), expected);
    return run.finish();
}
