// Token embedding: forward gathers rows of a bf16 table and adds position rows; backward scatters into an fp32 gradient table, once with
// vector atomics and once deterministically from tokens sorted on the host (one warp a distinct token adds its rows in order). Tokens
// follow a skewed distribution, so that some rows are hit often. Stresses: gathers with index indirection, RED with heavy conflicts (and
// RED.128 on sm_90), irregular loop lengths.
#include "common/workload.hpp"
#include "dl/reference.hpp"

#include <cuda_bf16.h>
#include <numeric>

// One warp a token. Requires: width divisible by 8.
__global__ void __launch_bounds__(128) embed(int tokens, int length, int width, const int* __restrict__ ids,
                                             const uint4* __restrict__ table, const uint4* __restrict__ positions, uint4* __restrict__ y) {
    const int token = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32, vectors = width / 8;
    if (token >= tokens) return;
    const uint4 *row = table + static_cast<size_t>(__ldg(ids + token)) * vectors,
                *position = positions + static_cast<size_t>(token % length) * vectors;
    for (int i = lane; i < vectors; i += 32) {
        uint4 a = __ldg(row + i);
        const uint4 b = __ldg(position + i);
        __nv_bfloat162* sum = reinterpret_cast<__nv_bfloat162*>(&a);
        const __nv_bfloat162* more = reinterpret_cast<const __nv_bfloat162*>(&b);
#pragma unroll
        for (int e = 0; e < 4; ++e) sum[e] = __hadd2(sum[e], more[e]);
        y[static_cast<size_t>(token) * vectors + i] = a;
    }
}

// gradient[id] += dy[token]; one CTA a token. Requires: width divisible by 4, gradient zeroed.
__global__ void __launch_bounds__(64) scatter_add(int width, const int* __restrict__ ids, const float4* __restrict__ dy, float4* gradient) {
    const int vectors = width / 4;
    for (int i = threadIdx.x; i < vectors; i += 64) {
        const float4 v = dy[static_cast<size_t>(blockIdx.x) * vectors + i];
        float4* place = gradient + static_cast<size_t>(ids[blockIdx.x]) * vectors + i;
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
        atomicAdd(place, v); // one 16-byte reduction
#else
        atomicAdd(&place->x, v.x);
        atomicAdd(&place->y, v.y);
        atomicAdd(&place->z, v.z);
        atomicAdd(&place->w, v.w);
#endif
    }
}

// Segment s holds the tokens order[first[s]] .. order[first[s + 1] - 1], all of the same id. One warp a segment.
__global__ void __launch_bounds__(128)
    segment_add(int segments, int width, const int* __restrict__ first, const int* __restrict__ order, const int* __restrict__ ids,
                const float* __restrict__ dy, float* __restrict__ gradient) {
    const int segment = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (segment >= segments) return;
    const int begin = first[segment], end = first[segment + 1];
    for (int i = lane; i < width; i += 32) {
        float sum = 0;
        for (int j = begin; j < end; ++j) sum += dy[static_cast<size_t>(order[j]) * width + i];
        gradient[static_cast<size_t>(ids[order[begin]]) * width + i] = sum;
    }
}

int main(int argc, char** argv) {
    workload::Run run("embedding", argc, argv);
    const int vocabulary = run.pick(100, 1000, 32000, 32000), width = run.pick(96, 256, 1024, 2048), length = run.pick(32, 64, 512, 1024),
              tokens = length * run.pick(3, 8, 8, 16);
    std::vector<int> ids(tokens);
    for (int& id : ids) { // about the square of a uniform number: low ids are frequent
        const float u = run.random().uniform(0.0f, 1.0f);
        id = std::min(static_cast<int>(u * u * static_cast<float>(vocabulary)), vocabulary - 1);
    }
    const auto table = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(vocabulary) * width, 16, 0.0625f);
    const auto positions = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(length) * width, 16, 0.0625f);
    const auto dy = run.random().integer_vector<float>(static_cast<size_t>(tokens) * width, -8, 8); // exact in any order
    std::vector<__nv_bfloat16> y(static_cast<size_t>(tokens) * width);
    std::vector<float> gradient(static_cast<size_t>(vocabulary) * width, 0.0f);
    for (int t = 0; t < tokens; ++t)
        for (int i = 0; i < width; ++i) {
            const size_t row = static_cast<size_t>(ids[t]) * width + i;
            y[static_cast<size_t>(t) * width + i] = __float2bfloat16(
                static_cast<float>(table[row]) + static_cast<float>(positions[static_cast<size_t>(t % length) * width + i]));
            gradient[row] += dy[static_cast<size_t>(t) * width + i];
        }
    std::vector<int> order(tokens), first;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return ids[a] < ids[b]; });
    for (int j = 0; j < tokens; ++j)
        if (j == 0 || ids[order[j]] != ids[order[j - 1]]) first.push_back(j);
    const int segments = static_cast<int>(first.size());
    first.push_back(tokens);

    workload::DeviceArray<int> ids_d(ids), order_d(order), first_d(first);
    workload::DeviceArray<__nv_bfloat16> table_d(table), positions_d(positions), y_d(y.size());
    workload::DeviceArray<float> dy_d(dy), gradient_d(gradient.size());
    run.launch("forward", [&] {
        embed<<<workload::ceil_div(tokens, 4), 128>>>(tokens, length, width, ids_d, reinterpret_cast<const uint4*>(table_d.get()),
                                                      reinterpret_cast<const uint4*>(positions_d.get()),
                                                      reinterpret_cast<uint4*>(y_d.get()));
    });
    run.check_close("y", y_d.to_host(), y, {}); // equal but for the sign of zero
    run.launch("scatter", [&] {
        gradient_d.fill_bytes(0);
        scatter_add<<<tokens, 64>>>(width, ids_d, reinterpret_cast<const float4*>(dy_d.get()), reinterpret_cast<float4*>(gradient_d.get()));
    });
    run.check_close("scattered gradient", gradient_d.to_host(), gradient, {});
    run.launch("segments", [&] {
        gradient_d.fill_bytes(0);
        segment_add<<<workload::ceil_div(segments, 4), 128>>>(segments, width, first_d, order_d, ids_d, dy_d, gradient_d);
    });
    run.check_close("summed gradient", gradient_d.to_host(), gradient, {});
    return run.finish();
}
