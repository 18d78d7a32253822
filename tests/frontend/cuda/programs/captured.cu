// Two launches put into a stream that captures, the graph launched three times, then an ordinary launch: for the capture kit's runner.
#include <cstdio>

__global__ void add(int* sum, int what) { *sum += what; }

int main(int, char**) {
    int *sum = nullptr, result = 0;
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t instance;
    cudaMalloc(&sum, sizeof *sum);
    cudaMemset(sum, 0, sizeof *sum);
    add<<<1, 1>>>(sum, 1000); // a profiler is on when the capture begins
    cudaStreamCreate(&stream);
    cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
    add<<<1, 1, 0, stream>>>(sum, 1);
    add<<<1, 1, 0, stream>>>(sum, 10);
    if (cudaStreamEndCapture(stream, &graph) != cudaSuccess) return std::puts("FAIL: the capture"), 1;
    cudaGraphInstantiate(&instance, graph, 0);
    for (int i = 0; i < 3; ++i) cudaGraphLaunch(instance, stream);
    cudaStreamSynchronize(stream);
    add<<<1, 1>>>(sum, 100);
    cudaMemcpy(&result, sum, sizeof result, cudaMemcpyDeviceToHost);
    std::printf("sum %d\n", result);
    return result != 1133;
}
