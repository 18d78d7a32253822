// Matrix products through the portable nvcuda::wmma interface: fp16 and bf16 with fp32 accumulation, int8 with int32, tf32, and fp64. One
// warp makes a 32 x 32 piece of C straight from global memory, or (fp16 only) from tiles shared by a CTA of four warps. Stresses: what wmma
// becomes in machine code (HMMA, IMMA, DMMA with their LDG, LDS and LDSM patterns), fragment element access.
#include "common/workload.hpp"
#include "dl/reference.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

namespace wmma = nvcuda::wmma;

// C = A * B^T with A m x k and B n x k row-major. One warp a CTA row of 32 threads; M x N x K is one wmma. Requires: whole tiles.
template <int M, int N, int K, typename Fragment, typename T, typename Acc>
__global__ void wmma_direct(int m, int n, int k, const T* a, const T* b, Acc* c) {
    const int warp = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
    const int tiles_n = n / (2 * N);
    const int m0 = warp / tiles_n * 2 * M, n0 = warp % tiles_n * 2 * N;
    if (m0 >= m) return;
    wmma::fragment<wmma::accumulator, M, N, K, Acc> acc[2][2];
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) wmma::fill_fragment(acc[i][j], Acc(0));
    for (int k0 = 0; k0 < k; k0 += K) {
        wmma::fragment<wmma::matrix_a, M, N, K, Fragment, wmma::row_major> fa[2];
        wmma::fragment<wmma::matrix_b, M, N, K, Fragment, wmma::col_major> fb[2];
        for (int i = 0; i < 2; ++i) {
            wmma::load_matrix_sync(fa[i], a + static_cast<size_t>(m0 + i * M) * k + k0, k);
            wmma::load_matrix_sync(fb[i], b + static_cast<size_t>(n0 + i * N) * k + k0, k);
            if constexpr (std::is_same_v<Fragment, wmma::precision::tf32>) {
                for (int e = 0; e < fa[i].num_elements; ++e) fa[i].x[e] = wmma::__float_to_tf32(fa[i].x[e]);
                for (int e = 0; e < fb[i].num_elements; ++e) fb[i].x[e] = wmma::__float_to_tf32(fb[i].x[e]);
            }
        }
        for (int i = 0; i < 2; ++i)
            for (int j = 0; j < 2; ++j) wmma::mma_sync(acc[i][j], fa[i], fb[j], acc[i][j]);
    }
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j)
            wmma::store_matrix_sync(c + static_cast<size_t>(m0 + i * M) * n + n0 + j * N, acc[i][j], n, wmma::mem_row_major);
}

// C = 2 * A * B with B k x n row-major, fp16, tiles of 64 x 64 x 32 in padded shared memory, four warps. Requires: whole tiles.
__global__ void __launch_bounds__(128)
    wmma_shared(int m, int n, int k, const __half* __restrict__ a, const __half* __restrict__ b, float* __restrict__ c) {
    constexpr int kStrideA = 32 + 8, kStrideB = 64 + 8;
    __shared__ __align__(32) __half tile_a[64 * kStrideA];
    __shared__ __align__(32) __half tile_b[32 * kStrideB];
    const int warp = threadIdx.x / 32, m0 = blockIdx.y * 64, n0 = blockIdx.x * 64;
    wmma::fragment<wmma::accumulator, 16, 16, 16, float> acc[2][2];
    for (auto& row : acc)
        for (auto& tile : row) wmma::fill_fragment(tile, 0.0f);
    for (int k0 = 0; k0 < k; k0 += 32) {
        for (int i = threadIdx.x; i < 64 * 4; i += 128) {
            const int row = i / 4, column = i % 4 * 8;
            *reinterpret_cast<uint4*>(&tile_a[row * kStrideA + column]) =
                *reinterpret_cast<const uint4*>(a + static_cast<size_t>(m0 + row) * k + k0 + column);
        }
        for (int i = threadIdx.x; i < 32 * 8; i += 128) {
            const int row = i / 8, column = i % 8 * 8;
            *reinterpret_cast<uint4*>(&tile_b[row * kStrideB + column]) =
                *reinterpret_cast<const uint4*>(b + static_cast<size_t>(k0 + row) * n + n0 + column);
        }
        __syncthreads();
        for (int kk = 0; kk < 32; kk += 16) {
            wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> fa[2];
            wmma::fragment<wmma::matrix_b, 16, 16, 16, __half, wmma::row_major> fb[2];
            for (int i = 0; i < 2; ++i) {
                wmma::load_matrix_sync(fa[i], &tile_a[((warp / 2) * 32 + i * 16) * kStrideA + kk], kStrideA);
                wmma::load_matrix_sync(fb[i], &tile_b[kk * kStrideB + (warp % 2) * 32 + i * 16], kStrideB);
            }
            for (int i = 0; i < 2; ++i)
                for (int j = 0; j < 2; ++j) wmma::mma_sync(acc[i][j], fa[i], fb[j], acc[i][j]);
        }
        __syncthreads();
    }
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) {
            for (int e = 0; e < acc[i][j].num_elements; ++e) acc[i][j].x[e] *= 2.0f;
            float* place = c + static_cast<size_t>(m0 + (warp / 2) * 32 + i * 16) * n + n0 + (warp % 2) * 32 + j * 16;
            wmma::store_matrix_sync(place, acc[i][j], n, wmma::mem_row_major);
        }
}

// Inputs are small whole numbers, so all results are exact.
template <int M, int N, int K, typename Fragment, typename T, typename Acc>
void test(workload::Run& run, const char* label, int m, int n, int k) {
    const auto a = run.random().integer_vector<T>(static_cast<size_t>(m) * k, -4, 4),
               b = run.random().integer_vector<T>(static_cast<size_t>(n) * k, -4, 4);
    workload::DeviceArray<T> da(a), db(b);
    workload::DeviceArray<Acc> dc(static_cast<size_t>(m) * n);
    const int warps = (m / (2 * M)) * (n / (2 * N));
    run.launch(label, [&] {
        wmma_direct<M, N, K, Fragment, T, Acc><<<workload::ceil_div(warps, 4), 128>>>(m, n, k, da.get(), db.get(), dc.get());
    });
    dl::check_product(run, label, dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k);
}

int main(int argc, char** argv) {
    workload::Run run("gemm_wmma", argc, argv);
    const int size = run.pick(64, 192, 1024, 2048);
    test<16, 16, 16, __half, __half, float>(run, "fp16 16x16x16", size, size, size);
    test<32, 8, 16, __half, __half, __half>(run, "fp16 32x8x16", size, size, size);
    test<8, 32, 16, __nv_bfloat16, __nv_bfloat16, float>(run, "bf16 8x32x16", size, size, size);
    test<16, 16, 16, signed char, signed char, int>(run, "int8", size, size, size);
    test<16, 16, 8, wmma::precision::tf32, float, float>(run, "tf32", size, size, size);
    test<8, 8, 4, double, double, double>(run, "fp64", size, size / 2, size / 2);

    const auto a = run.random().integer_vector<__half>(static_cast<size_t>(size) * size, -4, 4),
               b = run.random().integer_vector<__half>(static_cast<size_t>(size) * size, -4, 4);
    workload::DeviceArray<__half> da(a), db(b);
    workload::DeviceArray<float> dc(static_cast<size_t>(size) * size);
    run.launch("shared", [&] { wmma_shared<<<dim3(size / 64, size / 64), 128>>>(size, size, size, da, db, dc); });
    dl::check_product(run, "shared", dc.to_host(), dl::to_floats(a), dl::transposed(dl::to_floats(b), size, size), size, size, size, {},
                      [](double sum, int, int) { return 2 * sum; });
    return run.finish();
}
