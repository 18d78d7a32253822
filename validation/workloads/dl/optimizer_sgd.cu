// Stochastic gradient descent with Nesterov momentum and weight decay over many tensors of odd sizes in one launch: the table of pointers
// and sizes is a kernel argument, a CTA finds its chunk in it. With and without 16-byte alignment. Stresses: indexed constant-bank
// parameters (LDC), unaligned heads and tails, streaming bandwidth.
#include "common/workload.hpp"

constexpr int kMaxTensors = 24, kChunk = 2048, kThreads = 128;

struct Tensors {
    float* weight[kMaxTensors];
    const float* gradient[kMaxTensors];
    float* velocity[kMaxTensors];
    int size[kMaxTensors];
    int first_chunk[kMaxTensors + 1];
};

struct Step {
    float rate, momentum, decay;
};

__device__ __forceinline__ void update(const Step& step, float& weight, float gradient, float& velocity) {
    const float g = fmaf(step.decay, weight, gradient);
    velocity = fmaf(step.momentum, velocity, g);
    weight = fmaf(-step.rate, fmaf(step.momentum, velocity, g), weight);
}

// One CTA a chunk of at most kChunk elements of one tensor.
__global__ void __launch_bounds__(kThreads) sgd(const __grid_constant__ Tensors tensors, Step step) {
    int t = 0;
    while (static_cast<int>(blockIdx.x) >= tensors.first_chunk[t + 1]) ++t;
    const int begin = (blockIdx.x - tensors.first_chunk[t]) * kChunk, end = min(begin + kChunk, tensors.size[t]);
    float *weight = tensors.weight[t], *velocity = tensors.velocity[t];
    const float* gradient = tensors.gradient[t];
    const bool aligned =
        ((reinterpret_cast<size_t>(weight) | reinterpret_cast<size_t>(velocity) | reinterpret_cast<size_t>(gradient)) & 15) == 0;
    int i = begin + threadIdx.x;
    if (aligned) {
        for (int v = begin / 4 + threadIdx.x; v < end / 4; v += kThreads) {
            float4 w = reinterpret_cast<float4*>(weight)[v], m = reinterpret_cast<float4*>(velocity)[v];
            const float4 g = __ldcs(reinterpret_cast<const float4*>(gradient) + v);
            update(step, w.x, g.x, m.x);
            update(step, w.y, g.y, m.y);
            update(step, w.z, g.z, m.z);
            update(step, w.w, g.w, m.w);
            reinterpret_cast<float4*>(weight)[v] = w;
            reinterpret_cast<float4*>(velocity)[v] = m;
        }
        i = end / 4 * 4 + threadIdx.x;
    }
    for (; i < end; i += kThreads) {
        float w = weight[i], m = velocity[i];
        update(step, w, gradient[i], m);
        weight[i] = w;
        velocity[i] = m;
    }
}

int main(int argc, char** argv) {
    workload::Run run("optimizer_sgd", argc, argv);
    const int count = run.pick(9, 24, 24, 24), largest = run.pick(5000, 40000, 400'000, 2'000'000), steps = 3;
    const Step step{0.01f, 0.9f, 1e-4f};
    Tensors tensors{};
    std::vector<int> offsets;
    int total = 0;
    for (int t = 0; t < count; ++t) { // every third tensor is misaligned
        tensors.size[t] = 1 + static_cast<int>(run.random().below(largest));
        tensors.first_chunk[t + 1] = tensors.first_chunk[t] + workload::ceil_div(tensors.size[t], kChunk);
        total = workload::ceil_div(total, 4) * 4 + (t % 3 == 2 ? 1 : 0);
        offsets.push_back(total);
        total += tensors.size[t];
    }
    auto weight = run.random().uniform_vector<float>(total, -1, 1), gradient = run.random().uniform_vector<float>(total, -1, 1);
    std::vector<float> velocity(total, 0.0f);
    workload::DeviceArray<float> weight_d(total), gradient_d(gradient), velocity_d(total);
    for (int t = 0; t < count; ++t) {
        tensors.weight[t] = weight_d.get() + offsets[t];
        tensors.gradient[t] = gradient_d.get() + offsets[t];
        tensors.velocity[t] = velocity_d.get() + offsets[t];
    }
    run.launch("sgd", [&] {
        weight_d.upload(weight);
        velocity_d.upload(velocity);
        for (int s = 0; s < steps; ++s) sgd<<<tensors.first_chunk[count], kThreads>>>(tensors, step);
    });
    for (int t = 0; t < count; ++t)
        for (int i = offsets[t]; i < offsets[t] + tensors.size[t]; ++i)
            for (int s = 0; s < steps; ++s) {
                const float g = std::fmaf(step.decay, weight[i], gradient[i]);
                velocity[i] = std::fmaf(step.momentum, velocity[i], g);
                weight[i] = std::fmaf(-step.rate, std::fmaf(step.momentum, velocity[i], g), weight[i]);
            }
    run.check_equal("weight", weight_d.to_host(), weight);
    run.check_equal("velocity", velocity_d.to_host(), velocity);
    return run.finish();
}
