// A decoder block of a transformer, forward, in fp16 with fp32 accumulation: RMS norm, query-key-value projection, rotary embedding, causal
// grouped attention (flash), output projection with residual, RMS norm, gate and up projections, SwiGLU, down projection with residual. The
// host repeats it in float with the same roundings to fp16 between the steps. Stresses: the mix of kernels of inference: tensor-core
// products of different shapes, fused attention, small memory-bound kernels between.
#include "common/workload.hpp"
#include "dl/attention.hpp"
#include "dl/flash_attention.cuh"
#include "dl/gemm_tile.cuh"
#include "dl/reduce.cuh"
#include "dl/reference.hpp"

constexpr float kEpsilon = 1e-5f, kLog2Base = 13.2877124f; // log2(10000)
constexpr int kWidth = dl::kFlashWidth;
using Gemm = dl::TileGemm<dl::MmaF16, 64, 64, 2, 2, 3>;

// C = A * W^T (+ residual), W is n x k. Requires: k divisible by 8, n even.
__global__ void __launch_bounds__(Gemm::kThreads)
    linear(int m, int n, int k, const __half* __restrict__ a, const __half* __restrict__ w, const __half* residual, __half* c) {
    __shared__ __align__(128) char shared[Gemm::kSharedBytes];
    const int m0 = blockIdx.y * 64, n0 = blockIdx.x * 64;
    Gemm::Fragment acc = {};
    Gemm::multiply(acc, shared, a, w, m, n, k * 2ll, m0, n0, 0, (k + Gemm::kStageElements - 1) / Gemm::kStageElements);
    Gemm::for_each_pair(acc, [&](int row, int column, float c0, float c1) {
        row += m0, column += n0;
        if (row >= m || column >= n) return;
        const size_t place = static_cast<size_t>(row) * n + column;
        float2 add = make_float2(0, 0);
        if (residual) add = __half22float2(*reinterpret_cast<const __half2*>(residual + place));
        *reinterpret_cast<__half2*>(c + place) = __floats2half2_rn(c0 + add.x, c1 + add.y);
    });
}

// One CTA a row.
__global__ void __launch_bounds__(128)
    rms_norm(int width, const __half2* __restrict__ x, const __half2* __restrict__ gain, __half2* __restrict__ y) {
    const size_t base = static_cast<size_t>(blockIdx.x) * (width / 2);
    float squares = 0;
    for (int i = threadIdx.x; i < width / 2; i += 128) {
        const float2 v = __half22float2(x[base + i]);
        squares = fmaf(v.x, v.x, fmaf(v.y, v.y, squares));
    }
    const float r = rsqrtf(dl::block_reduce<dl::Sum, 128>(squares) / width + kEpsilon);
    for (int i = threadIdx.x; i < width / 2; i += 128) {
        const float2 v = __half22float2(x[base + i]), g = __half22float2(gain[i]);
        y[base + i] = __floats2half2_rn(v.x * r * g.x, v.y * r * g.y);
    }
}

// Splits rows of [heads + 2 * kv_heads][64] into Q, K and V and turns the halves of each query and key head by the position. One thread a
// pair (i, i + 32).
__global__ void split_and_rotate(int length, int heads, int kv_heads, const __half* __restrict__ qkv, __half* __restrict__ q,
                                 __half* __restrict__ k, __half* __restrict__ v) {
    const int all = heads + 2 * kv_heads, i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= length * all * 32) return;
    const int pair = i % 32, slot = i / 32 % all, position = i / (32 * all);
    const __half* from = qkv + (static_cast<size_t>(position) * all + slot) * kWidth + pair;
    const float low = __half2float(from[0]), high = __half2float(from[32]);
    float sine = 0, cosine = 1;
    if (slot < heads + kv_heads)
        sincosf(static_cast<float>(position) * exp2f(-kLog2Base * static_cast<float>(pair) / 32.0f), &sine, &cosine);
    __half* to = slot < heads              ? q + (static_cast<size_t>(position) * heads + slot) * kWidth
                 : slot < heads + kv_heads ? k + (static_cast<size_t>(position) * kv_heads + slot - heads) * kWidth
                                           : v + (static_cast<size_t>(position) * kv_heads + slot - heads - kv_heads) * kWidth;
    to[pair] = __float2half(low * cosine - high * sine);
    to[pair + 32] = __float2half(low * sine + high * cosine);
}

// y = silu(gate) * up of rows [gate | up].
__global__ void swiglu(int count, int width, const __half2* __restrict__ gate_up, __half2* __restrict__ y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const size_t base = static_cast<size_t>(i / (width / 2)) * width + i % (width / 2);
    const float2 gate = __half22float2(gate_up[base]), up = __half22float2(gate_up[base + width / 2]);
    y[i] = __floats2half2_rn(gate.x / (1.0f + __expf(-gate.x)) * up.x, gate.y / (1.0f + __expf(-gate.y)) * up.y);
}

// The host's side, rows of floats that are rounded to fp16 after each step.
namespace host {

using Matrix = std::vector<float>;

float rounded(float x) { return __half2float(__float2half(x)); }

Matrix linear(const Matrix& a, const Matrix& w, int m, int n, int k, const Matrix* residual = nullptr) {
    Matrix c(static_cast<size_t>(m) * n);
    for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
            double sums[4] = {};
            for (int l = 0; l < k; ++l)
                sums[l % 4] += static_cast<double>(a[static_cast<size_t>(i) * k + l]) * w[static_cast<size_t>(j) * k + l];
            const size_t place = static_cast<size_t>(i) * n + j;
            c[place] = rounded(static_cast<float>(sums[0] + sums[1] + sums[2] + sums[3] + (residual ? (*residual)[place] : 0.0f)));
        }
    return c;
}
Matrix rms_norm(const Matrix& x, const Matrix& gain, int width) {
    Matrix y(x.size());
    for (size_t row = 0; row < x.size(); row += width) {
        double squares = 0;
        for (int i = 0; i < width; ++i) squares += static_cast<double>(x[row + i]) * x[row + i];
        const double r = 1 / std::sqrt(squares / width + kEpsilon);
        for (int i = 0; i < width; ++i) y[row + i] = rounded(static_cast<float>(x[row + i] * r * gain[i]));
    }
    return y;
}

} // namespace host

int main(int argc, char** argv) {
    workload::Run run("transformer_block", argc, argv);
    const int length = run.pick(48, 128, 1024, 2048), heads = run.pick(2, 4, 16, 16), kv_heads = run.pick(1, 2, 4, 8),
              width = heads * kWidth, inner = run.pick(192, 512, 2816, 4096);
    const int slots = heads + 2 * kv_heads, group = heads / kv_heads;
    const auto random_half = [&](size_t n, float range) {
        std::vector<__half> values(n);
        for (auto& x : values) x = __float2half(run.random().uniform(-range, range));
        return values;
    };
    const float range = std::sqrt(3.0f / static_cast<float>(width));
    const auto x = random_half(static_cast<size_t>(length) * width, 2), gain1 = random_half(width, 1.5f), gain2 = random_half(width, 1.5f);
    const auto w_qkv = random_half(static_cast<size_t>(slots) * kWidth * width, range),
               w_out = random_half(static_cast<size_t>(width) * width, range);
    const auto w_gate_up = random_half(static_cast<size_t>(2) * inner * width, range),
               w_down = random_half(static_cast<size_t>(width) * inner, std::sqrt(3.0f / static_cast<float>(inner)));

    using Array = workload::DeviceArray<__half>;
    Array x_d(x), gain1_d(gain1), gain2_d(gain2), w_qkv_d(w_qkv), w_out_d(w_out), w_gate_up_d(w_gate_up), w_down_d(w_down);
    Array normal_d(x.size()), qkv_d(static_cast<size_t>(length) * slots * kWidth), q_d(x.size()),
        k_d(static_cast<size_t>(length) * kv_heads * kWidth), v_d(k_d.size()), attended_d(x.size()), h_d(x.size());
    Array gate_up_d(static_cast<size_t>(length) * 2 * inner), inner_d(static_cast<size_t>(length) * inner), y_d(x.size());
    workload::DeviceArray<float> lse_d(static_cast<size_t>(length) * heads);
    const auto multiply = [&](int n, int k, const Array& a, const Array& w, const __half* residual, Array& c) {
        linear<<<dim3(workload::ceil_div(n, 64), workload::ceil_div(length, 64)), Gemm::kThreads>>>(length, n, k, a, w, residual, c);
    };
    const auto normalise = [&](const Array& in, const Array& gain, Array& out) {
        rms_norm<<<length, 128>>>(width, reinterpret_cast<const __half2*>(in.get()), reinterpret_cast<const __half2*>(gain.get()),
                                  reinterpret_cast<__half2*>(out.get()));
    };
    run.launch("block", [&] {
        normalise(x_d, gain1_d, normal_d);
        multiply(slots * kWidth, width, normal_d, w_qkv_d, nullptr, qkv_d);
        split_and_rotate<<<workload::ceil_div(length * slots * 32, 128), 128>>>(length, heads, kv_heads, qkv_d, q_d, k_d, v_d);
        const dim3 grid(workload::ceil_div(length, dl::kFlashBlock), heads, 1);
        dl::flash<true><<<grid, dl::kFlashThreads>>>(length, heads, group, 0.125f * 1.44269504f, q_d.get(), k_d.get(), v_d.get(),
                                                     attended_d.get(), lse_d.get());
        multiply(width, width, attended_d, w_out_d, x_d, h_d);
        normalise(h_d, gain2_d, normal_d);
        multiply(2 * inner, width, normal_d, w_gate_up_d, nullptr, gate_up_d);
        swiglu<<<workload::ceil_div(length * inner / 2, 128), 128>>>(
            length * inner / 2, inner, reinterpret_cast<const __half2*>(gate_up_d.get()), reinterpret_cast<__half2*>(inner_d.get()));
        multiply(width, inner, inner_d, w_down_d, h_d, y_d);
    });

    // The last rows only at the larger sizes: their queries see every key, so keys and values are needed of all rows.
    const int first = run.full_check() ? 0 : length - 2, rows = length - first;
    const auto fx = dl::to_floats(x);
    const auto normal = host::rms_norm(fx, dl::to_floats(gain1), width);
    const host::Matrix x_rows(fx.begin() + static_cast<long>(first) * width, fx.end());
    std::vector<float> q(static_cast<size_t>(length) * width), k(k_d.size()), v(v_d.size());
    const auto w_qkv_f = dl::to_floats(w_qkv);
    const auto project = [&](int slot, int count, int from) { // `count` heads from a slot on, of the rows from `from` on
        const host::Matrix in(normal.begin() + static_cast<long>(from) * width, normal.end());
        const host::Matrix w(w_qkv_f.begin() + static_cast<long>(slot) * kWidth * width,
                             w_qkv_f.begin() + static_cast<long>(slot + count) * kWidth * width);
        return host::linear(in, w, length - from, count * kWidth, width);
    };
    const auto rotate = [&](host::Matrix m, int count, int from) {
        for (size_t i = 0; i < m.size(); i += kWidth) {
            const int position = from + static_cast<int>(i / kWidth / count);
            for (int pair = 0; pair < 32; ++pair) {
                const double angle = position * std::exp2(-static_cast<double>(kLog2Base) * pair / 32), low = m[i + pair],
                             high = m[i + pair + 32];
                m[i + pair] = host::rounded(static_cast<float>(low * std::cos(angle) - high * std::sin(angle)));
                m[i + pair + 32] = host::rounded(static_cast<float>(low * std::sin(angle) + high * std::cos(angle)));
            }
        }
        return m;
    };
    q = rotate(project(0, heads, first), heads, first);
    k = rotate(project(heads, kv_heads, 0), kv_heads, 0);
    v = project(heads + kv_heads, kv_heads, 0);
    host::Matrix attended;
    for (int row = 0; row < rows; ++row)
        for (int head = 0; head < heads; ++head) {
            const auto row_of = [&](const std::vector<float>& tensor) {
                return [&](int j) { return tensor.data() + (static_cast<size_t>(j) * kv_heads + head / group) * kWidth; };
            };
            for (const double value : dl::attend(q.data() + (static_cast<size_t>(row) * heads + head) * kWidth, kWidth, first + row + 1,
                                                 0.125, row_of(k), row_of(v)))
                attended.push_back(host::rounded(static_cast<float>(value)));
        }
    const auto h = host::linear(attended, dl::to_floats(w_out), rows, width, width, &x_rows);
    const auto gate_up = host::linear(host::rms_norm(h, dl::to_floats(gain2), width), dl::to_floats(w_gate_up), rows, 2 * inner, width);
    host::Matrix gated(static_cast<size_t>(rows) * inner);
    for (int row = 0; row < rows; ++row)
        for (int i = 0; i < inner; ++i) {
            const float gate = gate_up[static_cast<size_t>(row) * 2 * inner + i],
                        up = gate_up[static_cast<size_t>(row) * 2 * inner + inner + i];
            gated[static_cast<size_t>(row) * inner + i] = host::rounded(gate / (1 + std::exp(-gate)) * up);
        }
    const auto y = host::linear(gated, dl::to_floats(w_down), rows, width, inner, &h);
    const auto y_all = y_d.to_host();
    const std::vector<__half> y_rows(y_all.begin() + static_cast<long>(first) * width, y_all.end());
    // A sum that falls on the other side of a rounding point differs by 1/1024 of its size and is carried on.
    run.check_close("y", y_rows, y, {1e-2, 4e-3});
    return run.finish();
}
