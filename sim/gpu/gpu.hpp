// The whole GPU: this file and gpu.cpp are the block diagram.
//
//   dispatcher ──> SM ──> request crossbar of its GPC ──> L2 slice ──> HBM channel
//        <──────── SM <── reply crossbar of its GPC  <── L2 slice <── HBM channel
//
// Every arrow is a link with a latency from the configuration; the smallest of them is the lookahead.
#pragma once

#include "sim/gpu/gpu_config.hpp"
#include "sim/gpu/observation.hpp"
#include "sim/gpu/run_record.hpp"
#include "sim/kernel/simulation.hpp"

#include <functional>
#include <memory>

namespace heddle {

enum class CacheState : std::uint8_t {
    Cold,  // L2 is emptied before every kernel
    Carry, // L2 starts empty and keeps its content from kernel to kernel
    Warm,  // as Carry, and copies to the device leave their lines in L2
};

struct GpuRunOptions {
    RunOptions computation;              // threads, quantum, skip: never change the result
    // Drives the simulation instead of Simulation::run(), e.g. on SystemC.
    std::function<void(Simulation&, const RunOptions&)> host;
    CacheState cache = CacheState::Carry;
    std::uint64_t first_kernel = 1;      // launches outside [first, last] are not simulated
    std::uint64_t last_kernel = ~0ULL;
    // Called about every quantum with simulated time and progress; must not block.
    struct Progress {
        Time time = 0;
        std::uint64_t kernels_done = 0;
        std::uint64_t kernels = 0; // 0: not known
        std::uint64_t ctas_done = 0, ctas = 0; // of the running kernels
        std::uint64_t warp_instructions = 0;   // of finished CTAs
    };
    std::function<void(const Progress&)> progress;
    ObservationOptions observe;          // never changes the result
    // Called when a kernel has ended, with the machine at rest at that point of simulated time: for governors, which
    // may call set_sm_frequency().
    std::function<void(const KernelRecord&)> kernel_ended;
};

class Gpu {
  public:
    // `config` is copied; checked values only.
    explicit Gpu(const GpuConfig& config);
    ~Gpu();
    Gpu(const Gpu&) = delete;
    Gpu& operator=(const Gpu&) = delete;

    // Runs the workload to its end; once per Gpu. Fields of the record about the configuration file, the version and
    // the host are left to the caller. Errors: UserError from the frontend or for a CTA that cannot fit, Deadlock,
    // InternalError.
    RunRecord run(Workload& workload, const GpuRunOptions& options);

    // Changes the SM clock: from the start if called before run(), from that point of simulated time on if called by
    // GpuRunOptions::kernel_ended.
    void set_sm_frequency(Hertz frequency);

    MachinePeaks peaks() const;

  private:
    struct Machine;
    std::unique_ptr<Machine> machine_;
};

} // namespace heddle
