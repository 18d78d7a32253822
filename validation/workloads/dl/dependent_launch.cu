// Programmatic dependent launch: a chain of kernels on one stream, each allowed to start before its predecessor has ended. A kernel
// prepares (reads constants, computes), waits for its prerequisites, reads what the predecessor wrote and lets its successor start early.
// The same chain without the attribute must give the same. Stresses: griddepcontrol (ACQBULK, PREEXIT), overlapped launches, visibility of
// the predecessor's writes.
#include "common/workload.hpp"
#include "dl/hopper.cuh"

constexpr int kThreads = 128;

// y[i] = 3 * x[i] + x[(i + shift) % n] + a mixture of c[i] and the round, which is made before the wait.
__global__ void __launch_bounds__(kThreads)
    link(int n, int shift, dl::Word round, const dl::Word* __restrict__ c, const dl::Word* x, dl::Word* y) {
    const int i = blockIdx.x * kThreads + threadIdx.x;
    dl::Word mixed = i < n ? c[i] : 0;
    for (int k = 0; k < 8; ++k) mixed = mixed * 1664525u + round;
    dl::let_dependents_start();
    dl::wait_for_prerequisites();
    if (i < n) y[i] = 3 * x[i] + x[(i + shift) % n] + mixed;
}

int main(int argc, char** argv) {
    workload::Run run("dependent_launch", argc, argv);
    run.needs_sm90a();
    const int n = run.pick(1000, 10'000, 100'000, 1'000'000), links = run.pick(6, 10, 20, 40), shift = 517;
    const auto c = run.random().bits_vector(n), x = run.random().bits_vector(n);
    workload::DeviceArray<dl::Word> c_d(c);
    workload::DeviceArray<dl::Word> even(n), odd(n);
    const auto chain = [&](const char* label, bool early) {
        run.launch(label, [&] {
            even.upload(x);
            for (int k = 0; k < links; ++k) {
                cudaLaunchConfig_t config{};
                config.gridDim = dim3(workload::ceil_div(n, kThreads));
                config.blockDim = dim3(kThreads);
                cudaLaunchAttribute attribute{};
                attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
                attribute.val.programmaticStreamSerializationAllowed = 1;
                config.attrs = &attribute;
                config.numAttrs = early && k > 0 ? 1 : 0;
                const dl::Word *from = k % 2 ? odd : even, *constants = c_d;
                dl::Word* to = k % 2 ? even : odd;
                CUDA_CHECK(cudaLaunchKernelEx(&config, link, n, shift, static_cast<dl::Word>(k), constants, from, to));
            }
        });
    };
    std::vector<dl::Word> before(x), after(n);
    for (int k = 0; k < links; ++k) {
        for (int i = 0; i < n; ++i) {
            dl::Word mixed = c[i];
            for (int r = 0; r < 8; ++r) mixed = mixed * 1664525u + static_cast<dl::Word>(k);
            after[i] = 3 * before[i] + before[(i + shift) % n] + mixed;
        }
        before.swap(after);
    }
    chain("one after the other", false);
    run.check_equal("one after the other", (links % 2 ? odd : even).to_host(), before);
    chain("overlapped", true);
    run.check_equal("overlapped", (links % 2 ? odd : even).to_host(), before);
    return run.finish();
}
