// Communication between CTAs through memory: flags by release and acquire, by volatile with fences, a bounded queue in both directions,
// a chain through all CTAs, and Dekker's algorithm, which needs sequentially consistent fences.
// Stresses: LD.ACQUIRE/ST.RELEASE (.STRONG scopes), MEMBAR at every scope, ERRBAR/CCTL, spinning, CTAs that wait for each other.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 64, kItems = 64, kSlots = 4;

__device__ unsigned load_acquire(const unsigned* address) {
    unsigned value;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(address) : "memory");
    return value;
}
__device__ void store_release(unsigned* address, unsigned value) {
    asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(address), "r"(value) : "memory");
}
__device__ unsigned load_relaxed(const unsigned* address) {
    unsigned value;
    asm volatile("ld.relaxed.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(address) : "memory");
    return value;
}
__device__ void store_relaxed(unsigned* address, unsigned value) {
    asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(address), "r"(value) : "memory");
}
__device__ unsigned add_acquire_release(unsigned* address, unsigned value) {
    unsigned old;
    asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;" : "=r"(old) : "l"(address), "r"(value) : "memory");
    return old;
}

// CTA 0 writes messages and raises flags, all others read each message when its flag is up.
__global__ void broadcast(int messages, unsigned* data, unsigned* flags, unsigned* out) {
    for (int m = 0; m < messages; ++m) {
        if (blockIdx.x == 0) {
            data[m * kBlock + threadIdx.x] = m * 1000 + threadIdx.x;
            __syncthreads();
            if (threadIdx.x == 0) store_release(flags + m, 1);
        } else {
            if (threadIdx.x == 0) {
                while (load_acquire(flags + m) == 0) {
                }
            }
            __syncthreads();
            out[(blockIdx.x * messages + m) * kBlock + threadIdx.x] = data[m * kBlock + (threadIdx.x + 1) % kBlock] * 2;
        }
    }
}

// Each CTA adds to what its predecessor left, in the style of old: volatile and fences. Requires: CTAs start in order of their index,
// or all are resident.
__global__ void chain(volatile unsigned* turn, volatile unsigned* values) {
    if (threadIdx.x == 0) {
        while (*turn != blockIdx.x) __nanosleep(20);
        __threadfence();
    }
    __syncthreads();
    values[threadIdx.x] = values[threadIdx.x] * 3 + blockIdx.x + threadIdx.x;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) *turn = blockIdx.x + 1;
}

// Pairs of CTAs: the even one fills a ring of kSlots slots, the odd one empties it; each waits for the other. Requires: both resident.
__global__ void ring(int items, unsigned* slots, unsigned* produced, unsigned* consumed, unsigned* sums) {
    const int pair = blockIdx.x / 2;
    unsigned* mine = slots + pair * kSlots * kBlock;
    unsigned sum = 0;
    for (int item = 0; item < items; ++item) {
        unsigned* slot = mine + item % kSlots * kBlock + threadIdx.x;
        if (blockIdx.x % 2 == 0) {
            if (threadIdx.x == 0) {
                while (item - static_cast<int>(load_acquire(consumed + pair)) >= kSlots) {
                }
            }
            __syncthreads();
            store_relaxed(slot, item * 17 + threadIdx.x + pair);
            __syncthreads();
            if (threadIdx.x == 0) store_release(produced + pair, item + 1);
        } else {
            if (threadIdx.x == 0) {
                while (static_cast<int>(load_acquire(produced + pair)) <= item) {
                }
            }
            __syncthreads();
            sum = sum * 7 + load_relaxed(slot);
            __syncthreads();
            if (threadIdx.x == 0) store_release(consumed + pair, item + 1);
        }
    }
    if (blockIdx.x % 2 == 1) sums[pair * kBlock + threadIdx.x] = sum;
}

// Dekker: the two CTAs of a pair announce themselves and look at the other. With a fence in between they never both miss each other.
__global__ void dekker(int rounds, unsigned* interest, unsigned* meeting, unsigned* missed) {
    if (threadIdx.x != 0) return;
    const int pair = blockIdx.x / 2, side = blockIdx.x % 2;
    for (int round = 0; round < rounds; ++round) {
        unsigned* announce = interest + (pair * rounds + round) * 2;
        store_relaxed(announce + side, 1);
        asm volatile("fence.sc.gpu;" ::: "memory");
        const unsigned other = load_relaxed(announce + 1 - side);
        if (other == 0 && add_acquire_release(meeting + pair * rounds + round, 1) == 1) atomicAdd(missed, 1u);
    }
}

// Within a CTA: a flag and a value in shared memory, from warp 0 to warp 1.
__global__ void between_warps(unsigned* out) {
    __shared__ unsigned value[32];
    __shared__ volatile unsigned flag;
    if (threadIdx.x == 0) flag = 0;
    __syncthreads();
    const unsigned lane = threadIdx.x % 32;
    if (threadIdx.x < 32) {
        value[lane] = lane * lane + blockIdx.x;
        __threadfence_block();
        __syncwarp();
        if (lane == 0) flag = 1;
    } else {
        if (lane == 0) {
            while (flag == 0) {
            }
        }
        __syncwarp();
        __threadfence_block();
        out[blockIdx.x * 32 + lane] = value[31 - lane];
    }
}

template <typename... Arguments> void launch_together(void (*kernel)(Arguments...), int grid, Arguments... arguments) {
    void* pointers[] = {&arguments...};
    CUDA_CHECK(cudaLaunchCooperativeKernel(kernel, dim3(grid), dim3(kBlock), pointers, 0, nullptr));
}

int main(int argc, char** argv) {
    workload::Run run("message_passing", argc, argv);
    const int grid = run.pick(4, 8, 64, 128), messages = run.pick(4, 16, 64, 128), items = run.pick(12, 40, kItems, 4 * kItems);
    workload::DeviceArray<unsigned> data(messages * kBlock), flags(messages), out(grid * messages * kBlock);
    run.launch(
        "broadcast", [&] { flags.fill_bytes(0); },
        [&] { launch_together<int, unsigned*, unsigned*, unsigned*>(broadcast, grid, messages, data, flags, out); });
    auto received = out.to_host();
    std::vector<unsigned> expected(received.size());
    for (int block = 1; block < grid; ++block) {
        for (int i = 0; i < messages * kBlock; ++i)
            expected[block * messages * kBlock + i] = (i / kBlock * 1000 + (i % kBlock + 1) % kBlock) * 2;
    }
    std::fill(received.begin(), received.begin() + messages * kBlock, 0u);
    run.check_equal("broadcast", received, expected);

    workload::DeviceArray<unsigned> turn(1), values(kBlock);
    run.launch(
        "chain",
        [&] {
            turn.fill_bytes(0);
            values.fill_bytes(0);
        },
        [&] { chain<<<grid, kBlock>>>(turn, values); });
    std::vector<unsigned> chained(kBlock, 0);
    for (int block = 0; block < grid; ++block) {
        for (int t = 0; t < kBlock; ++t) chained[t] = chained[t] * 3 + block + t;
    }
    run.check_equal("chain", values.to_host(), chained);

    const int pairs = grid / 2;
    workload::DeviceArray<unsigned> slots(pairs * kSlots * kBlock), produced(pairs), consumed(pairs), sums(pairs * kBlock);
    run.launch(
        "ring",
        [&] {
            produced.fill_bytes(0);
            consumed.fill_bytes(0);
        },
        [&] { launch_together<int, unsigned*, unsigned*, unsigned*, unsigned*>(ring, grid, items, slots, produced, consumed, sums); });
    std::vector<unsigned> expected_sums(pairs * kBlock, 0);
    for (int i = 0; i < pairs * kBlock; ++i) {
        for (int item = 0; item < items; ++item) expected_sums[i] = expected_sums[i] * 7 + item * 17 + i % kBlock + i / kBlock;
    }
    run.check_equal("ring", sums.to_host(), expected_sums);

    const int rounds = run.pick(16, 64, 256, 1024);
    workload::DeviceArray<unsigned> interest(pairs * rounds * 2), meeting(pairs * rounds), missed(1);
    run.launch(
        "Dekker",
        [&] {
            interest.fill_bytes(0);
            meeting.fill_bytes(0);
            missed.fill_bytes(0);
        },
        [&] { launch_together<int, unsigned*, unsigned*, unsigned*>(dekker, grid, rounds, interest, meeting, missed); });
    run.check_equal("pairs that missed each other", missed.to_host()[0], 0u);

    workload::DeviceArray<unsigned> of_warps(grid * 32);
    run.launch("between warps", [&] { between_warps<<<grid, 64>>>(of_warps); });
    std::vector<unsigned> squares(grid * 32);
    for (int i = 0; i < grid * 32; ++i) squares[i] = (31 - i % 32) * (31 - i % 32) + i / 32;
    run.check_equal("between warps", of_warps.to_host(), squares);
    return run.finish();
}
