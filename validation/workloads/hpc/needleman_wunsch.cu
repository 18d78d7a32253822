// Global alignment of two sequences by dynamic programming: tiles along anti-diagonals, a launch a diagonal of tiles, a wavefront
// within each tile.
// Stresses: wavefront parallelism with few active lanes, barriers, integer max, many small launches.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kTile = 32, kGap = 2;

// score has n+1 rows and columns; tile (tx, ty) with tx + ty = diagonal. Requires: n divisible by kTile.
__global__ void align_diagonal(int n, int tiles, int diagonal, const int* a, const int* b, const int* similarity, int* score) {
    __shared__ int cell[kTile + 1][kTile + 1], letters_a[kTile], letters_b[kTile];
    const int tile_x = blockIdx.x + max(0, diagonal - tiles + 1), tile_y = diagonal - tile_x, t = threadIdx.x, pitch = n + 1;
    int* corner = score + tile_y * kTile * pitch + tile_x * kTile;
    cell[0][t + 1] = corner[t + 1];
    cell[t + 1][0] = corner[(t + 1) * pitch];
    if (t == 0) cell[0][0] = corner[0];
    letters_a[t] = a[tile_y * kTile + t];
    letters_b[t] = b[tile_x * kTile + t];
    __syncthreads();
    for (int wave = 0; wave < 2 * kTile - 1; ++wave) {
        // Thread t owns column t; in this wave it is at row wave - t.
        const int row = wave - t;
        if (row >= 0 && row < kTile) {
            const int match = cell[row][t] + similarity[letters_a[row] * 4 + letters_b[t]];
            cell[row + 1][t + 1] = max(match, max(cell[row][t + 1], cell[row + 1][t]) - kGap);
        }
        __syncthreads();
    }
    for (int row = 1; row <= kTile; ++row) corner[row * pitch + t + 1] = cell[row][t + 1];
}

int main(int argc, char** argv) {
    workload::Run run("needleman_wunsch", argc, argv);
    const int n = run.pick(128, 384, 1024, 2048), tiles = n / kTile, pitch = n + 1;
    const auto a = run.random().integer_vector<int>(n, 0, 3);
    auto b = a;
    for (auto& letter : b) {
        if (run.random().below(4) == 0) letter = static_cast<int>(run.random().below(4));
    }
    std::vector<int> similarity(16), start(pitch * pitch, 0);
    for (int i = 0; i < 16; ++i) similarity[i] = i / 4 == i % 4 ? 5 : -static_cast<int>(run.random().below(4));
    for (int i = 1; i <= n; ++i) start[i] = start[i * pitch] = -i * kGap;
    auto expected = start;
    for (int y = 1; y <= n; ++y) {
        for (int x = 1; x <= n; ++x) {
            const int* at = &expected[y * pitch + x];
            expected[y * pitch + x] = std::max(at[-pitch - 1] + similarity[a[y - 1] * 4 + b[x - 1]], std::max(at[-1], at[-pitch]) - kGap);
        }
    }

    workload::DeviceArray<int> da(a), db(b), dsimilarity(similarity), score(start.size());
    run.launch(
        "alignment", [&] { score.upload(start); },
        [&] {
            for (int diagonal = 0; diagonal < 2 * tiles - 1; ++diagonal) {
                const int count = std::min(diagonal, 2 * tiles - 2 - diagonal) + 1;
                align_diagonal<<<count, kTile>>>(n, tiles, diagonal, da, db, dsimilarity, score);
            }
        });
    run.check_equal("score", score.to_host(), expected);
    return run.finish();
}
