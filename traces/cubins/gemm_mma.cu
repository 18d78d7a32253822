// C = A * B with half-precision tensor cores: A is m x k by rows, B is k x n by columns, C is m x n in 32-bit floats.
// A warp computes 32 x 32 with mma.m16n8k16; operands go straight from global memory to registers.
#include <cuda_fp16.h>

__device__ unsigned pair(const __half* at) { return *reinterpret_cast<const unsigned*>(at); }

extern "C" __global__ void __launch_bounds__(128) gemm_mma(const __half* a, const __half* b, float* c, int n, int k) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
    const int row = (blockIdx.y * 2 + warp / 2) * 32, column = (blockIdx.x * 2 + warp % 2) * 32;
    float sum[2][4][4] = {};
    for (int j = 0; j < k; j += 16) {
        unsigned fa[2][4], fb[4][2];
        for (int y = 0; y < 2; ++y)
            for (int i = 0; i < 4; ++i) fa[y][i] = pair(a + (row + 16 * y + group + 8 * (i % 2)) * k + j + 2 * member + 8 * (i / 2));
        for (int x = 0; x < 4; ++x)
            for (int i = 0; i < 2; ++i) fb[x][i] = pair(b + (column + 8 * x + group) * k + j + 2 * member + 8 * i);
        for (int y = 0; y < 2; ++y)
            for (int x = 0; x < 4; ++x)
                asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                    : "+f"(sum[y][x][0]), "+f"(sum[y][x][1]), "+f"(sum[y][x][2]), "+f"(sum[y][x][3])
                    : "r"(fa[y][0]), "r"(fa[y][1]), "r"(fa[y][2]), "r"(fa[y][3]), "r"(fb[x][0]), "r"(fb[x][1]));
    }
    for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 4; ++x)
            for (int i = 0; i < 4; ++i) c[(row + 16 * y + group + 8 * (i / 2)) * n + column + 8 * x + 2 * member + i % 2] = sum[y][x][i];
}
