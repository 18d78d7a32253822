// Every warp-wide primitive against a host model: the shuffles with all widths and 64-bit values, votes, match, reductions of all kinds,
// under full and partial masks; votes of the CTA.
// Stresses: SHFL (IDX, UP, DOWN, BFLY), VOTE, MATCH, REDUX, BAR.RED, lane-mask registers.
#include "common/workload.hpp"

constexpr int kBlock = 64, kResults = 40;

struct Rows {
    // One row of 32 results for each of kResults questions, for each warp.
    unsigned row[kResults][32];
};

__device__ unsigned fold64(unsigned long long value) { return static_cast<unsigned>(value) ^ static_cast<unsigned>(value >> 32); }

__global__ void ask(int warps, const unsigned* in, Rows* out) {
    const int warp = (blockIdx.x * kBlock + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (warp >= warps) return;
    const unsigned value = in[warp * 32 + lane], all = 0xffffffffu;
    int row = 0;
    const auto answer = [&](unsigned result) { out[warp].row[row++][lane] = result; };
    for (int width = 32; width >= 4; width /= 2) {
        answer(__shfl_sync(all, value, value, width));
        answer(__shfl_up_sync(all, value, 3, width));
        answer(__shfl_down_sync(all, value, 5, width));
        answer(__shfl_xor_sync(all, value, 6, width));
    }
    const unsigned long long wide = static_cast<unsigned long long>(value) * 0x100000001ull;
    answer(fold64(__shfl_sync(all, wide + lane, 31 - lane)));
    answer(static_cast<unsigned>(__shfl_xor_sync(all, static_cast<double>(value), 9)));
    answer(static_cast<unsigned>(__shfl_down_sync(all, static_cast<int>(value), 1)));
    answer(__ballot_sync(all, value & 1));
    answer(__any_sync(all, value == in[warp * 32]));
    answer(__all_sync(all, value > 5));
    answer(__match_any_sync(all, value % 4));
    answer(__match_any_sync(all, wide % 3));
    int same = -1;
    answer(__match_all_sync(all, value % 2, &same));
    answer(same);
    answer(__reduce_add_sync(all, value));
    answer(__reduce_min_sync(all, value));
    answer(__reduce_max_sync(all, value));
    answer(static_cast<unsigned>(__reduce_min_sync(all, static_cast<int>(value))));
    answer(static_cast<unsigned>(__reduce_max_sync(all, static_cast<int>(value))));
    answer(__reduce_and_sync(all, value | 0xff));
    answer(__reduce_or_sync(all, value & 0x0f0f));
    answer(__reduce_xor_sync(all, value));
    // Partial masks: the odd lanes and the even lanes each among themselves.
    const unsigned mine = lane % 2 ? 0xaaaaaaaau : 0x55555555u;
    if (lane % 2) {
        answer(__shfl_sync(mine, value, 7) + 1);
        answer(__ballot_sync(mine, value & 2));
        answer(__reduce_add_sync(mine, value));
        answer(__match_any_sync(mine, value % 3));
    } else {
        answer(__shfl_sync(mine, value, 8) + 2);
        answer(__ballot_sync(mine, value & 4));
        answer(__reduce_max_sync(mine, value));
        answer(__match_any_sync(mine, value % 5));
    }
    __syncwarp();
    answer(__activemask() >> lane & 1);
    answer(row);
}

__global__ void ask_block(const unsigned* in, int4* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    const int count = __syncthreads_count(in[i] % 3 == 0), any = __syncthreads_or(in[i] % 64 == 1),
              every = __syncthreads_and(in[i] % 64 != 2);
    out[i] = make_int4(count, any != 0, every != 0, i);
}

Rows model(const unsigned* v) {
    Rows rows{};
    const auto fold = [](unsigned long long x) { return static_cast<unsigned>(x) ^ static_cast<unsigned>(x >> 32); };
    unsigned sum = 0, low = ~0u, high = 0, conjunction = ~0u, disjunction = 0, exclusive = 0, ballot = 0, equal_to_first = 0, above_5 = 1;
    int signed_low = 0x7fffffff, signed_high = -0x7fffffff - 1;
    for (int i = 0; i < 32; ++i) {
        sum += v[i];
        low = v[i] < low ? v[i] : low;
        high = v[i] > high ? v[i] : high;
        signed_low = static_cast<int>(v[i]) < signed_low ? static_cast<int>(v[i]) : signed_low;
        signed_high = static_cast<int>(v[i]) > signed_high ? static_cast<int>(v[i]) : signed_high;
        conjunction &= v[i] | 0xff;
        disjunction |= v[i] & 0x0f0f;
        exclusive ^= v[i];
        ballot |= (v[i] & 1) << i;
        equal_to_first |= v[i] == v[0];
        above_5 &= v[i] > 5;
    }
    for (int lane = 0; lane < 32; ++lane) {
        int row = 0;
        const auto answer = [&](unsigned result) { rows.row[row++][lane] = result; };
        for (int width = 32; width >= 4; width /= 2) {
            const int base = lane / width * width, in = lane % width;
            answer(v[base + v[lane] % width]);
            answer(v[in >= 3 ? lane - 3 : lane]);
            answer(v[in + 5 < width ? lane + 5 : lane]);
            // A partner in a higher segment is out of reach; one in a lower segment is not.
            answer(v[(lane ^ 6) < base + width ? lane ^ 6 : lane]);
        }
        const auto peers = [&](auto key, unsigned among) {
            unsigned mask = 0;
            for (int i = 0; i < 32; ++i) mask |= static_cast<unsigned>((among >> i & 1) && key(i) == key(lane)) << i;
            return mask;
        };
        answer(fold(v[31 - lane] * 0x100000001ull + 31 - lane));
        answer(v[lane ^ 9]);
        answer(v[lane < 31 ? lane + 1 : lane]);
        answer(ballot);
        answer(equal_to_first);
        answer(above_5);
        answer(peers([&](int i) { return v[i] % 4; }, ~0u));
        answer(peers([&](int i) { return v[i] * 0x100000001ull % 3; }, ~0u));
        const bool same = ballot == 0 || ballot == ~0u;
        answer(same ? ~0u : 0);
        answer(same);
        for (const unsigned result :
             {sum, low, high, static_cast<unsigned>(signed_low), static_cast<unsigned>(signed_high), conjunction, disjunction, exclusive}) {
            answer(result);
        }
        unsigned half_sum = 0, half_high = 0, half_ballot = 0;
        for (int i = lane % 2; i < 32; i += 2) {
            half_sum += v[i];
            half_high = v[i] > half_high ? v[i] : half_high;
            half_ballot |= static_cast<unsigned>((v[i] & (lane % 2 ? 2 : 4)) != 0) << i;
        }
        answer(lane % 2 ? v[7] + 1 : v[8] + 2);
        answer(half_ballot);
        answer(lane % 2 ? half_sum : half_high);
        answer(peers([&](int i) { return v[i] % (lane % 2 ? 3 : 5); }, lane % 2 ? 0xaaaaaaaau : 0x55555555u));
        answer(1);
        answer(row);
    }
    return rows;
}

int main(int argc, char** argv) {
    workload::Run run("warp_primitives", argc, argv);
    const int warps = run.pick(64, 600, 20'000, 100'000), n = warps * 32;
    auto in = run.random().bits_vector(n);
    // Some warps of small, equal or all-even values, so that every vote falls both ways.
    for (int warp = 0; warp < warps; warp += 4) {
        for (int lane = 0; lane < 32; ++lane) in[warp * 32 + lane] = warp % 8 == 0 ? in[warp * 32] : in[warp * 32 + lane] % 64 * 2;
    }
    std::vector<Rows> expected(warps);
    for (int warp = 0; warp < warps; ++warp) expected[warp] = model(&in[warp * 32]);
    workload::DeviceArray<unsigned> din(in);
    workload::DeviceArray<Rows> out(warps);
    out.fill_bytes(0);
    run.launch("warps", [&] { ask<<<workload::ceil_div(n, kBlock), kBlock>>>(warps, din, out); });
    const auto actual = out.to_host();
    for (int row = 0; row < kResults; ++row) {
        std::vector<unsigned> got, wanted;
        for (int warp = 0; warp < warps; ++warp) {
            got.insert(got.end(), actual[warp].row[row], actual[warp].row[row] + 32);
            wanted.insert(wanted.end(), expected[warp].row[row], expected[warp].row[row] + 32);
        }
        run.check_equal(("question " + std::to_string(row)).c_str(), got, wanted);
    }

    workload::DeviceArray<int4> votes(n);
    run.launch("block", [&] { ask_block<<<n / kBlock, kBlock>>>(din, votes); });
    std::vector<int4> expected_votes(n);
    for (int i = 0; i < n; ++i) {
        int4 vote = make_int4(0, 0, 1, i);
        for (int k = i / kBlock * kBlock; k < (i / kBlock + 1) * kBlock; ++k) {
            vote.x += in[k] % 3 == 0;
            vote.y |= in[k] % 64 == 1;
            vote.z &= in[k] % 64 != 2;
        }
        expected_votes[i] = vote;
    }
    run.check_equal("block votes", votes.to_host(), expected_votes);
    return run.finish();
}
