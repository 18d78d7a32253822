// K-means clustering: assignment of points to the nearest centre (centres in constant memory), new centres by shared then global atomics.
// Stresses: constant-bank operands, arg-min with selects, 64-bit and float atomics, host-steered iterations.

#include "common/workload.hpp"

constexpr int kClusters = 12, kDimensions = 4, kBlock = 128;
__constant__ float centres[kClusters][kDimensions];

__global__ void assign(int n, const float4* points, int* cluster, unsigned long long* sums, unsigned* counts, int* moved) {
    // Sums of fixed-point coordinates (2^-10) are whole numbers: the same for any order of the atomics.
    __shared__ unsigned long long block_sums[kClusters][kDimensions];
    __shared__ unsigned block_counts[kClusters];
    for (int k = threadIdx.x; k < kClusters * kDimensions; k += kBlock) (&block_sums[0][0])[k] = 0;
    if (threadIdx.x < kClusters) block_counts[threadIdx.x] = 0;
    __syncthreads();
    const int i = blockIdx.x * kBlock + threadIdx.x;
    bool changed = false;
    if (i < n) {
        const float4 p = points[i];
        float best = 3.4e38f;
        int nearest = 0;
#pragma unroll
        for (int c = 0; c < kClusters; ++c) {
            const float dx = p.x - centres[c][0], dy = p.y - centres[c][1], dz = p.z - centres[c][2], dw = p.w - centres[c][3];
            const float distance = fmaf(dx, dx, fmaf(dy, dy, fmaf(dz, dz, dw * dw)));
            nearest = distance < best ? c : nearest;
            best = fminf(best, distance);
        }
        changed = cluster[i] != nearest;
        cluster[i] = nearest;
        atomicAdd(&block_counts[nearest], 1u);
        const float coordinates[kDimensions] = {p.x, p.y, p.z, p.w};
        for (int d = 0; d < kDimensions; ++d) {
            atomicAdd(&block_sums[nearest][d], static_cast<unsigned long long>(__float2ll_rn(coordinates[d] * 1024.0f)));
        }
    }
    const int changes = __syncthreads_count(changed);
    if (threadIdx.x == 0 && changes != 0) atomicAdd(moved, changes);
    for (int k = threadIdx.x; k < kClusters * kDimensions; k += kBlock) atomicAdd(sums + k, (&block_sums[0][0])[k]);
    if (threadIdx.x < kClusters) atomicAdd(counts + threadIdx.x, block_counts[threadIdx.x]);
}

int main(int argc, char** argv) {
    workload::Run run("kmeans", argc, argv);
    const int n = run.pick(3'000, 30'000, 500'000, 4'000'000), iterations = run.pick(3, 4, 5, 5);
    // Coordinates are multiples of 2^-10 in [-8, 8).
    std::vector<float4> points(n);
    for (auto& p : points) {
        const auto draw = [&](int middle) {
            return static_cast<float>(middle * 2048 + static_cast<int>(run.random().below(4096)) - 2048) / 1024.0f;
        };
        const int group = static_cast<int>(run.random().below(8));
        p.x = draw(group & 1 ? 2 : -2);
        p.y = draw(group & 2 ? 2 : -2);
        p.z = draw(group & 4 ? 2 : -2);
        p.w = draw(0);
    }
    std::vector<float> start;
    for (int c = 0; c < kClusters; ++c) start.insert(start.end(), {points[c].x, points[c].y, points[c].z, points[c].w});

    workload::DeviceArray<float4> dpoints(points);
    workload::DeviceArray<int> cluster(n), moved(1);
    workload::DeviceArray<unsigned long long> sums(kClusters * kDimensions);
    workload::DeviceArray<unsigned> counts(kClusters);
    std::vector<float> now;
    std::vector<std::vector<float>> history;
    std::vector<int> moves;
    run.launch(
        "k-means",
        [&] {
            cluster.fill_bytes(0xff);
            now = start;
            history.clear();
            moves.clear();
        },
        [&] {
            for (int iteration = 0; iteration < iterations; ++iteration) {
                history.push_back(now);
                CUDA_CHECK(cudaMemcpyToSymbol(centres, now.data(), sizeof(centres)));
                sums.fill_bytes(0);
                counts.fill_bytes(0);
                moved.fill_bytes(0);
                assign<<<workload::ceil_div(n, kBlock), kBlock>>>(n, dpoints, cluster, sums, counts, moved);
                const auto total = sums.to_host();
                const auto count = counts.to_host();
                for (int k = 0; k < kClusters * kDimensions; ++k) {
                    if (count[k / kDimensions] != 0) {
                        now[k] = static_cast<float>(static_cast<double>(static_cast<long long>(total[k])) / 1024 / count[k / kDimensions]);
                    }
                }
                moves.push_back(moved.to_host()[0]);
            }
        });

    // The reference repeats every step from scratch.
    std::vector<int> expected(n, -1), expected_moves;
    std::vector<float> centre = start;
    for (int iteration = 0; iteration < iterations; ++iteration) {
        run.check_equal("centres", history[iteration], centre);
        long long total[kClusters][kDimensions] = {};
        unsigned count[kClusters] = {};
        int moved_now = 0;
        for (int i = 0; i < n; ++i) {
            const float p[kDimensions] = {points[i].x, points[i].y, points[i].z, points[i].w};
            float best = 3.4e38f;
            int nearest = 0;
            for (int c = 0; c < kClusters; ++c) {
                float d[kDimensions];
                for (int k = 0; k < kDimensions; ++k) d[k] = p[k] - centre[c * kDimensions + k];
                const float distance = std::fmaf(d[0], d[0], std::fmaf(d[1], d[1], std::fmaf(d[2], d[2], d[3] * d[3])));
                if (distance < best) {
                    best = distance;
                    nearest = c;
                }
            }
            moved_now += expected[i] != nearest;
            expected[i] = nearest;
            ++count[nearest];
            for (int k = 0; k < kDimensions; ++k) total[nearest][k] += static_cast<long long>(p[k] * 1024.0f);
        }
        for (int k = 0; k < kClusters * kDimensions; ++k) {
            const unsigned members = count[k / kDimensions];
            if (members != 0) centre[k] = static_cast<float>(static_cast<double>(total[k / kDimensions][k % kDimensions]) / 1024 / members);
        }
        expected_moves.push_back(moved_now);
    }
    run.check_equal("cluster", cluster.to_host(), expected);
    run.check_equal("moves", moves, expected_moves);
    return run.finish();
}
