// Executes kernels when they are launched, and estimates how long they would take.
//
// What is modelled: results. Time is an estimate so that programs that divide by it work: a launch costs 2 us plus its warp
// instructions at half the GPU's issue rate, one kernel after another; copies run at the rate of PCIe 5 or of device memory.
// What is not: everything else about time; the timed backend is for that.
#pragma once

#include "frontend/cuda/backend.hpp"

#include <map>
#include <vector>

namespace heddle::cuda {

class FunctionalBackend : public Backend {
  public:
    explicit FunctionalBackend(emulator::Device& device) : device_(device) {}

    void launch(const emulator::LaunchRequest& request, const LaunchOptions& options) override;
    void transfer(StreamId stream, Transfer kind, Bytes bytes) override;
    Ticket record(StreamId stream) override;
    void wait(StreamId stream, Ticket ticket) override;
    void fence() override { fence_ns_ = now_ns_; }
    void synchronize() override {}
    std::uint64_t time_ns(Ticket ticket) override;
    std::uint64_t now_ns() const override { return now_ns_; }

  protected:
    // Accounts for a kernel of so many warp instructions.
    void executed(StreamId stream, std::uint64_t warp_instructions);
    // clock64() and %globaltimer of a kernel that starts now: they never go backwards from kernel to kernel.
    void set_clocks(emulator::Grid& grid) const;

  private:
    void advance(StreamId stream, std::uint64_t start_ns, std::uint64_t length_ns);
    emulator::Device& device_;
    std::map<StreamId, std::uint64_t> stream_ns_; // when the last work of a stream ended
    std::vector<std::uint64_t> tickets_;          // times, by ticket - 1
    std::uint64_t kernel_ns_ = 0;                 // when the last kernel ended
    std::uint64_t fence_ns_ = 0;
    std::uint64_t now_ns_ = 0;
};

} // namespace heddle::cuda
