// Copies between host and device by size, from pageable and pinned memory, on the device, fills, and copies that overlap with kernels in
// other streams. With --time the rates of a real system.
#include "common/measure.hpp"

__global__ void scramble(int n, unsigned* values) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) values[i] = values[i] * 2654435761u + i;
}

int main(int argc, char** argv) {
    workload::Run run("copy_engine", argc, argv);
    const std::size_t most = run.pick(64 << 10, 1 << 20, 16 << 20, 64 << 20);
    const auto data = run.random().bits_vector(most / 4);
    workload::DeviceArray<unsigned> a(most / 4), b(most / 4);
    unsigned* pinned = nullptr;
    CUDA_CHECK(cudaMallocHost(reinterpret_cast<void**>(&pinned), most));
    for (std::size_t bytes = 4; bytes <= most; bytes *= 16) {
        const std::string size = ", " + std::to_string(bytes) + " bytes";
        const std::vector<unsigned> part(data.begin(), data.begin() + static_cast<long>(bytes / 4));
        std::vector<unsigned> back(bytes / 4, 0);
        run.launch(("to device, pageable" + size).c_str(),
                   [&] { CUDA_CHECK(cudaMemcpyAsync(a, part.data(), bytes, cudaMemcpyHostToDevice, nullptr)); });
        run.launch(("on device" + size).c_str(), [&] { CUDA_CHECK(cudaMemcpyAsync(b, a, bytes, cudaMemcpyDeviceToDevice, nullptr)); });
        run.launch(("to host, pageable" + size).c_str(),
                   [&] { CUDA_CHECK(cudaMemcpyAsync(back.data(), b, bytes, cudaMemcpyDeviceToHost, nullptr)); });
        run.check_equal(("pageable" + size).c_str(), back, part);

        std::copy(part.rbegin(), part.rend(), pinned);
        const std::vector<unsigned> reversed(pinned, pinned + bytes / 4);
        run.launch(("to device, pinned" + size).c_str(),
                   [&] { CUDA_CHECK(cudaMemcpyAsync(a, pinned, bytes, cudaMemcpyHostToDevice, nullptr)); });
        std::fill(pinned, pinned + bytes / 4, 0u);
        run.launch(("to host, pinned" + size).c_str(),
                   [&] { CUDA_CHECK(cudaMemcpyAsync(pinned, a, bytes, cudaMemcpyDeviceToHost, nullptr)); });
        run.check_equal(("pinned" + size).c_str(), std::vector<unsigned>(pinned, pinned + bytes / 4), reversed);

        run.launch(("fill" + size).c_str(), [&] { CUDA_CHECK(cudaMemsetAsync(a, 0xa5, bytes, nullptr)); });
        CUDA_CHECK(cudaMemcpy(back.data(), a, bytes, cudaMemcpyDeviceToHost));
        run.check_equal(("fill" + size).c_str(), back, std::vector<unsigned>(bytes / 4, 0xa5a5a5a5u));
    }

    // Pieces in three streams: in, scrambled, out again, all in one pinned buffer.
    const int pieces = 6, n = static_cast<int>(most / 4 / pieces);
    std::copy(data.begin(), data.end(), pinned);
    cudaStream_t streams[3];
    for (auto& stream : streams) CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    run.launch(
        "overlapped", [&] { std::copy(data.begin(), data.end(), pinned); },
        [&] {
            for (int piece = 0; piece < pieces; ++piece) {
                const cudaStream_t stream = streams[piece % 3];
                unsigned* on_device = a.get() + piece * n;
                CUDA_CHECK(cudaMemcpyAsync(on_device, pinned + piece * n, n * 4, cudaMemcpyHostToDevice, stream));
                scramble<<<workload::ceil_div(n, 256), 256, 0, stream>>>(n, on_device);
                CUDA_CHECK(cudaMemcpyAsync(pinned + piece * n, on_device, n * 4, cudaMemcpyDeviceToHost, stream));
            }
            for (const auto stream : streams) CUDA_CHECK(cudaStreamSynchronize(stream));
        });
    std::vector<unsigned> expected(data.begin(), data.begin() + pieces * n);
    for (int i = 0; i < pieces * n; ++i) expected[i] = expected[i] * 2654435761u + i % n;
    run.check_equal("overlapped", std::vector<unsigned>(pinned, pinned + pieces * n), expected);
    for (const auto stream : streams) CUDA_CHECK(cudaStreamDestroy(stream));
    CUDA_CHECK(cudaFreeHost(pinned));
    return run.finish();
}
