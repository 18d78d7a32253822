// Shared-memory bank conflicts: loads and stores of 4, 8 and 16 bytes with strides from 0 to 33 elements, random places, and all lanes on
// one word; one warp or many.
#include "common/measure.hpp"

constexpr int kBlockMost = 512, kBytes = 40 << 10;

// Every lane reads and adds `rounds` * 8 elements at lane * stride + a moving offset (mod the array), then writes its sum there.
template <typename T> __global__ void strided(int rounds, int stride, T* sums, long long* cycles) {
    extern __shared__ char raw[];
    T* values = reinterpret_cast<T*>(raw);
    constexpr int kCount = kBytes / sizeof(T), kUsed = 1056;
    for (int i = threadIdx.x; i < kCount; i += blockDim.x) values[i] = static_cast<T>(i);
    __syncthreads();
    const int lane = threadIdx.x % 32;
    const volatile T* mine = values + lane * stride;
    T sum = 0;
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int round = 0; round < rounds; ++round) {
#pragma unroll
        for (int k = 0; k < 8; ++k) sum += mine[k * 32];
    }
    const long long stop = workload::read_clock();
    static_assert(kUsed + 8 * 32 <= kCount, "the largest stride leaves the array");
    __syncthreads();
    // Stores with the same pattern; lanes of equal place write equal values.
    volatile T* place = values + lane * stride;
    const long long store_start = workload::read_clock();
#pragma unroll 1
    for (int round = 0; round < rounds; ++round) {
#pragma unroll
        for (int k = 0; k < 8; ++k) place[k * 32] = static_cast<T>(lane * stride + k * 32 + round);
    }
    const long long store_stop = workload::read_clock();
    __syncthreads();
    sums[blockIdx.x * blockDim.x + threadIdx.x] = sum + values[lane * stride];
    if (lane == 0) {
        cycles[2 * (blockIdx.x * blockDim.x + threadIdx.x) / 32] = stop - start;
        cycles[2 * (blockIdx.x * blockDim.x + threadIdx.x) / 32 + 1] = store_stop - store_start;
    }
}

// 16-byte accesses, summed by parts.
__global__ void strided_vector(int rounds, int stride, int4* sums, long long* cycles) {
    extern __shared__ char raw[];
    int4* values = reinterpret_cast<int4*>(raw);
    constexpr int kCount = kBytes / sizeof(int4);
    for (int i = threadIdx.x; i < kCount; i += blockDim.x) values[i] = make_int4(i, 2 * i, 3 * i, 4 * i);
    __syncthreads();
    const int lane = threadIdx.x % 32;
    const unsigned address = workload::shared_address(values + lane * stride);
    int4 sum = make_int4(0, 0, 0, 0);
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int round = 0; round < rounds; ++round) {
#pragma unroll
        for (int k = 0; k < 8; ++k) {
            int4 v;
            asm volatile("ld.shared.v4.s32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "r"(address + k * 16));
            sum.x += v.x;
            sum.y += v.y;
            sum.z += v.z;
            sum.w += v.w;
        }
    }
    const long long stop = workload::read_clock();
    sums[blockIdx.x * blockDim.x + threadIdx.x] = sum;
    if (lane == 0) cycles[(blockIdx.x * blockDim.x + threadIdx.x) / 32] = stop - start;
}

// Each lane follows a random place of its own in every step.
__global__ void scattered(int rounds, const unsigned short* places, unsigned* sums, long long* cycles) {
    __shared__ unsigned values[2048];
    for (int i = threadIdx.x; i < 2048; i += blockDim.x) values[i] = i * i;
    __syncthreads();
    unsigned sum = 0;
    const unsigned place = places[threadIdx.x];
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int round = 0; round < rounds; ++round) {
#pragma unroll
        for (int k = 0; k < 8; ++k) sum += *static_cast<volatile unsigned*>(values + (place ^ (k * 37)));
    }
    sums[threadIdx.x] = sum;
    if (threadIdx.x % 32 == 0) cycles[threadIdx.x / 32] = workload::read_clock() - start;
}

template <typename T> void test(workload::Run& run, const char* type, int rounds, int block) {
    workload::DeviceArray<T> sums(block);
    workload::DeviceArray<long long> cycles(2 * block / 32);
    for (const int stride : {0, 1, 2, 3, 4, 8, 16, 32, 33}) {
        const std::string label = std::string(type) + ", stride " + std::to_string(stride) + ", " + std::to_string(block / 32) + " warps";
        run.launch(label.c_str(), [&] { strided<T><<<1, block, kBytes>>>(rounds, stride, sums, cycles); });
        std::vector<T> expected(block);
        for (int t = 0; t < block; ++t) {
            for (int k = 0; k < 8; ++k) expected[t] += static_cast<T>(rounds) * static_cast<T>(t % 32 * stride + k * 32);
            // The last store to this lane's place 0: by itself or, where strides divide 32, by a lane and step that write the same place.
            // All write place + round, so the value is the same.
            expected[t] += static_cast<T>(t % 32 * stride + rounds - 1);
        }
        run.check_equal(label.c_str(), sums.to_host(), expected);
        const auto all = cycles.to_host();
        std::vector<long long> loads, stores;
        for (std::size_t i = 0; i < all.size(); i += 2) {
            loads.push_back(all[i]);
            stores.push_back(all[i + 1]);
        }
        workload::report(run, ("load " + label).c_str(), loads, rounds * 8.0);
        workload::report(run, ("store " + label).c_str(), stores, rounds * 8.0);
    }
}

int main(int argc, char** argv) {
    workload::Run run("bank_conflicts", argc, argv);
    const int rounds = run.pick(2, 16, 128, 512);
    for (const int block : {32, run.pick(64, 256, kBlockMost, kBlockMost)}) {
        test<unsigned>(run, "4 bytes", rounds, block);
        test<unsigned long long>(run, "8 bytes", rounds, block);

        workload::DeviceArray<int4> sums(block);
        workload::DeviceArray<long long> cycles(block / 32);
        for (const int stride : {0, 1, 2, 4, 8, 9, 16}) {
            const std::string label = "load 16 bytes, stride " + std::to_string(stride) + ", " + std::to_string(block / 32) + " warps";
            run.launch(label.c_str(), [&] { strided_vector<<<1, block, kBytes>>>(rounds, stride, sums, cycles); });
            std::vector<int4> expected(block);
            for (int t = 0; t < block; ++t) {
                int sum = 0;
                for (int k = 0; k < 8; ++k) sum += rounds * (t % 32 * stride + k);
                expected[t] = make_int4(sum, 2 * sum, 3 * sum, 4 * sum);
            }
            run.check_equal(label.c_str(), sums.to_host(), expected);
            workload::report(run, label.c_str(), cycles.to_host(), rounds * 8.0);
        }

        std::vector<unsigned short> places(block);
        std::vector<unsigned> expected(block, 0);
        for (int t = 0; t < block; ++t) {
            places[t] = static_cast<unsigned short>(run.random().below(2048));
            for (unsigned k = 0; k < 8; ++k) expected[t] += rounds * (places[t] ^ (k * 37)) * (places[t] ^ (k * 37));
        }
        workload::DeviceArray<unsigned short> dplaces(places);
        workload::DeviceArray<unsigned> dsums(block);
        run.launch("scattered", [&] { scattered<<<1, block>>>(rounds, dplaces, dsums, cycles); });
        run.check_equal("scattered", dsums.to_host(), expected);
        workload::report(run, "load 4 bytes, random places", cycles.to_host(), rounds * 8.0);
    }
    return run.finish();
}
