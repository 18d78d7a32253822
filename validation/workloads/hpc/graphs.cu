// CUDA graphs: one captured from two streams that fork and join, and one built from nodes (copy, memset, kernels); each launched
// several times.
// Stresses: stream capture, cudaGraphInstantiate, kernel, copy and memset nodes, order of dependences.
#include "common/workload.hpp"

constexpr int kBlock = 128;

__global__ void scale(int n, int factor, const int* in, int* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) out[i] = in[i] * factor;
}

__global__ void accumulate(int n, const int* a, const int* b, int* sum) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) sum[i] += a[i] - b[i];
}

int main(int argc, char** argv) {
    workload::Run run("graphs", argc, argv);
    const int n = run.pick(2'000, 20'000, 200'000, 1'000'000), launches = run.pick(3, 5, 20, 50);
    const dim3 grid(workload::ceil_div(n, kBlock)), block(kBlock);
    const auto in = run.random().integer_vector<int>(n, -1000, 1000);
    workload::DeviceArray<int> source(in), a(n), b(n), sum(n);

    cudaStream_t main_stream, side_stream;
    cudaEvent_t fork, join;
    CUDA_CHECK(cudaStreamCreate(&main_stream));
    CUDA_CHECK(cudaStreamCreate(&side_stream));
    CUDA_CHECK(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming));
    CUDA_CHECK(cudaEventCreateWithFlags(&join, cudaEventDisableTiming));
    cudaGraph_t captured;
    CUDA_CHECK(cudaStreamBeginCapture(main_stream, cudaStreamCaptureModeGlobal));
    CUDA_CHECK(cudaEventRecord(fork, main_stream));
    CUDA_CHECK(cudaStreamWaitEvent(side_stream, fork, 0));
    scale<<<grid, block, 0, main_stream>>>(n, 5, source, a);
    scale<<<grid, block, 0, side_stream>>>(n, 2, source, b);
    CUDA_CHECK(cudaEventRecord(join, side_stream));
    CUDA_CHECK(cudaStreamWaitEvent(main_stream, join, 0));
    accumulate<<<grid, block, 0, main_stream>>>(n, a, b, sum);
    CUDA_CHECK(cudaStreamEndCapture(main_stream, &captured));

    cudaGraphExec_t executable;
    CUDA_CHECK(cudaGraphInstantiate(&executable, captured, 0));
    run.launch(
        "captured", [&] { sum.fill_bytes(0); },
        [&] {
            for (int i = 0; i < launches; ++i) CUDA_CHECK(cudaGraphLaunch(executable, main_stream));
            CUDA_CHECK(cudaStreamSynchronize(main_stream));
        });
    std::vector<int> expected(n);
    for (int i = 0; i < n; ++i) expected[i] = in[i] * 3 * launches;
    run.check_equal("captured", sum.to_host(), expected);
    CUDA_CHECK(cudaGraphExecDestroy(executable));
    CUDA_CHECK(cudaGraphDestroy(captured));

    // Built by hand: clear sum and copy the host's array, then two kernels in a row.
    std::vector<int> host = in;
    int *source_pointer = source.get(), *a_pointer = a.get(), *sum_pointer = sum.get(), count = n, factor = 7;
    cudaGraph_t built;
    cudaGraphNode_t clear_node, copy_node, scale_node, accumulate_node;
    CUDA_CHECK(cudaGraphCreate(&built, 0));
    cudaMemsetParams clear{};
    clear.dst = sum_pointer;
    clear.value = 0;
    clear.elementSize = 4;
    clear.width = n;
    clear.height = 1;
    CUDA_CHECK(cudaGraphAddMemsetNode(&clear_node, built, nullptr, 0, &clear));
    CUDA_CHECK(
        cudaGraphAddMemcpyNode1D(&copy_node, built, nullptr, 0, source_pointer, host.data(), source.bytes(), cudaMemcpyHostToDevice));
    cudaKernelNodeParams node{};
    node.func = reinterpret_cast<void*>(scale);
    node.gridDim = grid;
    node.blockDim = block;
    void* scale_arguments[] = {&count, &factor, &source_pointer, &a_pointer};
    node.kernelParams = scale_arguments;
    CUDA_CHECK(cudaGraphAddKernelNode(&scale_node, built, &copy_node, 1, &node));
    node.func = reinterpret_cast<void*>(accumulate);
    void* accumulate_arguments[] = {&count, &a_pointer, &source_pointer, &sum_pointer};
    node.kernelParams = accumulate_arguments;
    const cudaGraphNode_t both[] = {clear_node, scale_node};
    CUDA_CHECK(cudaGraphAddKernelNode(&accumulate_node, built, both, 2, &node));
    CUDA_CHECK(cudaGraphInstantiate(&executable, built, 0));
    run.launch("built", [&] {
        for (int i = 0; i < launches; ++i) {
            // The copy node reads the host's array when the graph runs: change it each time.
            for (int& value : host) ++value;
            CUDA_CHECK(cudaGraphLaunch(executable, main_stream));
            CUDA_CHECK(cudaStreamSynchronize(main_stream));
        }
    });
    for (int i = 0; i < n; ++i) expected[i] = (in[i] + launches * run.repeat()) * 6;
    run.check_equal("built", sum.to_host(), expected);
    CUDA_CHECK(cudaGraphExecDestroy(executable));
    CUDA_CHECK(cudaGraphDestroy(built));
    CUDA_CHECK(cudaEventDestroy(fork));
    CUDA_CHECK(cudaEventDestroy(join));
    CUDA_CHECK(cudaStreamDestroy(main_stream));
    CUDA_CHECK(cudaStreamDestroy(side_stream));
    return run.finish();
}
