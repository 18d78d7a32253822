// The special registers: indices, lane masks, SM and warp numbers, clocks and timers, sizes of the grid and of shared memory; each against
// what the launch says.
#include "common/measure.hpp"

struct Seen {
    unsigned tid[3], ntid[3], ctaid[3], nctaid[3];
    unsigned lane, warp, warps, sm, sms;
    unsigned mask_eq, mask_lt, mask_le, mask_gt, mask_ge;
    unsigned dynamic_shared, total_shared;
    unsigned clock_moves, timer_moves;
    unsigned long long grid;
};

#define READ32(target, name) asm volatile("mov.u32 %0, %%" name ";" : "=r"(target))

__global__ void look(Seen* out, unsigned* done) {
    extern __shared__ unsigned dynamic[];
    __shared__ unsigned fixed[10];
    Seen s;
    READ32(s.tid[0], "tid.x");
    READ32(s.tid[1], "tid.y");
    READ32(s.tid[2], "tid.z");
    READ32(s.ntid[0], "ntid.x");
    READ32(s.ntid[1], "ntid.y");
    READ32(s.ntid[2], "ntid.z");
    READ32(s.ctaid[0], "ctaid.x");
    READ32(s.ctaid[1], "ctaid.y");
    READ32(s.ctaid[2], "ctaid.z");
    READ32(s.nctaid[0], "nctaid.x");
    READ32(s.nctaid[1], "nctaid.y");
    READ32(s.nctaid[2], "nctaid.z");
    READ32(s.lane, "laneid");
    READ32(s.warp, "warpid");
    READ32(s.warps, "nwarpid");
    READ32(s.sm, "smid");
    READ32(s.sms, "nsmid");
    READ32(s.mask_eq, "lanemask_eq");
    READ32(s.mask_lt, "lanemask_lt");
    READ32(s.mask_le, "lanemask_le");
    READ32(s.mask_gt, "lanemask_gt");
    READ32(s.mask_ge, "lanemask_ge");
    READ32(s.dynamic_shared, "dynamic_smem_size");
    READ32(s.total_shared, "total_smem_size");
    asm volatile("mov.u64 %0, %%gridid;" : "=l"(s.grid));
    const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    fixed[thread % 10] = 1;
    dynamic[thread] = thread;
    __syncthreads();

    // Clocks go forward; the global timer too, if it is watched for long enough.
    unsigned low, later;
    READ32(low, "clock");
    const long long clock = workload::read_clock();
    const unsigned long long time = workload::read_global_timer();
    unsigned long long now = time;
    for (int k = 0; k < 10'000 && now == time; ++k) {
        __nanosleep(100);
        now = workload::read_global_timer();
    }
    READ32(later, "clock");
    s.clock_moves = workload::read_clock() > clock && later != low;
    s.timer_moves = now > time;
    s.total_shared += (fixed[thread % 10] - 1) + (dynamic[thread] - thread);
    const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    out[block * blockDim.x * blockDim.y * blockDim.z + thread] = s;
    if (thread == 0) atomicAdd(done, 1u);
}

int main(int argc, char** argv) {
    workload::Run run("special_registers", argc, argv);
    const dim3 grid(run.pick(2, 3, 8, 16), 2, run.pick(1, 2, 4, 8)), block(5, 4, 3);
    const int threads = 60, blocks = static_cast<int>(grid.x * grid.y * grid.z);
    const unsigned dynamic_bytes = 1024;
    workload::DeviceArray<Seen> out(blocks * threads);
    workload::DeviceArray<unsigned> done(1);
    run.launch(
        "registers", [&] { done.fill_bytes(0); }, [&] { look<<<grid, block, dynamic_bytes>>>(out, done); });
    run.check_equal("CTAs", done.to_host()[0], static_cast<unsigned>(blocks));
    const auto all = out.to_host();
    for (int i = 0; i < blocks * threads; ++i) {
        const Seen& s = all[i];
        const unsigned t = i % threads, b = i / threads, lane = t % 32;
        const auto check = [&](bool holds, const char* what) {
            run.check(holds, std::string("thread ") + std::to_string(i) + ": " + what + " is wrong");
        };
        check(s.tid[0] == t % 5 && s.tid[1] == t / 5 % 4 && s.tid[2] == t / 20, "tid");
        check(s.ntid[0] == 5 && s.ntid[1] == 4 && s.ntid[2] == 3, "ntid");
        check(s.ctaid[0] == b % grid.x && s.ctaid[1] == b / grid.x % grid.y && s.ctaid[2] == b / grid.x / grid.y, "ctaid");
        check(s.nctaid[0] == grid.x && s.nctaid[1] == grid.y && s.nctaid[2] == grid.z, "nctaid");
        check(s.lane == lane, "laneid");
        check(s.warps >= 32 && s.warp < s.warps, "warpid");
        check(s.sms >= 1 && s.sm < s.sms, "smid");
        check(s.mask_eq == 1u << lane && s.mask_lt == (1u << lane) - 1 && s.mask_le == (2u << lane) - 1, "lanemask_eq, lt or le");
        check(s.mask_gt == ~((2u << lane) - 1) && s.mask_ge == ~((1u << lane) - 1), "lanemask_gt or ge");
        check(s.dynamic_shared == dynamic_bytes, "dynamic_smem_size");
        check(s.total_shared >= dynamic_bytes + 40, "total_smem_size");
        check(s.clock_moves == 1, "clock");
        check(s.timer_moves == 1, "globaltimer");
        check(s.grid == all[0].grid, "gridid");
    }
    return run.finish();
}
