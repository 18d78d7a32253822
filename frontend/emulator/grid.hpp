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
#include <map>
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
    const Row* constant_rows() const { return rows_; }
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

    // By instruction of the module.
    InstructionCount* counts() { return counts_.data(); }
    // After Module::prepare(): gives new constant rows their values.
    void extend_constants();
    // Takes back the count of the instruction that is about to be executed again.
    void uncount(Warp& warp, std::uint32_t number);
    std::uint32_t registers() const { return registers_; } // per lane, device functions included
    void widen(std::uint32_t registers); // a function that needs more registers was found
    Bytes local_bytes() const { return local_bytes_; }     // per thread
    std::uint64_t warp_instructions() const;
    std::uint64_t thread_instructions() const;
    // Simulated time for CLOCK and GLOBALTIMER: cycles of the SM clock; instructions executed advance it.
    std::uint64_t clock_base = 0;
    std::uint64_t time_base_ns = 0;

  private:
    Device& device_;
    LaunchRequest request_;
    void check() const;
    void lay_out_bank0();
    void count_opcodes();
    bool step(std::size_t most_resident);
    void check_time();
    Row* rows_ = nullptr; // a reservation of address space, so that rows may be added
    std::size_t rows_filled_ = 0;
    std::vector<std::byte> bank0_;
    std::vector<InstructionCount> counts_;
    std::uint32_t registers_ = 0;
    Bytes local_bytes_ = 0;
    Address workspace_ = 0; // of a cooperative launch: the grid barrier
    Address parameter_copy_ = 0; // from sm_90 on: the parameters in global memory
    std::uint64_t next_ = 0; // linear index of the next CTA to start
    // CTAs that run at the same time: a cluster, or one CTA.
    struct Resident {
        std::vector<std::unique_ptr<Cta>> ctas;
        std::unique_ptr<Cluster> cluster;
        std::vector<Recorded> recorded;
        bool finished() const;
    };
    std::unique_ptr<Resident> make_resident();
    bool run_resident(Resident& resident, std::uint64_t turn);
    std::deque<std::unique_ptr<Resident>> residents_;
    std::map<std::uint64_t, Recorded> done_; // by linear index
    std::uint64_t handed_out_ = 0;
    bool recording_ = false;
    double deadline_ = 0; // host seconds, steady clock; 0: none
    std::uint64_t since_check_ = 0;
};

} // namespace heddle::emulator
