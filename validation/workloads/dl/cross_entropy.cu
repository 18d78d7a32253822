// Log-softmax and cross-entropy: log-softmax rows, the loss of each row with label smoothing, and a fused kernel that gives loss and
// gradient of the logits in one go and writes the gradient over the logits; the mean loss is reduced with one atomic a CTA. Stresses:
// MUFU.EX2 and LG2, block reductions, gathers by label, in-place updates.
#include "common/workload.hpp"
#include "dl/reduce.cuh"

constexpr int kThreads = 256, kIgnored = -1;

// The logarithm of the sum of exponentials of a row. Requires: called by the whole CTA.
__device__ float log_sum_exp(const float* row, int classes, float& largest) {
    largest = dl::Max::kNeutral;
    for (int i = threadIdx.x; i < classes; i += kThreads) largest = fmaxf(largest, row[i]);
    largest = dl::block_reduce<dl::Max, kThreads>(largest);
    float sum = 0;
    for (int i = threadIdx.x; i < classes; i += kThreads) sum += expf(row[i] - largest);
    return largest + logf(dl::block_reduce<dl::Sum, kThreads>(sum));
}

__global__ void __launch_bounds__(kThreads) log_softmax(int classes, const float* __restrict__ logits, float* __restrict__ result) {
    const float* row = logits + static_cast<size_t>(blockIdx.x) * classes;
    float largest;
    const float log_sum = log_sum_exp(row, classes, largest);
    for (int i = threadIdx.x; i < classes; i += kThreads) result[static_cast<size_t>(blockIdx.x) * classes + i] = row[i] - log_sum;
}

// loss[row] = -(1 - s) * log p[label] - s * mean(log p); 0 for ignored rows.
__global__ void __launch_bounds__(kThreads) smoothed_loss(int classes, float smoothing, const float* __restrict__ log_probability,
                                                          const int* __restrict__ labels, float* __restrict__ loss) {
    const float* row = log_probability + static_cast<size_t>(blockIdx.x) * classes;
    float sum = 0;
    for (int i = threadIdx.x; i < classes; i += kThreads) sum += row[i];
    sum = dl::block_reduce<dl::Sum, kThreads>(sum);
    if (threadIdx.x != 0) return;
    const int label = labels[blockIdx.x];
    loss[blockIdx.x] = label == kIgnored ? 0.0f : -(1 - smoothing) * row[label] - smoothing * sum / classes;
}

// Replaces the logits of each row by (softmax - one-hot) * scale and adds the row's loss * scale to *mean. Ignored rows become zeros.
__global__ void __launch_bounds__(kThreads) fused(int classes, float scale, float* logits, const int* __restrict__ labels, float* mean) {
    float* row = logits + static_cast<size_t>(blockIdx.x) * classes;
    const int label = labels[blockIdx.x];
    if (label == kIgnored) {
        for (int i = threadIdx.x; i < classes; i += kThreads) row[i] = 0;
        return;
    }
    float largest;
    const float log_sum = log_sum_exp(row, classes, largest);
    if (threadIdx.x == 0) atomicAdd(mean, (log_sum - row[label]) * scale);
    __syncthreads(); // the label's logit has been read
    for (int i = threadIdx.x; i < classes; i += kThreads) row[i] = (expf(row[i] - log_sum) - (i == label ? 1.0f : 0.0f)) * scale;
}

int main(int argc, char** argv) {
    workload::Run run("cross_entropy", argc, argv);
    const int rows = run.pick(6, 24, 512, 2048), classes = run.pick(700, 3001, 16000, 32000);
    const float smoothing = 0.1f;
    const auto logits = run.random().uniform_vector<float>(static_cast<size_t>(rows) * classes, -5, 5);
    std::vector<int> labels(rows);
    for (int& label : labels) label = run.random().below(8) == 0 ? kIgnored : static_cast<int>(run.random().below(classes));
    int counted = 0;
    for (const int label : labels) counted += label != kIgnored;
    const float scale = 1.0f / static_cast<float>(std::max(counted, 1));

    std::vector<double> log_p(logits.size()), loss(rows), gradient(logits.size());
    double mean = 0;
    for (int row = 0; row < rows; ++row) {
        const float* x = logits.data() + static_cast<size_t>(row) * classes;
        double sum = 0, total = 0;
        for (int i = 0; i < classes; ++i) sum += std::exp(static_cast<double>(x[i]));
        const double log_sum = std::log(sum);
        for (int i = 0; i < classes; ++i) {
            const size_t place = static_cast<size_t>(row) * classes + i;
            total += log_p[place] = x[i] - log_sum;
            if (labels[row] != kIgnored) gradient[place] = (std::exp(log_p[place]) - (i == labels[row])) * scale;
        }
        if (labels[row] == kIgnored) continue;
        const double own = log_p[static_cast<size_t>(row) * classes + labels[row]];
        loss[row] = -(1 - smoothing) * own - smoothing * total / classes;
        mean -= own * scale;
    }

    workload::DeviceArray<float> logits_d(logits), log_p_d(logits.size()), loss_d(rows), mean_d(1);
    workload::DeviceArray<int> labels_d(labels);
    run.launch("log softmax", [&] { log_softmax<<<rows, kThreads>>>(classes, logits_d, log_p_d); });
    run.check_close("log softmax", log_p_d.to_host(), log_p, {4e-6, 1e-6});
    run.launch("smoothed loss", [&] { smoothed_loss<<<rows, kThreads>>>(classes, smoothing, log_p_d, labels_d, loss_d); });
    run.check_close("loss", loss_d.to_host(), loss, {1e-5, 1e-5});
    run.launch("fused", [&] {
        logits_d.upload(logits);
        mean_d.fill_bytes(0);
        fused<<<rows, kThreads>>>(classes, scale, logits_d, labels_d, mean_d);
    });
    run.check_close("gradient", logits_d.to_host(), gradient, {1e-8, 1e-5});
    run.check_close("mean", mean_d.to_host()[0], mean, {1e-5, 1e-5});
    return run.finish();
}
