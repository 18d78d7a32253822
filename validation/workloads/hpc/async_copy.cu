// Copies from global to shared memory past the registers: 4, 8 and 16 bytes, with zero fill, groups in flight, a pipeline of four stages,
// and completion by an mbarrier.
// Stresses: LDGSTS of all widths with .BYPASS, LDGDEPBAR and DEPBAR, ARRIVES.LDGSTSBAR, SYNCS (mbarrier init, arrive, test and try wait).
#include "common/workload.hpp"

constexpr int kBlock = 128;

__device__ unsigned shared_address(const void* pointer) { return static_cast<unsigned>(__cvta_generic_to_shared(pointer)); }

// Copies `Bytes` bytes, of which the last Bytes - `real` are zeros.
template <int Bytes> __device__ void copy_async(void* to, const void* from, int real = Bytes) {
    if constexpr (Bytes == 16) {
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(real) : "memory");
    } else {
        asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(shared_address(to)), "l"(from), "n"(Bytes), "r"(real)
                     : "memory");
    }
}
__device__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int Pending> __device__ void wait() { asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory"); }

// Reverses each CTA's piece; elements at and beyond n are zero.
template <int Bytes> __global__ void reverse(int n, const char* in, char* out) {
    __shared__ alignas(16) char staged[kBlock * Bytes];
    const int i = blockIdx.x * kBlock + threadIdx.x;
    copy_async<Bytes>(staged + threadIdx.x * Bytes, in + static_cast<long long>(min(i, n - 1)) * Bytes, i < n ? Bytes : 0);
    asm volatile("cp.async.wait_all;" ::: "memory");
    __syncthreads();
    const char* mine = staged + (kBlock - 1 - threadIdx.x) * Bytes;
    for (int b = 0; b < Bytes; b += 4)
        *reinterpret_cast<int*>(out + static_cast<long long>(i) * Bytes + b) = *reinterpret_cast<const int*>(mine + b);
}

// Part of the sixteen bytes only: lane l keeps l % 5 words.
__global__ void partial(const int4* in, int4* out) {
    __shared__ int4 staged[kBlock];
    const int i = blockIdx.x * kBlock + threadIdx.x;
    copy_async<16>(staged + threadIdx.x, in + i, i % 5 * 4);
    commit();
    wait<0>();
    // A thread's own copies are visible to itself after the wait.
    out[i] = staged[threadIdx.x];
}

// Sums tiles of a long row, four tiles in flight. Each thread copies and uses its own words, and its neighbour's.
__global__ void pipeline(int tiles, const float4* in, float* out) {
    constexpr int kStages = 4;
    __shared__ float4 staged[kStages][kBlock];
    const float4* row = in + static_cast<long long>(blockIdx.x) * tiles * kBlock;
    for (int stage = 0; stage < kStages - 1; ++stage) {
        if (stage < tiles) copy_async<16>(&staged[stage][threadIdx.x], row + stage * kBlock + threadIdx.x);
        commit();
    }
    float sum = 0;
    for (int tile = 0; tile < tiles; ++tile) {
        wait<kStages - 2>();
        __syncthreads();
        const int next = tile + kStages - 1;
        if (next < tiles) copy_async<16>(&staged[next % kStages][threadIdx.x], row + next * kBlock + threadIdx.x);
        commit();
        const float4 mine = staged[tile % kStages][threadIdx.x], other = staged[tile % kStages][(threadIdx.x + 1) % kBlock];
        sum += mine.x + mine.y - other.z * static_cast<float>(tile % 3) + other.w;
    }
    out[blockIdx.x * kBlock + threadIdx.x] = sum;
}

__device__ void barrier_init(unsigned long long* barrier, unsigned count) {
    asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(count) : "memory");
}
__device__ unsigned long long barrier_arrive(unsigned long long* barrier) {
    unsigned long long state;
    asm volatile("mbarrier.arrive.shared.b64 %0, [%1];" : "=l"(state) : "r"(shared_address(barrier)) : "memory");
    return state;
}
__device__ bool barrier_test(unsigned long long* barrier, unsigned long long state) {
    unsigned done;
    asm volatile("{\n\t.reg .pred p;\n\tmbarrier.test_wait.shared.b64 p, [%1], %2;\n\tselp.u32 %0, 1, 0, p;\n\t}"
                 : "=r"(done)
                 : "r"(shared_address(barrier)), "l"(state)
                 : "memory");
    return done != 0;
}

// The copy itself arrives at the barrier; two phases with different data.
__global__ void by_barrier(const int4* in, int4* out) {
    __shared__ int4 staged[kBlock];
    __shared__ unsigned long long barrier;
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (threadIdx.x == 0) barrier_init(&barrier, kBlock);
    __syncthreads();
    int4 sum = make_int4(0, 0, 0, 0);
    for (int phase = 0; phase < 2; ++phase) {
        copy_async<16>(staged + threadIdx.x, in + phase * gridDim.x * kBlock + i);
        // Adds one to what the phase waits for, and takes it back when this thread's copies are done.
        asm volatile("cp.async.mbarrier.arrive.shared.b64 [%0];" ::"r"(shared_address(&barrier)) : "memory");
        const unsigned long long state = barrier_arrive(&barrier);
        while (!barrier_test(&barrier, state)) {
        }
        const int4 other = staged[kBlock - 1 - threadIdx.x];
        sum = make_int4(sum.x + other.x, sum.y + other.y, sum.z ^ other.z, sum.w - other.w);
        __syncthreads();
    }
    if (threadIdx.x == 0) asm volatile("mbarrier.inval.shared.b64 [%0];" ::"r"(shared_address(&barrier)) : "memory");
    out[i] = sum;
}

template <int Bytes> void test_reverse(workload::Run& run, int n) {
    const int grid = workload::ceil_div(n, kBlock), words = Bytes / 4;
    const auto in = run.random().bits_vector(static_cast<std::size_t>(n) * words);
    std::vector<unsigned> expected(static_cast<std::size_t>(grid) * kBlock * words, 0);
    for (int i = 0; i < grid * kBlock; ++i) {
        const int from = i / kBlock * kBlock + kBlock - 1 - i % kBlock;
        for (int w = 0; w < words && from < n; ++w) expected[i * words + w] = in[from * words + w];
    }
    workload::DeviceArray<unsigned> din(in), dout(expected.size());
    const std::string label = "reverse " + std::to_string(Bytes);
    run.launch(label.c_str(),
               [&] { reverse<Bytes><<<grid, kBlock>>>(n, reinterpret_cast<const char*>(din.get()), reinterpret_cast<char*>(dout.get())); });
    run.check_equal(label.c_str(), dout.to_host(), expected);
}

int main(int argc, char** argv) {
    workload::Run run("async_copy", argc, argv);
    const int n = run.pick(5'000, 50'000, 500'000, 4'000'000), grid = run.pick(8, 40, 528, 2112);
    test_reverse<4>(run, n);
    test_reverse<8>(run, n);
    test_reverse<16>(run, n);

    std::vector<int4> in(2 * grid * kBlock), expected(grid * kBlock);
    for (auto& v : in) {
        const auto draw = [&] { return static_cast<int>(run.random().below(2'000'000)) - 1'000'000; };
        v.x = draw();
        v.y = draw();
        v.z = draw();
        v.w = draw();
    }
    workload::DeviceArray<int4> din(in), dout(expected.size());
    run.launch("partial", [&] { partial<<<grid, kBlock>>>(din, dout); });
    for (int i = 0; i < grid * kBlock; ++i) {
        const int keep = i % 5;
        expected[i] = make_int4(keep > 0 ? in[i].x : 0, keep > 1 ? in[i].y : 0, keep > 2 ? in[i].z : 0, keep > 3 ? in[i].w : 0);
    }
    run.check_equal("partial", dout.to_host(), expected);

    run.launch("mbarrier", [&] { by_barrier<<<grid, kBlock>>>(din, dout); });
    for (int i = 0; i < grid * kBlock; ++i) {
        const int from = i / kBlock * kBlock + kBlock - 1 - i % kBlock;
        const int4 a = in[from], b = in[grid * kBlock + from];
        expected[i] = make_int4(a.x + b.x, a.y + b.y, a.z ^ b.z, -a.w - b.w);
    }
    run.check_equal("mbarrier", dout.to_host(), expected);

    // Small whole numbers: the sums are exact.
    const int tiles = run.pick(9, 16, 32, 64);
    const auto row = run.random().integer_vector<float>(static_cast<std::size_t>(grid) * tiles * kBlock * 4, -50, 50);
    workload::DeviceArray<float> drow(row), dsums(grid * kBlock);
    std::vector<float> sums(grid * kBlock, 0);
    for (int i = 0; i < grid * kBlock; ++i) {
        for (int tile = 0; tile < tiles; ++tile) {
            const float* base = &row[(static_cast<std::size_t>(i / kBlock) * tiles + tile) * kBlock * 4];
            const float* mine = base + i % kBlock * 4;
            const float* other = base + (i + 1) % kBlock * 4;
            sums[i] += mine[0] + mine[1] - other[2] * static_cast<float>(tile % 3) + other[3];
        }
    }
    run.launch("pipeline", [&] { pipeline<<<grid, kBlock>>>(tiles, reinterpret_cast<const float4*>(drow.get()), dsums); });
    run.check_equal("pipeline", dsums.to_host(), sums);
    return run.finish();
}
