// Batch normalisation of NCHW images in training: statistics over images and pixels of each channel with running averages, normalisation
// fused with ReLU, and backward with its two reductions; and the inference form, which folds everything into one multiply-add a channel.
// One CTA a channel for the reductions. Stresses: strided block reductions, MUFU.RSQ and SQRT, fused element-wise passes.
#include "common/workload.hpp"
#include "dl/reduce.cuh"

constexpr float kEpsilon = 1e-5f, kMomentum = 0.1f;
constexpr int kThreads = 256;

struct Shape {
    int n, c, pixels;
    __host__ __device__ size_t at(int image, int channel, int pixel) const {
        return (static_cast<size_t>(image) * c + channel) * pixels + pixel;
    }
};

// Sum and sum of squares are taken about the channel's first element, which keeps cancellation small.
__global__ void __launch_bounds__(kThreads) statistics(Shape v, const float* __restrict__ x, float* __restrict__ mean,
                                                       float* __restrict__ rstd, float* running_mean, float* running_var) {
    const int channel = blockIdx.x, count = v.n * v.pixels;
    const float pivot = x[v.at(0, channel, 0)];
    float sum = 0, squares = 0;
    for (int i = threadIdx.x; i < count; i += kThreads) {
        const float d = x[v.at(i / v.pixels, channel, i % v.pixels)] - pivot;
        sum += d;
        squares = fmaf(d, d, squares);
    }
    sum = dl::block_reduce<dl::Sum, kThreads>(sum);
    squares = dl::block_reduce<dl::Sum, kThreads>(squares);
    if (threadIdx.x != 0) return;
    const float shift = sum / count, variance = fmaxf(squares / count - shift * shift, 0.0f);
    mean[channel] = pivot + shift;
    rstd[channel] = 1.0f / sqrtf(variance + kEpsilon);
    running_mean[channel] = (1 - kMomentum) * running_mean[channel] + kMomentum * (pivot + shift);
    running_var[channel] = (1 - kMomentum) * running_var[channel] + kMomentum * variance * count / (count - 1);
}

// y = relu((x - mean) * rstd * gain + bias). Grid: (pixel blocks, channels, images).
__global__ void normalise_relu(Shape v, const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ rstd,
                               const float* __restrict__ gain, const float* __restrict__ bias, float* __restrict__ y) {
    const int pixel = blockIdx.x * blockDim.x + threadIdx.x, channel = blockIdx.y;
    if (pixel >= v.pixels) return;
    const float scale = rstd[channel] * gain[channel], shift = bias[channel] - mean[channel] * scale;
    const size_t i = v.at(blockIdx.z, channel, pixel);
    y[i] = fmaxf(fmaf(x[i], scale, shift), 0.0f);
}

// Gradients of gain and bias; the gradient through ReLU is masked by y > 0.
__global__ void __launch_bounds__(kThreads)
    backward_reduce(Shape v, const float* __restrict__ x, const float* __restrict__ y, const float* __restrict__ dy,
                    const float* __restrict__ mean, const float* __restrict__ rstd, float* __restrict__ dgain, float* __restrict__ dbias) {
    const int channel = blockIdx.x;
    const float m = mean[channel], r = rstd[channel];
    float sum = 0, dot = 0;
    for (int image = 0; image < v.n; ++image)
        for (int pixel = threadIdx.x; pixel < v.pixels; pixel += kThreads) {
            const size_t i = v.at(image, channel, pixel);
            const float g = y[i] > 0 ? dy[i] : 0.0f;
            sum += g;
            dot = fmaf(g, (x[i] - m) * r, dot);
        }
    sum = dl::block_reduce<dl::Sum, kThreads>(sum);
    dot = dl::block_reduce<dl::Sum, kThreads>(dot);
    if (threadIdx.x == 0) dgain[channel] = dot, dbias[channel] = sum;
}
__global__ void backward_input(Shape v, const float* __restrict__ x, const float* __restrict__ y, const float* __restrict__ dy,
                               const float* __restrict__ mean, const float* __restrict__ rstd, const float* __restrict__ gain,
                               const float* __restrict__ dgain, const float* __restrict__ dbias, float* __restrict__ dx) {
    const int pixel = blockIdx.x * blockDim.x + threadIdx.x, channel = blockIdx.y;
    if (pixel >= v.pixels) return;
    const size_t i = v.at(blockIdx.z, channel, pixel);
    const float inverse_count = 1.0f / (v.n * v.pixels), normal = (x[i] - mean[channel]) * rstd[channel], g = y[i] > 0 ? dy[i] : 0.0f;
    dx[i] = gain[channel] * rstd[channel] * (g - inverse_count * (dbias[channel] + normal * dgain[channel]));
}

int main(int argc, char** argv) {
    workload::Run run("batch_norm", argc, argv);
    const Shape v{run.pick(2, 4, 32, 64), run.pick(6, 24, 128, 256), run.pick(121, 400, 784, 784)};
    const size_t count = static_cast<size_t>(v.n) * v.c * v.pixels;
    const int samples = v.n * v.pixels;
    const auto x = run.random().uniform_vector<float>(count, -1, 3), dy = run.random().uniform_vector<float>(count, -1, 1);
    const auto gain = run.random().uniform_vector<float>(v.c, 0.5f, 1.5f), bias = run.random().uniform_vector<float>(v.c, -1, 1);
    const std::vector<float> running_mean(v.c, 0.5f), running_var(v.c, 1.0f);

    workload::DeviceArray<float> x_d(x), dy_d(dy), gain_d(gain), bias_d(bias), y_d(count), dx_d(count), mean_d(v.c), rstd_d(v.c),
        running_mean_d(v.c), running_var_d(v.c), dgain_d(v.c), dbias_d(v.c);
    const dim3 grid(workload::ceil_div(v.pixels, 128), v.c, v.n);
    run.launch("forward", [&] {
        running_mean_d.upload(running_mean);
        running_var_d.upload(running_var);
        statistics<<<v.c, kThreads>>>(v, x_d, mean_d, rstd_d, running_mean_d, running_var_d);
        normalise_relu<<<grid, 128>>>(v, x_d, mean_d, rstd_d, gain_d, bias_d, y_d);
    });
    run.launch("backward", [&] {
        backward_reduce<<<v.c, kThreads>>>(v, x_d, y_d, dy_d, mean_d, rstd_d, dgain_d, dbias_d);
        backward_input<<<grid, 128>>>(v, x_d, y_d, dy_d, mean_d, rstd_d, gain_d, dgain_d, dbias_d, dx_d);
    });

    // The host uses the device's y for the ReLU mask, which for values next to zero depends on rounding.
    const auto y_device = y_d.to_host();
    std::vector<double> y(count), dx(count), mean(v.c), rstd(v.c), new_mean(v.c), new_var(v.c), dgain(v.c), dbias(v.c);
    for (int c = 0; c < v.c; ++c) {
        double m = 0, variance = 0;
        const auto each = [&](auto&& body) {
            for (int n = 0; n < v.n; ++n)
                for (int pixel = 0; pixel < v.pixels; ++pixel) body(v.at(n, c, pixel));
        };
        each([&](size_t i) { m += x[i]; });
        m /= samples;
        each([&](size_t i) { variance += (x[i] - m) * (x[i] - m); });
        variance /= samples;
        const double r = 1 / std::sqrt(variance + kEpsilon);
        double sum = 0, dot = 0;
        each([&](size_t i) {
            y[i] = std::max((x[i] - m) * r * gain[c] + bias[c], 0.0);
            if (y_device[i] > 0) sum += dy[i], dot += dy[i] * (x[i] - m) * r;
        });
        each([&](size_t i) { dx[i] = gain[c] * r * ((y_device[i] > 0 ? dy[i] : 0.0f) - (sum + (x[i] - m) * r * dot) / samples); });
        mean[c] = m, rstd[c] = r, dgain[c] = dot, dbias[c] = sum;
        new_mean[c] = 0.9 * 0.5 + 0.1 * m, new_var[c] = 0.9 + 0.1 * variance * samples / (samples - 1);
    }
    run.check_close("mean", mean_d.to_host(), mean, {2e-6, 2e-6});
    run.check_close("rstd", rstd_d.to_host(), rstd, {2e-6, 5e-6});
    run.check_close("running mean", running_mean_d.to_host(), new_mean, {2e-6, 2e-6});
    run.check_close("running var", running_var_d.to_host(), new_var, {5e-6, 5e-6});
    run.check_close("y", y_device, y, {1e-5, 5e-6});
    run.check_close("dgain", dgain_d.to_host(), dgain, {samples * 1e-7 + 1e-5, 1e-5});
    run.check_close("dbias", dbias_d.to_host(), dbias, {samples * 1e-7 + 1e-5, 1e-5});
    run.check_close("dx", dx_d.to_host(), dx, {1e-5, 1e-5});

    // Inference with the running statistics: the same element-wise kernel, given a reciprocal deviation made on the host.
    std::vector<float> folded(v.c);
    const auto var = running_var_d.to_host(), avg = running_mean_d.to_host();
    for (int c = 0; c < v.c; ++c) folded[c] = 1.0f / std::sqrt(var[c] + kEpsilon);
    workload::DeviceArray<float> folded_d(folded);
    run.launch("inference", [&] { normalise_relu<<<grid, 128>>>(v, x_d, running_mean_d, folded_d, gain_d, bias_d, y_d); });
    for (size_t i = 0; i < count; ++i) {
        const int c = static_cast<int>(i / v.pixels % v.c);
        y[i] = std::max((static_cast<double>(x[i]) - avg[c]) * folded[c] * gain[c] + bias[c], 0.0);
    }
    run.check_close("inference y", y_d.to_host(), y, {1e-5, 5e-6});
    return run.finish();
}
