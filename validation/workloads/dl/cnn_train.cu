// A whole small network trained for some steps on synthetic images, fp32: conv 3x3 + ReLU + max pooling, twice, two linear layers, softmax
// with cross-entropy, gradient descent. The loss must fall, and losses and weights must follow the host's reference. Stresses: a realistic
// sequence of some twenty different small kernels a step, launch overhead, dependent launches.
#include "common/workload.hpp"
#include "dl/cnn_reference.hpp"
#include "dl/reduce.cuh"

using dl::CnnShape;

// y = relu(conv(x) + bias), 3 x 3, padding 1, NCHW. One CTA of 128 a (filter, image): the filter in shared memory.
__global__ void __launch_bounds__(128) conv_relu(int channels, int size, const float* __restrict__ x, const float* __restrict__ weight,
                                                 const float* __restrict__ bias, float* __restrict__ y) {
    extern __shared__ float filter[];
    const int k = blockIdx.x, n = blockIdx.y, filters = gridDim.x;
    for (int i = threadIdx.x; i < channels * 9; i += 128) filter[i] = weight[k * channels * 9 + i];
    __syncthreads();
    const float* image = x + static_cast<size_t>(n) * channels * size * size;
    for (int i = threadIdx.x; i < size * size; i += 128) {
        const int p = i / size, q = i % size;
        float sum = bias[k];
        for (int c = 0; c < channels; ++c)
#pragma unroll
            for (int e = 0; e < 9; ++e) {
                const int h = p + e / 3 - 1, w = q + e % 3 - 1;
                if (h >= 0 && h < size && w >= 0 && w < size) sum = fmaf(image[(c * size + h) * size + w], filter[c * 9 + e], sum);
            }
        y[(static_cast<size_t>(n) * filters + k) * size * size + i] = fmaxf(sum, 0.0f);
    }
}

// 2 x 2 maximum with its place in the tensor y.
__global__ void pool(int count, int size, const float* __restrict__ y, float* __restrict__ p, int* __restrict__ where) {
    const int o = blockIdx.x * blockDim.x + threadIdx.x;
    if (o >= count) return;
    const int half = size / 2, first = o / (half * half) * size * size + o / half % half * 2 * size + o % half * 2;
    const float2 top = *reinterpret_cast<const float2*>(y + first), bottom = *reinterpret_cast<const float2*>(y + first + size);
    float best = top.x;
    int place = first;
    if (top.y > best) best = top.y, place = first + 1;
    if (bottom.x > best) best = bottom.x, place = first + size;
    if (bottom.y > best) best = bottom.y, place = first + size + 1;
    p[o] = best;
    where[o] = place;
}
// Through pooling and ReLU; dy is zeroed before.
__global__ void pool_relu_backward(int count, const float* __restrict__ dp, const float* __restrict__ p, const int* __restrict__ where,
                                   float* __restrict__ dy) {
    const int o = blockIdx.x * blockDim.x + threadIdx.x;
    if (o < count && p[o] > 0) dy[where[o]] = dp[o];
}

// C (rows x columns) = A * B (+ bias per column, ReLU), with strides so that transposed operands need no copy: a(i, l) = a[i * ai + l *
// al], b(l, j) = b[l * bl + j * bj]. 16 x 16 threads.
__global__ void __launch_bounds__(256)
    product(int rows, int columns, int depth, const float* __restrict__ a, int ai, int al, const float* __restrict__ b, int bl, int bj,
            const float* __restrict__ bias, bool relu, float* __restrict__ c) {
    __shared__ float tile_a[16][17];
    __shared__ float tile_b[16][17];
    const int tx = threadIdx.x, ty = threadIdx.y, i = blockIdx.y * 16 + ty, j = blockIdx.x * 16 + tx;
    float sum = bias && j < columns ? bias[j] : 0.0f;
    for (int l0 = 0; l0 < depth; l0 += 16) {
        tile_a[ty][tx] = i < rows && l0 + tx < depth ? a[static_cast<size_t>(i) * ai + static_cast<size_t>(l0 + tx) * al] : 0.0f;
        tile_b[ty][tx] = l0 + ty < depth && j < columns ? b[static_cast<size_t>(l0 + ty) * bl + static_cast<size_t>(j) * bj] : 0.0f;
        __syncthreads();
#pragma unroll
        for (int l = 0; l < 16; ++l) sum = fmaf(tile_a[ty][l], tile_b[l][tx], sum);
        __syncthreads();
    }
    if (i < rows && j < columns) c[static_cast<size_t>(i) * columns + j] = relu ? fmaxf(sum, 0.0f) : sum;
}

// Turns scores into their gradient and adds the mean loss to *loss. One thread an image; few classes.
__global__ void softmax_loss(int batch, int classes, const int* __restrict__ labels, float* scores, float* loss) {
    const int n = blockIdx.x * blockDim.x + threadIdx.x;
    float own = 0;
    if (n < batch) {
        float* row = scores + static_cast<size_t>(n) * classes;
        float largest = row[0], sum = 0;
        for (int c = 1; c < classes; ++c) largest = fmaxf(largest, row[c]);
        for (int c = 0; c < classes; ++c) sum += expf(row[c] - largest);
        own = (largest + logf(sum) - row[labels[n]]) / batch;
        for (int c = 0; c < classes; ++c) row[c] = (expf(row[c] - largest) / sum - (c == labels[n] ? 1.0f : 0.0f)) / batch;
    }
    own = dl::warp_reduce<dl::Sum>(own);
    if (threadIdx.x % 32 == 0) atomicAdd(loss, own);
}

// sums[j] = sum of the rows of column j of m; one warp a column.
__global__ void column_sums(int rows, int columns, const float* __restrict__ m, float* __restrict__ sums) {
    const int j = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (j >= columns) return;
    float sum = 0;
    for (int i = threadIdx.x % 32; i < rows; i += 32) sum += m[static_cast<size_t>(i) * columns + j];
    sum = dl::warp_reduce<dl::Sum>(sum);
    if (threadIdx.x % 32 == 0) sums[j] = sum;
}
__global__ void mask_by(int count, const float* __restrict__ y, float* dy) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count && y[i] <= 0) dy[i] = 0;
}

// Gradient of the input, one thread an element; of nine window places those inside the image.
__global__ void conv_dgrad(int count, int channels, int filters, int size, const float* __restrict__ dy, const float* __restrict__ weight,
                           float* __restrict__ dx) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const int w = i % size, h = i / size % size, c = i / (size * size) % channels, n = i / (size * size * channels);
    float sum = 0;
    for (int k = 0; k < filters; ++k)
#pragma unroll
        for (int e = 0; e < 9; ++e) {
            const int p = h + 1 - e / 3, q = w + 1 - e % 3;
            if (p >= 0 && p < size && q >= 0 && q < size)
                sum = fmaf(dy[((static_cast<size_t>(n) * filters + k) * size + p) * size + q], weight[(k * channels + c) * 9 + e], sum);
        }
    dx[i] = sum;
}
// Gradients of filter and bias. One CTA of 128 a (filter, channel).
__global__ void __launch_bounds__(128) conv_wgrad(int batch, int size, const float* __restrict__ x, const float* __restrict__ dy,
                                                  float* __restrict__ dweight, float* __restrict__ dbias) {
    const int k = blockIdx.x, c = blockIdx.y, filters = gridDim.x, channels = gridDim.y;
    float sums[9] = {}, bias = 0;
    for (int i = threadIdx.x; i < batch * size * size; i += 128) {
        const int q = i % size, p = i / size % size, n = i / (size * size);
        const float d = dy[((static_cast<size_t>(n) * filters + k) * size + p) * size + q];
        bias += d;
#pragma unroll
        for (int e = 0; e < 9; ++e) {
            const int h = p + e / 3 - 1, w = q + e % 3 - 1;
            if (h >= 0 && h < size && w >= 0 && w < size)
                sums[e] = fmaf(d, x[((static_cast<size_t>(n) * channels + c) * size + h) * size + w], sums[e]);
        }
    }
#pragma unroll
    for (int e = 0; e < 9; ++e) {
        const float sum = dl::block_reduce<dl::Sum, 128>(sums[e]);
        if (threadIdx.x == 0) dweight[(k * channels + c) * 9 + e] = sum;
    }
    bias = dl::block_reduce<dl::Sum, 128>(bias);
    if (threadIdx.x == 0 && c == 0) dbias[k] = bias;
}

__global__ void descend(int count, float rate, const float* __restrict__ gradient, float* weight) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) weight[i] = fmaf(-rate, gradient[i], weight[i]);
}

// The device's side of training: buffers and one step.
class Trainer {
  public:
    Trainer(const CnnShape& shape, const std::vector<float>& images, const std::vector<int>& labels)
        : v_(shape), at_(shape), x_(images), y1_(plane(v_.c1, v_.size)), p1_(plane(v_.c1, v_.half())), y2_(plane(v_.c2, v_.half())),
          p2_(plane(v_.c2, v_.quarter())), hidden_(size_t(v_.batch) * v_.hidden), scores_(size_t(v_.batch) * v_.classes), d_y1_(y1_.size()),
          d_p1_(p1_.size()), d_y2_(y2_.size()), d_p2_(p2_.size()), d_hidden_(hidden_.size()), weights(at_.count), gradient_(at_.count),
          labels_(labels), where1_(p1_.size()), where2_(p2_.size()) {}

    // Adds the mean loss before the step to *loss.
    void step(float rate, float* loss) {
        const int s = v_.size, h = v_.half(), f = v_.features();
        float *w = weights, *g = gradient_;
        conv_relu<<<dim3(v_.c1, v_.batch), 128, 9 * sizeof(float)>>>(1, s, x_, w + at_.conv1, w + at_.bias1, y1_);
        pool<<<blocks(p1_), 128>>>(int(p1_.size()), s, y1_, p1_, where1_);
        conv_relu<<<dim3(v_.c2, v_.batch), 128, v_.c1 * 9 * sizeof(float)>>>(v_.c1, h, p1_, w + at_.conv2, w + at_.bias2, y2_);
        pool<<<blocks(p2_), 128>>>(int(p2_.size()), h, y2_, p2_, where2_);
        multiply(v_.batch, v_.hidden, f, p2_, f, 1, w + at_.linear1, 1, f, w + at_.bias3, true, hidden_);
        multiply(v_.batch, v_.classes, v_.hidden, hidden_, v_.hidden, 1, w + at_.linear2, 1, v_.hidden, w + at_.bias4, false, scores_);
        softmax_loss<<<workload::ceil_div(v_.batch, 64), 64>>>(v_.batch, v_.classes, labels_, scores_, loss);

        multiply(v_.classes, v_.hidden, v_.batch, scores_, 1, v_.classes, hidden_, v_.hidden, 1, nullptr, false, g + at_.linear2);
        column_sums<<<workload::ceil_div(v_.classes, 4), 128>>>(v_.batch, v_.classes, scores_, g + at_.bias4);
        multiply(v_.batch, v_.hidden, v_.classes, scores_, v_.classes, 1, w + at_.linear2, v_.hidden, 1, nullptr, false, d_hidden_);
        mask_by<<<blocks(hidden_), 128>>>(int(hidden_.size()), hidden_, d_hidden_);
        multiply(v_.hidden, f, v_.batch, d_hidden_, 1, v_.hidden, p2_, f, 1, nullptr, false, g + at_.linear1);
        column_sums<<<workload::ceil_div(v_.hidden, 4), 128>>>(v_.batch, v_.hidden, d_hidden_, g + at_.bias3);
        multiply(v_.batch, f, v_.hidden, d_hidden_, v_.hidden, 1, w + at_.linear1, f, 1, nullptr, false, d_p2_);
        CUDA_CHECK(cudaMemsetAsync(d_y2_, 0, d_y2_.bytes(), nullptr));
        pool_relu_backward<<<blocks(p2_), 128>>>(int(p2_.size()), d_p2_, p2_, where2_, d_y2_);
        conv_wgrad<<<dim3(v_.c2, v_.c1), 128>>>(v_.batch, h, p1_, d_y2_, g + at_.conv2, g + at_.bias2);
        conv_dgrad<<<blocks(p1_), 128>>>(int(p1_.size()), v_.c1, v_.c2, h, d_y2_, w + at_.conv2, d_p1_);
        CUDA_CHECK(cudaMemsetAsync(d_y1_, 0, d_y1_.bytes(), nullptr));
        pool_relu_backward<<<blocks(p1_), 128>>>(int(p1_.size()), d_p1_, p1_, where1_, d_y1_);
        conv_wgrad<<<dim3(v_.c1, 1), 128>>>(v_.batch, s, x_, d_y1_, g + at_.conv1, g + at_.bias1);
        descend<<<workload::ceil_div(at_.count, 128), 128>>>(at_.count, rate, gradient_, weights);
    }

  private:
    using Array = workload::DeviceArray<float>;
    size_t plane(int channels, int size) const { return size_t(v_.batch) * channels * size * size; }
    static int blocks(const Array& array) { return workload::ceil_div(int(array.size()), 128); }
    static void multiply(int rows, int columns, int depth, const float* a, int ai, int al, const float* b, int bl, int bj,
                         const float* bias, bool relu, float* c) {
        const dim3 grid(workload::ceil_div(columns, 16), workload::ceil_div(rows, 16)), block(16, 16);
        product<<<grid, block>>>(rows, columns, depth, a, ai, al, b, bl, bj, bias, relu, c);
    }

    CnnShape v_;
    dl::CnnWeights at_;
    Array x_, y1_, p1_, y2_, p2_, hidden_, scores_, d_y1_, d_p1_, d_y2_, d_p2_, d_hidden_;

  public:
    Array weights;

  private:
    Array gradient_;
    workload::DeviceArray<int> labels_, where1_, where2_;
};

int main(int argc, char** argv) {
    workload::Run run("cnn_train", argc, argv);
    const CnnShape v{run.pick(8, 16, 128, 512), run.pick(12, 16, 32, 32),   run.pick(4, 8, 16, 16),
                     run.pick(8, 16, 32, 32),   run.pick(32, 64, 128, 256), 10};
    const int steps = run.pick(3, 6, 6, 6), host_steps = run.pick(steps, steps, 1, 1);
    const float rate = 0.05f;

    // A bright square whose place tells the class, on noise.
    std::vector<int> labels(v.batch);
    std::vector<float> images = run.random().uniform_vector<float>(static_cast<size_t>(v.batch) * v.size * v.size, 0.0f, 0.3f);
    for (int n = 0; n < v.batch; ++n) {
        labels[n] = static_cast<int>(run.random().below(v.classes));
        const int row = labels[n] / 4 * (v.size / 4), column = labels[n] % 4 * (v.size / 4);
        for (int i = 0; i < v.size / 4; ++i)
            for (int j = 0; j < v.size / 4; ++j) images[(static_cast<size_t>(n) * v.size + row + i) * v.size + column + j] += 1.0f;
    }
    const dl::CnnWeights at(v);
    std::vector<float> weights(at.count, 0.0f);
    const auto initialise = [&](int place, int count, int inputs) { // He's variance
        const float range = std::sqrt(6.0f / static_cast<float>(inputs));
        for (int i = 0; i < count; ++i) weights[place + i] = run.random().uniform(-range, range);
    };
    initialise(at.conv1, v.c1 * 9, 9);
    initialise(at.conv2, v.c2 * v.c1 * 9, v.c1 * 9);
    initialise(at.linear1, v.hidden * v.features(), v.features());
    initialise(at.linear2, v.classes * v.hidden, v.hidden);

    Trainer trainer(v, images, labels);
    workload::DeviceArray<float> losses_d(steps), after_host_steps(at.count);
    run.launch("train", [&] {
        trainer.weights.upload(weights);
        losses_d.fill_bytes(0);
        for (int s = 0; s < steps; ++s) {
            trainer.step(rate, losses_d.get() + s);
            if (s + 1 == host_steps)
                CUDA_CHECK(cudaMemcpyAsync(after_host_steps, trainer.weights, trainer.weights.bytes(), cudaMemcpyDeviceToDevice, nullptr));
        }
    });

    auto losses = losses_d.to_host();
    for (int s = 0; s < steps; ++s) run.note("loss %d %.6f\n", s, static_cast<double>(losses[s]));
    run.check(losses[steps - 1] < losses[0], "the loss does not fall");
    dl::CnnReference reference(v, weights);
    std::vector<double> expected;
    for (int s = 0; s < host_steps; ++s) expected.push_back(reference.step(images, labels, rate));
    losses.resize(host_steps);
    run.check_close("loss", losses, expected, {1e-5, 1e-5});
    run.check_close("weights", after_host_steps.to_host(), reference.weights(), {2e-5, 2e-5});
    return run.finish();
}
