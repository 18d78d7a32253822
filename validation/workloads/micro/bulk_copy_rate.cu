// Bulk copies by the copy engine of an SM (cp.async.bulk): global to shared memory completing on an mbarrier, shared to global memory in
// bulk groups, and bulk addition into global memory; 16 bytes to 32 KiB a copy, one or several in flight. Needs sm_90.
#include "common/measure.hpp"

constexpr int kBufferBytes = 64 << 10;

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#define SM90(code) code
#else
#define SM90(code)
#endif

struct Result {
    unsigned sum, xor_bits;
    long long load_cycles, store_cycles;
};

__device__ void wait_parity(unsigned barrier, unsigned parity) {
    SM90(asm volatile(
             "{\n\t.reg .pred done;\n\tagain:\n\tmbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n\t@!done bra again;\n\t}" ::"r"(
                 barrier),
             "r"(parity)
             : "memory");)
}

// A CTA of one warp: brings `copies` pieces of `bytes` bytes in, `rounds` times, then writes them out, then adds them to what lies there.
// Requires: copies * bytes <= kBufferBytes, bytes divisible by 16.
__global__ void bulk(int rounds, int copies, unsigned bytes, const unsigned* in, unsigned* out, unsigned* sums, Result* results) {
    extern __shared__ __align__(128) unsigned buffer[];
    __shared__ unsigned long long barrier_word;
    const unsigned barrier = workload::shared_address(&barrier_word), place = workload::shared_address(buffer);
    const unsigned total = copies * bytes;
    [[maybe_unused]] const std::size_t offset = static_cast<std::size_t>(blockIdx.x) * total / 4;
    if (threadIdx.x == 0) {
        SM90(asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barrier) : "memory");)
        SM90(asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");)
    }
    __syncwarp();
    const long long start = workload::read_clock();
    for (int round = 0; round < rounds; ++round) {
        if (threadIdx.x == 0) {
            SM90(asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(total) : "memory");)
            for (int copy = 0; copy < copies; ++copy) {
                SM90(asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                                      place + copy * bytes),
                                  "l"(in + offset + copy * (bytes / 4)), "r"(bytes), "r"(barrier)
                                  : "memory");)
            }
        }
        wait_parity(barrier, round & 1);
        __syncwarp();
    }
    const long long loaded = workload::read_clock();
    unsigned sum = 0, xor_bits = 0;
    for (unsigned i = threadIdx.x; i < total / 4; i += 32) {
        sum += buffer[i];
        xor_bits ^= buffer[i] * (i + 1);
        buffer[i] += i;
    }
    SM90(asm volatile("fence.proxy.async.shared::cta;" ::: "memory");)
    __syncwarp();
    const long long store_start = workload::read_clock();
    if (threadIdx.x == 0) {
        for (int copy = 0; copy < copies; ++copy) {
            SM90(asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(out + offset + copy * (bytes / 4)),
                              "r"(place + copy * bytes), "r"(bytes)
                              : "memory");)
        }
        SM90(asm volatile("cp.async.bulk.commit_group;" ::: "memory");)
        SM90(asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.u32 [%0], [%1], %2;" ::"l"(sums), "r"(place), "r"(bytes)
                          : "memory");)
        SM90(asm volatile("cp.async.bulk.commit_group;" ::: "memory");)
        SM90(asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");)
    }
    __syncwarp();
    const long long store_stop = workload::read_clock();
    sum = __reduce_add_sync(0xffffffffu, sum);
    xor_bits = __reduce_xor_sync(0xffffffffu, xor_bits);
    if (threadIdx.x == 0) results[blockIdx.x] = {sum, xor_bits, loaded - start, store_stop - store_start};
}

int main(int argc, char** argv) {
    workload::Run run("bulk_copy_rate", argc, argv);
    run.needs_sm90a();
    CUDA_CHECK(cudaFuncSetAttribute(bulk, cudaFuncAttributeMaxDynamicSharedMemorySize, kBufferBytes));
    const int grid = run.pick(1, 4, 132, 264), rounds = run.pick(2, 4, 16, 64);
    const auto in = run.random().bits_vector(static_cast<std::size_t>(grid) * kBufferBytes / 4);
    workload::DeviceArray<unsigned> din(in), out(in.size()), sums(kBufferBytes / 4);
    workload::DeviceArray<Result> results(grid);
    for (const unsigned bytes : {16u, 128u, 1024u, 4096u, 32768u}) {
        for (const int copies : {1, 2, 8, 32}) {
            const unsigned total = copies * bytes, words = total / 4;
            if (total > static_cast<unsigned>(kBufferBytes) || (run.size() == workload::Size::Tiny && total > 16384)) continue;
            const std::string label = std::to_string(copies) + " copies of " + std::to_string(bytes) + " bytes";
            run.launch(
                label.c_str(),
                [&] {
                    out.fill_bytes(0);
                    sums.fill_bytes(0);
                },
                [&] { bulk<<<grid, 32, kBufferBytes>>>(rounds, copies, bytes, din, out, sums, results); });
            std::vector<unsigned> expected_out(in.size(), 0), expected_sums(kBufferBytes / 4, 0), got, wanted;
            std::vector<long long> loads, stores;
            const auto all = results.to_host();
            for (int b = 0; b < grid; ++b) {
                unsigned sum = 0, xor_bits = 0;
                for (unsigned i = 0; i < words; ++i) {
                    const unsigned value = in[static_cast<std::size_t>(b) * words + i];
                    sum += value;
                    xor_bits ^= value * (i + 1);
                    expected_out[static_cast<std::size_t>(b) * words + i] = value + i;
                    if (i < bytes / 4) expected_sums[i] += value + i;
                }
                wanted.insert(wanted.end(), {sum, xor_bits});
                got.insert(got.end(), {all[b].sum, all[b].xor_bits});
                loads.push_back(all[b].load_cycles);
                stores.push_back(all[b].store_cycles);
            }
            run.check_equal(("loaded, " + label).c_str(), got, wanted);
            run.check_equal(("stored, " + label).c_str(), out.to_host(), expected_out);
            run.check_equal(("added, " + label).c_str(), sums.to_host(), expected_sums);
            workload::report(run, ("load, a round of " + label).c_str(), loads, rounds);
            workload::report(run, ("store and add, " + label).c_str(), stores, 1);
        }
    }
    return run.finish();
}
