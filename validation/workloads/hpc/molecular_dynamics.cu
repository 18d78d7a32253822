// Lennard-Jones forces with a cut-off: particles binned into cells by atomics, cells sorted, forces from the 27 neighbouring cells, in
// a periodic box; one thread a particle.
// Stresses: atomics for binning, indirect gathers, irregular inner loops with a rejecting branch, FFMA and MUFU.RCP.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 128;

struct Box {
    int cells; // along each side
    float side, cutoff_squared;
};

__host__ __device__ inline int cell_of(const Box& box, float4 p) {
    const float scale = box.cells / box.side;
    const auto along = [&](float x) {
        const int c = static_cast<int>(x * scale);
        return c < box.cells ? c : box.cells - 1;
    };
    return (along(p.z) * box.cells + along(p.y)) * box.cells + along(p.x);
}

__global__ void count_cells(int n, Box box, const float4* positions, int* counts) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) atomicAdd(counts + cell_of(box, positions[i]), 1);
}

// Exclusive scan by one CTA of 1024 threads, a chunk at a time.
__global__ void scan_cells(int cells, const int* counts, int* starts) {
    __shared__ int sums[1024];
    int carry = 0;
    for (int base = 0; base < cells; base += 1024) {
        const int c = base + static_cast<int>(threadIdx.x), mine = c < cells ? counts[c] : 0;
        sums[threadIdx.x] = mine;
        for (int offset = 1; offset < 1024; offset *= 2) {
            __syncthreads();
            const int left = static_cast<int>(threadIdx.x) >= offset ? sums[threadIdx.x - offset] : 0;
            __syncthreads();
            sums[threadIdx.x] += left;
        }
        __syncthreads();
        if (c < cells) starts[c] = carry + sums[threadIdx.x] - mine;
        carry += sums[1023];
        __syncthreads();
    }
    if (threadIdx.x == 0) starts[cells] = carry;
}

__global__ void fill_cells(int n, Box box, const float4* positions, const int* starts, int* filled, int* members) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const int c = cell_of(box, positions[i]);
    members[starts[c] + atomicAdd(filled + c, 1)] = i;
}

// Orders each cell's members by index, so that forces add up in a fixed order.
__global__ void sort_cells(int cells, const int* starts, int* members) {
    const int c = blockIdx.x * kBlock + threadIdx.x;
    if (c >= cells) return;
    for (int i = starts[c] + 1; i < starts[c + 1]; ++i) {
        const int member = members[i];
        int j = i;
        for (; j > starts[c] && members[j - 1] > member; --j) members[j] = members[j - 1];
        members[j] = member;
    }
}

__global__ void forces(int n, Box box, const float4* __restrict__ positions, const int* __restrict__ starts,
                       const int* __restrict__ members, float4* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const float4 mine = positions[i];
    const int c = cell_of(box, mine), cx = c % box.cells, cy = c / box.cells % box.cells, cz = c / box.cells / box.cells;
    float4 sum = make_float4(0, 0, 0, 0);
    for (int neighbour = 0; neighbour < 27; ++neighbour) {
        const int x = (cx + neighbour % 3 - 1 + box.cells) % box.cells, y = (cy + neighbour / 3 % 3 - 1 + box.cells) % box.cells;
        const int z = (cz + neighbour / 9 - 1 + box.cells) % box.cells, other = (z * box.cells + y) * box.cells + x;
        for (int k = starts[other]; k < starts[other + 1]; ++k) {
            const int j = members[k];
            if (j == i) continue;
            const float4 at = positions[j];
            float dx = mine.x - at.x, dy = mine.y - at.y, dz = mine.z - at.z;
            // The nearest image.
            dx -= box.side * rintf(dx / box.side);
            dy -= box.side * rintf(dy / box.side);
            dz -= box.side * rintf(dz / box.side);
            const float squared = dx * dx + dy * dy + dz * dz;
            if (squared >= box.cutoff_squared) continue;
            const float inverse = 1.0f / squared, sixth = inverse * inverse * inverse,
                        pull = 24.0f * sixth * (2.0f * sixth - 1.0f) * inverse;
            sum.x += pull * dx;
            sum.y += pull * dy;
            sum.z += pull * dz;
            sum.w += 4.0f * sixth * (sixth - 1.0f);
        }
    }
    out[i] = sum;
}

int main(int argc, char** argv) {
    workload::Run run("molecular_dynamics", argc, argv);
    // A cubic lattice, shaken: no two particles come close.
    const int along = run.pick(7, 14, 36, 60), n = along * along * along, cell_count = std::max(along / 3, 3);
    const float spacing = 1.2f;
    const Box box{cell_count, along * spacing, 6.25f};
    std::vector<float4> positions(n);
    for (int i = 0; i < n; ++i) {
        const auto shaken = [&](int place) {
            return std::min(std::max((place + 0.5f + run.random().uniform(-0.12f, 0.12f)) * spacing, 0.0f), box.side);
        };
        positions[i] = make_float4(shaken(i % along), shaken(i / along % along), shaken(i / along / along), 0);
    }
    const int cells = cell_count * cell_count * cell_count;
    workload::DeviceArray<float4> dpositions(positions), dforces(n);
    workload::DeviceArray<int> counts(cells), filled(cells), starts(cells + 1), members(n);
    const int grid = workload::ceil_div(n, kBlock);
    run.launch(
        "forces",
        [&] {
            counts.fill_bytes(0);
            filled.fill_bytes(0);
        },
        [&] {
            count_cells<<<grid, kBlock>>>(n, box, dpositions, counts);
            scan_cells<<<1, 1024>>>(cells, counts, starts);
            fill_cells<<<grid, kBlock>>>(n, box, dpositions, starts, filled, members);
            sort_cells<<<workload::ceil_div(cells, kBlock), kBlock>>>(cells, starts, members);
            forces<<<grid, kBlock>>>(n, box, dpositions, starts, members, dforces);
        });

    // The reference in double over all pairs, for at most 300 particles.
    const int stride = workload::ceil_div(n, 300);
    const auto all = dforces.to_host();
    std::vector<float> actual;
    std::vector<double> expected;
    double scale = 0;
    for (int i = 0; i < n; i += stride) {
        double sum[4] = {0, 0, 0, 0}, size = 0;
        for (int j = 0; j < n; ++j) {
            if (j == i) continue;
            double d[3] = {double(positions[i].x) - positions[j].x, double(positions[i].y) - positions[j].y,
                           double(positions[i].z) - positions[j].z};
            for (double& x : d) x -= box.side * std::nearbyint(x / box.side);
            const double squared = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            if (squared >= box.cutoff_squared) continue;
            const double sixth = 1 / (squared * squared * squared), pull = 24 * sixth * (2 * sixth - 1) / squared;
            for (int axis = 0; axis < 3; ++axis) sum[axis] += pull * d[axis];
            size += std::fabs(pull) * std::sqrt(squared);
            sum[3] += 4 * sixth * (sixth - 1);
        }
        scale = std::max(scale, size);
        expected.insert(expected.end(), sum, sum + 4);
        actual.insert(actual.end(), {all[i].x, all[i].y, all[i].z, all[i].w});
    }
    // Large forces cancel, and positions have float's precision: compared against the sum of their sizes. A pair at the cut-off counts for
    // 1e-3 or less.
    run.check_close("forces", actual, expected, {2e-5 * scale + 2e-2, 0});
    return run.finish();
}
