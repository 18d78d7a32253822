// One lane for a warp and one warp for another: elect.sync in whole and in divergent warps, the older ways to choose a leader (ballot and
// find-first, match), redux, registers handed from one warpgroup to another by setmaxnreg, and producer and consumer warps that meet at
// named barriers with arrive on one side and sync on the other. Stresses: ELECT, VOTE, MATCH, REDUX, USETMAXREG, BAR.ARV and BAR.SYNC with
// ids.
#include "common/workload.hpp"

#include <algorithm>

#include "dl/hopper.cuh"

// Per warp w, in out[w * 8 ...]: lanes elected in the whole warp, lanes elected among the even lanes and among the odd ones, sum of the
// leaders' numbers, and what the older ways give.
__global__ void __launch_bounds__(128) elect(const int* __restrict__ keys, int* __restrict__ out) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    constexpr unsigned kAll = 0xffffffffu;
    const int lane = threadIdx.x % 32, warp = (blockIdx.x * 128 + threadIdx.x) / 32, key = keys[blockIdx.x * 128 + threadIdx.x];
    int leader = 0;
    const int whole = __reduce_add_sync(kAll, static_cast<unsigned>(dl::elect_one()));
    int part = 0;
    if (lane % 2 == 0) part = dl::elect_among(0x55555555u, leader) && leader == lane ? 1 : 0;
    else part = dl::elect_among(0xaaaaaaaau, leader) && leader == lane ? 16 : 0;
    const int parts = __reduce_add_sync(kAll, static_cast<unsigned>(part));
    const bool agrees = leader % 2 == lane % 2; // each half has a leader of its own
    const unsigned ballot = __ballot_sync(kAll, key & 1), same = __match_any_sync(kAll, key);
    int* place = out + warp * 8;
    const int groups = __popc(__ballot_sync(kAll, lane == __ffs(same) - 1)); // one leader for each distinct key
    const int least = __reduce_min_sync(kAll, key), largest = __reduce_max_sync(kAll, key);
    const unsigned bits = __reduce_or_sync(kAll, 1u << (key & 31));
    const int all_agree = __all_sync(kAll, agrees);
    if (lane == 0) {
        place[0] = whole, place[1] = parts, place[2] = all_agree, place[3] = __ffs(ballot);
        place[4] = groups, place[5] = least, place[6] = largest, place[7] = static_cast<int>(bits);
    }
#endif
}

// Warpgroup 0 gives registers away and produces; warpgroup 1 takes them and consumes: 24 + 232 is twice the 128 that the launch bounds
// leave to a thread. Two buffers, barriers 1 and 2 say "full", 3 and 4 say "empty": one side arrives, the other waits.
__global__ void __launch_bounds__(256, 2) hand_over(int rounds, const int* __restrict__ x, int* __restrict__ sums) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ int buffer[2][128];
    const int t = threadIdx.x % 128;
    if (threadIdx.x < 128) {
        dl::give_registers<24>();
        for (int round = 0; round < rounds; ++round) {
            const int which = round & 1;
            if (round >= 2) dl::named_barrier(3 + which, 256); // wait until the consumers are done with it
            buffer[which][t] = x[(blockIdx.x * rounds + round) * 128 + t] * 2;
            __threadfence_block();
            dl::named_barrier_arrive(1 + which, 256);
        }
    } else {
        dl::take_registers<232>();
        int sum = 0;
        for (int round = 0; round < rounds; ++round) {
            const int which = round & 1;
            dl::named_barrier(1 + which, 256);
            sum += buffer[which][t ^ round % 128] * (round + 1);
            if (round + 2 < rounds) dl::named_barrier_arrive(3 + which, 256);
        }
        sums[blockIdx.x * 128 + t] = sum;
    }
#endif
}

int main(int argc, char** argv) {
    workload::Run run("warp_election", argc, argv);
    run.needs_sm90a();
    const int ctas = run.pick(4, 60, 2000, 20000), warps = ctas * 4;
    const auto keys = run.random().integer_vector<int>(static_cast<size_t>(warps) * 32, -20, 20);
    std::vector<int> expected;
    for (int w = 0; w < warps; ++w) {
        const int* k = keys.data() + static_cast<size_t>(w) * 32;
        int first_odd = 0, groups = 0;
        unsigned bits = 0;
        for (int lane = 31; lane >= 0; --lane) {
            if (k[lane] & 1) first_odd = lane + 1;
            groups += std::find(k, k + lane, k[lane]) == k + lane;
            bits |= 1u << (k[lane] & 31);
        }
        for (const int value :
             {1, 17, 1, first_odd, groups, *std::min_element(k, k + 32), *std::max_element(k, k + 32), static_cast<int>(bits)})
            expected.push_back(value);
    }
    workload::DeviceArray<int> keys_d(keys), out_d(expected.size());
    run.launch("elect", [&] { elect<<<ctas, 128>>>(keys_d, out_d); });
    run.check_equal("elect", out_d.to_host(), expected);

    const int rounds = run.pick(20, 40, 100, 200), blocks = run.pick(2, 10, 264, 2640);
    const auto x = run.random().integer_vector<int>(static_cast<size_t>(blocks) * rounds * 128, -100, 100);
    std::vector<int> sums(static_cast<size_t>(blocks) * 128, 0);
    for (int b = 0; b < blocks; ++b)
        for (int round = 0; round < rounds; ++round)
            for (int t = 0; t < 128; ++t)
                sums[b * 128 + t] += x[(static_cast<size_t>(b) * rounds + round) * 128 + (t ^ round % 128)] * 2 * (round + 1);
    workload::DeviceArray<int> x_d(x), sums_d(sums.size());
    run.launch("hand over", [&] { hand_over<<<blocks, 256>>>(rounds, x_d, sums_d); });
    run.check_equal("hand over", sums_d.to_host(), sums);
    return run.finish();
}
