// One launch under emulation: constants, resident CTAs, progress, statistics.
//
// What is modelled: CTAs run one after another, or several at once where they wait for each other: cooperative launches,
// clusters, and kernels whose CTAs spin on memory. The order is fixed, so a run repeats to the bit.
#pragma once

#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/module.hpp"
#include "frontend/emulator/recorder.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace heddle::emulator {

class Device;

struct LaunchRequest {
    const Function* function = nullptr;
    Dim3 grid{}, block{};
    Dim3 cluster{1, 1, 1};
    Bytes dynamic_shared = 0;
    std::vector<std::byte> parameters; // as laid out in the parameter area
    bool cooperative = false;
    std::uint64_t stream = 0;
};

// Executions of one instruction: by warps, and by threads with their predicate on.
struct InstructionCount {
    std::uint64_t warps = 0, threads = 0;
};

class Grid {
  public:
    // Checks the launch against the device's limits. Errors: UserError (too many threads, too much shared memory ...).
    Grid(Device& device, const LaunchRequest& request);
    ~Grid();

    Device& device() { return device_; }
    const LaunchRequest& request() const { return request_; }
    const Function& function() const { return *request_.function; }
    Module& module() { return *request_.function->module; }
    const Row* constant_rows() const { return rows_.get(); }
    // Constant bank 0 of this launch, or a bank of the module. Empty if there is none.
    std::span<const std::byte> constant_bank(unsigned bank) const;

    // Runs all CTAs to their end. Throws DeviceFault.
    void run();

    // For the timing model: emulates the next CTA (or cluster, or, if CTAs wait for each other, as many as needed) and
    // hands out one CTA's recorded warps, in order of the linear index.
    struct Recorded {
        Dim3 index;
        std::vector<std::unique_ptr<WarpRecorder>> warps;
    };
    std::optional<Recorded> next_recorded();

    std::vector<InstructionCount> counts; // by instruction of the module
    std::uint64_t warp_instructions() const;
    std::uint64_t thread_instructions() const;
    // Simulated time for CLOCK and GLOBALTIMER: cycles of the SM clock; instructions executed advance it.
    std::uint64_t clock_base = 0;
    std::uint64_t time_base_ns = 0;

  private:
    void start_ctas();
    std::unique_ptr<Cta> make_cta(std::uint64_t linear);
    Device& device_;
    LaunchRequest request_;
    std::unique_ptr<Row[]> rows_;
    std::vector<std::byte> bank0_;
    std::uint64_t next_ = 0; // linear index of the next CTA to start
    struct Resident {
        std::unique_ptr<Cta> cta;
        Recorded recorded;
    };
    std::deque<std::unique_ptr<Resident>> residents_;
    std::deque<Recorded> done_;
    std::vector<std::unique_ptr<Cluster>> clusters_;
    bool recording_ = false;
};

} // namespace heddle::emulator
