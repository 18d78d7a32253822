// C = A * B for square matrices of n rows (a multiple of 32), tiles of 32 x 32 in shared memory, 2 x 2 results a thread.
extern "C" __global__ void __launch_bounds__(256) sgemm(const float* a, const float* b, float* c, int n) {
    __shared__ float tile_a[32][33], tile_b[32][33];
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    const int row = blockIdx.y * 32, column = blockIdx.x * 32;
    float sum[2][2] = {};
    for (int k = 0; k < n; k += 32) {
        for (int i = threadIdx.x; i < 32 * 32; i += 256) {
            tile_a[i / 32][i % 32] = a[(row + i / 32) * n + k + i % 32];
            tile_b[i / 32][i % 32] = b[(k + i / 32) * n + column + i % 32];
        }
        __syncthreads();
        for (int j = 0; j < 32; ++j)
            for (int y = 0; y < 2; ++y)
                for (int x = 0; x < 2; ++x) sum[y][x] += tile_a[ty + 16 * y][j] * tile_b[j][tx + 16 * x];
        __syncthreads();
    }
    for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 2; ++x) c[(row + ty + 16 * y) * n + column + tx + 16 * x] = sum[y][x];
}
