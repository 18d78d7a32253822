// Three- and four-dimensional tensor copies: a seven-point stencil whose CTAs fetch their box with halo in one copy (the border is zero by
// itself) and store the inside with another, a maximum-reducing store of int32 boxes, and windows of an NHWC image fetched as
// four-dimensional boxes. Stresses: UTMALDG.3D and 4D, UTMASTG.3D, UTMAREDG.MAX, negative coordinates.
#include "common/workload.hpp"
#include "dl/hopper.cuh"
#include "dl/tensor_map.hpp"

// Inside of a box. Its rows with halo start kLead floats to the left, as copies start at multiples of 16 bytes.
constexpr int kX = 28, kY = 6, kZ = 6, kLead = 4, kHaloX = kX + 2 * kLead;

// y = 6 x - sum of the six neighbours. One CTA a box of kX x kY x kZ.
__global__ void __launch_bounds__(128) stencil(const __grid_constant__ CUtensorMap map_in, const __grid_constant__ CUtensorMap map_out) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(128) float in[kZ + 2][kY + 2][kHaloX];
    __shared__ __align__(128) float out[kZ][kY][kX];
    __shared__ dl::Barrier full;
    const int x0 = blockIdx.x * kX, y0 = blockIdx.y * kY, z0 = blockIdx.z * kZ;
    if (threadIdx.x == 0) {
        dl::barrier_init(&full, 1);
        dl::fence_barrier_init();
        dl::barrier_arrive_expect(&full, sizeof in);
        dl::tensor_load_3d(dl::shared_address(in), &map_in, x0 - kLead, y0 - 1, z0 - 1, &full);
    }
    __syncthreads();
    dl::barrier_wait(&full, 0);
    for (int i = threadIdx.x; i < kX * kY * kZ; i += 128) {
        const int x = i % kX, y = i / kX % kY, z = i / (kX * kY);
        const int at = x + kLead;
        const float around = in[z + 1][y + 1][at - 1] + in[z + 1][y + 1][at + 1] + in[z + 1][y][at] + in[z + 1][y + 2][at] +
                             in[z][y + 1][at] + in[z + 2][y + 1][at];
        out[z][y][x] = 6 * in[z + 1][y + 1][at] - around;
    }
    dl::fence_async_shared();
    __syncthreads();
    if (threadIdx.x == 0) {
        dl::tensor_store_3d(&map_out, x0, y0, z0, dl::shared_address(out));
        dl::bulk_commit();
        dl::bulk_wait<0>();
    }
#endif
}

// Every CTA takes the maximum of its own 16 x 4 x 2 box of numbers, made from its index, into the tensor, boxes overlapping and hanging
// over the far borders. (Corners of stores may not be negative: CUDA Programming Guide.)
__global__ void __launch_bounds__(128) maxima(const __grid_constant__ CUtensorMap map) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(128) int box[128];
    box[threadIdx.x] = static_cast<int>((blockIdx.x * 2654435761u ^ threadIdx.x * 40503u) % 10007u) - 5000;
    dl::fence_async_shared();
    __syncthreads();
    if (threadIdx.x == 0) {
        dl::tensor_max_3d(&map, static_cast<int>(blockIdx.x % 5) * 8, static_cast<int>(blockIdx.x % 7), static_cast<int>(blockIdx.x % 3),
                          dl::shared_address(box));
        dl::bulk_commit();
        dl::bulk_wait<0>();
    }
#endif
}

// Copies windows of 8 channels x 5 x 3 pixels of one image each, at (column, row) = corner, to `windows`.
__global__ void __launch_bounds__(128)
    gather(const __grid_constant__ CUtensorMap map, const int4* __restrict__ corners, float* __restrict__ windows) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(128) float window[3 * 5 * 8];
    __shared__ dl::Barrier full;
    const int4 corner = corners[blockIdx.x];
    if (threadIdx.x == 0) {
        dl::barrier_init(&full, 1);
        dl::fence_barrier_init();
        dl::barrier_arrive_expect(&full, sizeof window);
        dl::tensor_load_4d(dl::shared_address(window), &map, corner.x, corner.y, corner.z, corner.w, &full);
    }
    __syncthreads();
    dl::barrier_wait(&full, 0);
    if (threadIdx.x < 120) windows[blockIdx.x * 120 + threadIdx.x] = window[threadIdx.x];
#endif
}

int main(int argc, char** argv) {
    workload::Run run("tma_tensor_3d", argc, argv);
    run.needs_sm90a();
    using Extent = std::uint64_t;
    {
        const int nx = run.pick(60, 100, 256, 400), ny = run.pick(13, 40, 256, 400), nz = run.pick(11, 40, 256, 400);
        const auto x = run.random().integer_vector<float>(static_cast<size_t>(nx) * ny * nz, -50, 50);
        workload::DeviceArray<float> x_d(x), y_d(x.size());
        const auto map_in = dl::make_tensor_map(x_d, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, {Extent(nx), Extent(ny), Extent(nz)},
                                                {kHaloX, kY + 2, kZ + 2}, CU_TENSOR_MAP_SWIZZLE_NONE);
        const auto map_out = dl::make_tensor_map(y_d, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, {Extent(nx), Extent(ny), Extent(nz)},
                                                 {kX, kY, kZ}, CU_TENSOR_MAP_SWIZZLE_NONE);
        run.launch("stencil", [&] {
            stencil<<<dim3(workload::ceil_div(nx, kX), workload::ceil_div(ny, kY), workload::ceil_div(nz, kZ)), 128>>>(map_in, map_out);
        });
        const auto at = [&](int i, int j, int k) {
            return i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz ? 0.0f : x[(static_cast<size_t>(k) * ny + j) * nx + i];
        };
        std::vector<float> expected;
        for (int k = 0; k < nz; ++k)
            for (int j = 0; j < ny; ++j)
                for (int i = 0; i < nx; ++i)
                    expected.push_back(6 * at(i, j, k) - (at(i - 1, j, k) + at(i + 1, j, k) + at(i, j - 1, k) + at(i, j + 1, k) +
                                                          at(i, j, k - 1) + at(i, j, k + 1)));
        run.check_close("stencil", y_d.to_host(), expected, {});
    }
    {
        const int nx = 40, ny = 9, nz = 3, boxes = run.pick(40, 300, 5000, 50000);
        const std::vector<int> low(static_cast<size_t>(nx) * ny * nz, -100000);
        workload::DeviceArray<int> y_d(low.size());
        const auto map = dl::make_tensor_map(y_d, CU_TENSOR_MAP_DATA_TYPE_INT32, 4, {Extent(nx), Extent(ny), Extent(nz)}, {16, 4, 2},
                                             CU_TENSOR_MAP_SWIZZLE_NONE);
        run.launch("maximum", [&] {
            y_d.upload(low);
            maxima<<<boxes, 128>>>(map);
        });
        std::vector<int> expected(low);
        for (unsigned box = 0; box < static_cast<unsigned>(boxes); ++box)
            for (unsigned t = 0; t < 128; ++t) {
                const int x = static_cast<int>(box % 5) * 8 + static_cast<int>(t % 16), y = static_cast<int>(box % 7 + t / 16 % 4),
                          z = static_cast<int>(box % 3 + t / 64);
                if (x >= nx || y >= ny || z >= nz) continue;
                int& place = expected[(static_cast<size_t>(z) * ny + y) * nx + x];
                place = std::max(place, static_cast<int>((box * 2654435761u ^ t * 40503u) % 10007u) - 5000);
            }
        run.check_equal("maximum", y_d.to_host(), expected);
    }
    {
        const int c = 16, w = 14, h = 10, n = 3, count = run.pick(20, 100, 2000, 20000);
        const auto x = run.random().uniform_vector<float>(static_cast<size_t>(c) * w * h * n, -1, 1);
        std::vector<int4> corners;
        for (int i = 0; i < count; ++i)
            corners.push_back(int4{static_cast<int>(run.random().below(2)) * 8, static_cast<int>(run.random().below(w + 4)) - 3,
                                   static_cast<int>(run.random().below(h + 3)) - 2, static_cast<int>(run.random().below(n))});
        workload::DeviceArray<float> x_d(x), windows_d(static_cast<size_t>(count) * 120);
        workload::DeviceArray<int4> corners_d(corners);
        const auto map = dl::make_tensor_map(x_d, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, {Extent(c), Extent(w), Extent(h), Extent(n)},
                                             {8, 5, 3, 1}, CU_TENSOR_MAP_SWIZZLE_NONE);
        run.launch("windows", [&] { gather<<<count, 128>>>(map, corners_d, windows_d); });
        std::vector<float> expected;
        for (const int4& corner : corners)
            for (int i = 0; i < 120; ++i) {
                const int channel = corner.x + i % 8, column = corner.y + i / 8 % 5, row = corner.z + i / 40;
                const bool inside = column >= 0 && column < w && row >= 0 && row < h;
                expected.push_back(inside ? x[((static_cast<size_t>(corner.w) * h + row) * w + column) * c + channel] : 0.0f);
            }
        run.check_equal("windows", windows_d.to_host(), expected);
    }
    return run.finish();
}
