// Dynamic shared memory: several arrays carved from one block, sizes from a few bytes to more than 48 KiB, together with static
// shared memory; whole rows sorted by rank in it.
// Stresses: cudaFuncSetAttribute for large shared memory, computed offsets, one CTA an SM, shared-memory capacity.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 256;

// Layout: `n` doubles, then n ints, then n bytes.
__global__ void carve(int n, const int* in, double* reals, int* whole, unsigned char* bytes) {
    extern __shared__ double storage[];
    double* d = storage;
    int* i = reinterpret_cast<int*>(d + n);
    unsigned char* b = reinterpret_cast<unsigned char*>(i + n);
    for (int k = threadIdx.x; k < n; k += blockDim.x) {
        const int value = in[blockIdx.x * n + k];
        d[k] = value * 0.5;
        i[n - 1 - k] = value;
        b[(k * 7) % n] = static_cast<unsigned char>(value);
    }
    __syncthreads();
    for (int k = threadIdx.x; k < n; k += blockDim.x) {
        reals[blockIdx.x * n + k] = d[n - 1 - k];
        whole[blockIdx.x * n + k] = i[k];
        bytes[blockIdx.x * n + k] = b[k];
    }
}

// Keeps a whole row in dynamic shared memory and turns it by `shift` with a static staging buffer for the part that wraps.
__global__ void rotate_rows(int length, int shift, const float* in, float* out) {
    extern __shared__ float row[];
    __shared__ float wrapped[kBlock];
    for (int k = threadIdx.x; k < length; k += kBlock) row[k] = in[blockIdx.x * length + k];
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < shift) wrapped[threadIdx.x] = row[length - shift + threadIdx.x];
    __syncthreads();
    // From the end backwards in chunks, each read before it is written over.
    for (int end = length; end > shift; end -= kBlock) {
        const int k = end - 1 - static_cast<int>(threadIdx.x);
        const float moved = k >= shift ? row[k - shift] : 0.0f;
        __syncthreads();
        if (k >= shift) row[k] = moved;
        __syncthreads();
    }
    if (static_cast<int>(threadIdx.x) < shift) row[threadIdx.x] = wrapped[threadIdx.x];
    __syncthreads();
    for (int k = threadIdx.x; k < length; k += kBlock) out[blockIdx.x * length + k] = row[k];
}

int main(int argc, char** argv) {
    workload::Run run("dynamic_shared", argc, argv);
    const int blocks = run.pick(3, 8, 264, 528);
    for (const int n : {5, 37, 700}) {
        // n is no multiple of 7, so that k*7 mod n meets every place.
        const int count = n % 7 == 0 ? n + 1 : n;
        const auto in = run.random().integer_vector<int>(blocks * count, -1000, 1000);
        std::vector<double> reals(in.size());
        std::vector<int> whole(in.size());
        std::vector<unsigned char> bytes(in.size());
        for (int b = 0; b < blocks; ++b) {
            for (int k = 0; k < count; ++k) {
                reals[b * count + k] = in[b * count + count - 1 - k] * 0.5;
                whole[b * count + count - 1 - k] = in[b * count + k];
                bytes[b * count + k * 7 % count] = static_cast<unsigned char>(in[b * count + k]);
            }
        }
        workload::DeviceArray<int> din(in), dwhole(in.size());
        workload::DeviceArray<double> dreals(in.size());
        workload::DeviceArray<unsigned char> dbytes(in.size());
        run.launch("carved", [&] { carve<<<blocks, 64, count * 13>>>(count, din, dreals, dwhole, dbytes); });
        run.check_equal("carved doubles", dreals.to_host(), reals);
        run.check_equal("carved ints", dwhole.to_host(), whole);
        run.check_equal("carved bytes", dbytes.to_host(), bytes);
    }

    int most = 0;
    CUDA_CHECK(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0));
    CUDA_CHECK(
        cudaFuncSetAttribute(rotate_rows, cudaFuncAttributeMaxDynamicSharedMemorySize, most - static_cast<int>(kBlock * sizeof(float))));
    for (const int length : {1'000, 12'000, (most - 1'024) / 4}) {
        const int rows = run.pick(1, 4, 132, 528), shift = 100;
        const auto in = run.random().uniform_vector<float>(rows * length, 0, 1);
        auto expected = in;
        for (int r = 0; r < rows; ++r)
            std::rotate(expected.begin() + r * length, expected.begin() + (r + 1) * length - shift, expected.begin() + (r + 1) * length);
        workload::DeviceArray<float> din(in), dout(in.size());
        run.launch("rotated rows", [&] { rotate_rows<<<rows, kBlock, length * sizeof(float)>>>(length, shift, din, dout); });
        run.check_equal("rotated rows", dout.to_host(), expected);
    }
    return run.finish();
}
