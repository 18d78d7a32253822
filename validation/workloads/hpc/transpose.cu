// Matrix transpose: naive reads, naive writes, tiled with and without bank conflicts, swizzled, and in 16-byte pieces.
// Stresses: uncoalesced global access, shared-memory bank conflicts, XOR swizzle, 128-bit accesses.
#include "common/workload.hpp"

constexpr int kTile = 32, kRows = 8;

__global__ void transpose_naive_write(int rows, int columns, const float* in, float* out) {
    const int x = blockIdx.x * kTile + threadIdx.x;
    for (int y = blockIdx.y * kTile + threadIdx.y; y < min(rows, static_cast<int>(blockIdx.y + 1) * kTile); y += kRows) {
        if (x < columns) out[x * rows + y] = in[y * columns + x];
    }
}

__global__ void transpose_naive_read(int rows, int columns, const float* in, float* out) {
    const int y = blockIdx.y * kTile + threadIdx.x;
    for (int x = blockIdx.x * kTile + threadIdx.y; x < min(columns, static_cast<int>(blockIdx.x + 1) * kTile); x += kRows) {
        if (y < rows) out[x * rows + y] = in[y * columns + x];
    }
}

// Pitch 32 makes every column read of the tile a 32-way bank conflict; pitch 33 makes it free of conflicts.
template <int Pitch> __global__ void transpose_tiled(int rows, int columns, const float* __restrict__ in, float* __restrict__ out) {
    __shared__ float tile[kTile][Pitch];
    const int x = blockIdx.x * kTile + threadIdx.x, y = blockIdx.y * kTile + threadIdx.y;
    for (int j = 0; j < kTile; j += kRows) {
        if (x < columns && y + j < rows) tile[threadIdx.y + j][threadIdx.x] = in[(y + j) * columns + x];
    }
    __syncthreads();
    const int out_x = blockIdx.y * kTile + threadIdx.x, out_y = blockIdx.x * kTile + threadIdx.y;
    for (int j = 0; j < kTile; j += kRows) {
        if (out_x < rows && out_y + j < columns) out[(out_y + j) * rows + out_x] = tile[threadIdx.x][threadIdx.y + j];
    }
}

__global__ void transpose_swizzled(int rows, int columns, const float* __restrict__ in, float* __restrict__ out) {
    __shared__ float tile[kTile][kTile];
    const int x = blockIdx.x * kTile + threadIdx.x;
    for (int j = threadIdx.y; j < kTile; j += kRows) {
        if (x < columns && static_cast<int>(blockIdx.y) * kTile + j < rows) {
            tile[j][threadIdx.x ^ j] = in[(blockIdx.y * kTile + j) * columns + x];
        }
    }
    __syncthreads();
    const int out_x = blockIdx.y * kTile + threadIdx.x;
    for (int j = threadIdx.y; j < kTile; j += kRows) {
        const int out_y = blockIdx.x * kTile + j;
        if (out_x < rows && out_y < columns) out[out_y * rows + out_x] = tile[threadIdx.x][j ^ threadIdx.x];
    }
}

// Each thread turns a 4x4 piece in registers. Requires: rows and columns divisible by 4.
__global__ void transpose_vector(int rows, int columns, const float4* __restrict__ in, float4* __restrict__ out) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= columns / 4 || y >= rows / 4) return;
    float4 row[4];
#pragma unroll
    for (int j = 0; j < 4; ++j) row[j] = in[(4 * y + j) * (columns / 4) + x];
    float4* target = out + 4 * x * (rows / 4) + y;
    target[0 * (rows / 4)] = make_float4(row[0].x, row[1].x, row[2].x, row[3].x);
    target[1 * (rows / 4)] = make_float4(row[0].y, row[1].y, row[2].y, row[3].y);
    target[2 * (rows / 4)] = make_float4(row[0].z, row[1].z, row[2].z, row[3].z);
    target[3 * (rows / 4)] = make_float4(row[0].w, row[1].w, row[2].w, row[3].w);
}

int main(int argc, char** argv) {
    workload::Run run("transpose", argc, argv);
    const int rows = run.pick(124, 396, 2044, 4092), columns = run.pick(100, 500, 1500, 4100);
    const auto in = run.random().uniform_vector<float>(rows * columns, -1, 1);
    std::vector<float> expected(in.size());
    for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < columns; ++x) expected[x * rows + y] = in[y * columns + x];
    }
    workload::DeviceArray<float> din(in), dout(in.size());
    const auto test = [&](const char* label, auto&& kernel) {
        dout.fill_bytes(0);
        run.launch(label, kernel);
        run.check_equal(label, dout.to_host(), expected);
    };
    const dim3 block(kTile, kRows), grid(workload::ceil_div(columns, kTile), workload::ceil_div(rows, kTile));
    test("naive write", [&] { transpose_naive_write<<<grid, block>>>(rows, columns, din, dout); });
    test("naive read", [&] { transpose_naive_read<<<grid, block>>>(rows, columns, din, dout); });
    test("tiled with conflicts", [&] { transpose_tiled<32><<<grid, block>>>(rows, columns, din, dout); });
    test("tiled, padded", [&] { transpose_tiled<33><<<grid, block>>>(rows, columns, din, dout); });
    test("swizzled", [&] { transpose_swizzled<<<grid, block>>>(rows, columns, din, dout); });
    test("vector", [&] {
        const dim3 pieces(workload::ceil_div(columns / 4, 16), workload::ceil_div(rows / 4, 16));
        transpose_vector<<<pieces, dim3(16, 16)>>>(rows, columns, reinterpret_cast<const float4*>(din.get()),
                                                   reinterpret_cast<float4*>(dout.get()));
    });
    return run.finish();
}
