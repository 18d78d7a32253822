// Gravity among n bodies, all pairs, float: bodies straight from global memory, and in tiles of shared memory.
// Stresses: FFMA chains, MUFU.RSQ, broadcast reads of shared memory, float4 structures.
#include "common/workload.hpp"

constexpr int kBlock = 128;
constexpr float kSoftening = 0.01f;

// Adds the pull of `other` (mass in w) on a body at `at`.
__device__ void add_pull(float4 at, float4 other, float3& pull) {
    const float dx = other.x - at.x, dy = other.y - at.y, dz = other.z - at.z;
    const float inverse = rsqrtf(fmaf(dx, dx, fmaf(dy, dy, fmaf(dz, dz, kSoftening))));
    const float factor = other.w * inverse * inverse * inverse;
    pull.x = fmaf(dx, factor, pull.x);
    pull.y = fmaf(dy, factor, pull.y);
    pull.z = fmaf(dz, factor, pull.z);
}

__global__ void pulls_global(int n, const float4* bodies, float3* pulls) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const float4 at = bodies[i];
    float3 pull = make_float3(0, 0, 0);
    for (int j = 0; j < n; ++j) add_pull(at, bodies[j], pull);
    pulls[i] = pull;
}

__global__ void pulls_tiled(int n, const float4* __restrict__ bodies, float3* __restrict__ pulls) {
    __shared__ float4 tile[kBlock];
    const int i = blockIdx.x * kBlock + threadIdx.x;
    const float4 at = bodies[min(i, n - 1)];
    float3 pull = make_float3(0, 0, 0);
    for (int base = 0; base < n; base += kBlock) {
        const int j = base + threadIdx.x;
        tile[threadIdx.x] = j < n ? bodies[j] : make_float4(0, 0, 0, 0);
        __syncthreads();
#pragma unroll 8
        for (int k = 0; k < kBlock; ++k) add_pull(at, tile[k], pull);
        __syncthreads();
    }
    if (i < n) pulls[i] = pull;
}

int main(int argc, char** argv) {
    workload::Run run("nbody", argc, argv);
    const int n = run.pick(300, 1'000, 8'000, 30'000);
    std::vector<float4> bodies(n);
    for (auto& body : bodies) {
        const auto draw = [&] { return run.random().uniform(-1.0f, 1.0f); };
        body.x = draw();
        body.y = draw();
        body.z = draw();
        body.w = run.random().uniform(0.1f, 1.0f);
    }
    // The reference in double, for at most 500 bodies.
    const int stride = workload::ceil_div(n, 500);
    std::vector<double> expected;
    for (int i = 0; i < n; i += stride) {
        double pull[3] = {0, 0, 0};
        for (const float4& other : bodies) {
            const double d[3] = {double(other.x) - bodies[i].x, double(other.y) - bodies[i].y, double(other.z) - bodies[i].z};
            const double squared = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + kSoftening;
            for (int axis = 0; axis < 3; ++axis) pull[axis] += d[axis] * other.w / (squared * std::sqrt(squared));
        }
        expected.insert(expected.end(), pull, pull + 3);
    }

    workload::DeviceArray<float4> dbodies(bodies);
    workload::DeviceArray<float3> dpulls(n);
    const auto test = [&](const char* label, auto&& kernel) {
        dpulls.fill_bytes(0xff);
        run.launch(label, kernel);
        const auto all = dpulls.to_host();
        std::vector<float> actual;
        for (int i = 0; i < n; i += stride) actual.insert(actual.end(), {all[i].x, all[i].y, all[i].z});
        // A body feels about n/2 in pull; float summation errs by about sqrt(n) units in the last place.
        run.check_close(label, actual, expected, {2e-5 * n, 1e-4});
    };
    test("global", [&] { pulls_global<<<workload::ceil_div(n, kBlock), kBlock>>>(n, dbodies, dpulls); });
    test("tiled", [&] { pulls_tiled<<<workload::ceil_div(n, kBlock), kBlock>>>(n, dbodies, dpulls); });
    return run.finish();
}
