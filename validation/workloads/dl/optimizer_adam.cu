// AdamW with clipping of the global gradient norm and mixed precision: the squared norm of bf16 gradients in two stages, then one pass that
// updates fp32 master weights and both moments and writes the bf16 weights of the next forward pass. Divisions and square roots are IEEE in
// one variant and fast in the other. Stresses: MUFU.RSQ and RCP with their refinements, reductions, mixed bf16 and fp32 streams.
#include "common/workload.hpp"
#include "dl/reduce.cuh"
#include "dl/reference.hpp"

#include <cuda_bf16.h>

struct Step {
    float rate, beta1, beta2, epsilon, decay, correction1, correction2, max_norm;
};

__global__ void __launch_bounds__(256) squares(int n, const __nv_bfloat162* __restrict__ gradient, float* __restrict__ parts) {
    float sum = 0;
    for (int i = blockIdx.x * 256 + threadIdx.x; i < n / 2; i += gridDim.x * 256) {
        const float2 g = __bfloat1622float2(gradient[i]);
        sum = fmaf(g.x, g.x, fmaf(g.y, g.y, sum));
    }
    sum = dl::block_reduce<dl::Sum, 256>(sum);
    if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}
// *scale = min(1, max_norm / norm). One CTA.
__global__ void __launch_bounds__(256) clip(int parts, float max_norm, const float* __restrict__ part, float* __restrict__ scale) {
    float sum = 0;
    for (int i = threadIdx.x; i < parts; i += 256) sum += part[i];
    sum = dl::block_reduce<dl::Sum, 256>(sum);
    if (threadIdx.x == 0) *scale = fminf(1.0f, max_norm / (sqrtf(sum) + 1e-6f));
}

// Two elements a thread. Requires: n even.
template <bool kFast>
__global__ void adamw(int n, Step step, const float* __restrict__ clip_scale, const __nv_bfloat162* __restrict__ gradient, float2* master,
                      float2* first, float2* second, __nv_bfloat162* __restrict__ weight) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n / 2) return;
    const float scale = __ldg(clip_scale);
    const float2 g2 = __bfloat1622float2(gradient[i]);
    float2 w2 = master[i], m2 = first[i], v2 = second[i];
    const auto update = [&](float g, float& w, float& m, float& v) {
        g *= scale;
        m = step.beta1 * m + (1 - step.beta1) * g;
        v = step.beta2 * v + (1 - step.beta2) * g * g;
        const float mean = m * step.correction1, variance = v * step.correction2;
        const float change = kFast ? __fdividef(mean, __fsqrt_rn(variance) + step.epsilon) : mean / (sqrtf(variance) + step.epsilon);
        w -= step.rate * (change + step.decay * w);
    };
    update(g2.x, w2.x, m2.x, v2.x);
    update(g2.y, w2.y, m2.y, v2.y);
    master[i] = w2, first[i] = m2, second[i] = v2;
    weight[i] = __floats2bfloat162_rn(w2.x, w2.y);
}

int main(int argc, char** argv) {
    workload::Run run("optimizer_adam", argc, argv);
    const int n = run.pick(6000, 100'000, 4'000'000, 32'000'000), steps = 3, parts = std::min(workload::ceil_div(n / 2, 256), 264);
    const auto master = run.random().uniform_vector<float>(n, -1, 1);
    std::vector<__nv_bfloat16> gradient(n);
    for (auto& g : gradient) g = __float2bfloat16(run.random().uniform(-0.1f, 0.1f));
    workload::DeviceArray<__nv_bfloat16> gradient_d(gradient), weight_d(n);
    workload::DeviceArray<float> master_d(n), first_d(n), second_d(n), parts_d(parts), scale_d(1);
    const auto step_at = [](int t) {
        Step step{1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 0, 0, 1.0f};
        step.correction1 = static_cast<float>(1 / (1 - std::pow(0.9, t)));
        step.correction2 = static_cast<float>(1 / (1 - std::pow(0.999, t)));
        return step;
    };

    double sum = 0;
    for (const auto g : gradient) sum += workload::to_double(g) * workload::to_double(g);
    const double scale = std::min(1.0, 1.0 / (std::sqrt(sum) + 1e-6));
    std::vector<double> w(master.begin(), master.end()), m(n, 0.0), v(n, 0.0);
    for (int t = 1; t <= steps; ++t) {
        const Step s = step_at(t);
        for (int i = 0; i < n; ++i) {
            const double g = workload::to_double(gradient[i]) * scale;
            m[i] = s.beta1 * m[i] + (1 - s.beta1) * g;
            v[i] = s.beta2 * v[i] + (1 - s.beta2) * g * g;
            w[i] -= s.rate * (m[i] * s.correction1 / (std::sqrt(v[i] * s.correction2) + s.epsilon) + s.decay * w[i]);
        }
    }
    for (const bool fast : {false, true}) {
        const std::string label = fast ? "fast" : "exact";
        run.launch(label.c_str(), [&] {
            master_d.upload(master);
            first_d.fill_bytes(0);
            second_d.fill_bytes(0);
            const auto* g = reinterpret_cast<const __nv_bfloat162*>(gradient_d.get());
            auto *out_w = reinterpret_cast<float2*>(master_d.get()), *out_m = reinterpret_cast<float2*>(first_d.get()),
                 *out_v = reinterpret_cast<float2*>(second_d.get());
            auto* out_half = reinterpret_cast<__nv_bfloat162*>(weight_d.get());
            squares<<<parts, 256>>>(n, g, parts_d);
            clip<<<1, 256>>>(parts, 1.0f, parts_d, scale_d);
            for (int t = 1; t <= steps; ++t) {
                const int grid = workload::ceil_div(n / 2, 256);
                if (fast) adamw<true><<<grid, 256>>>(n, step_at(t), scale_d, g, out_w, out_m, out_v, out_half);
                else adamw<false><<<grid, 256>>>(n, step_at(t), scale_d, g, out_w, out_m, out_v, out_half);
            }
        });
        const auto w_d = master_d.to_host();
        run.check_close("clip", scale_d.to_host()[0], scale, {0, 1e-5});
        run.check_close((label + " weights").c_str(), w_d, w, {1e-6, 1e-6});
        run.check_close((label + " first moment").c_str(), first_d.to_host(), m, {1e-9, 2e-5});
        run.check_close((label + " second moment").c_str(), second_d.to_host(), v, {1e-13, 4e-5});
        std::vector<__nv_bfloat16> rounded(n);
        for (int i = 0; i < n; ++i) rounded[i] = __float2bfloat16(w_d[i]);
        run.check_equal((label + " bf16 weights").c_str(), weight_d.to_host(), rounded);
    }
    return run.finish();
}
