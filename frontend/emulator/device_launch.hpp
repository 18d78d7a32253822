// Launches from the device: CUDA dynamic parallelism, second generation (CDP2, CUDA 12 and later).
//
// What hardware this is: kernels ask the driver's device-side functions for a parameter buffer, fill it in and launch.
// What is modelled: a child grid becomes visible to the host side in the order of the launches and starts after its parent
// has ended, which CDP2 allows: a parent cannot wait for its children. Those of one CTA run in order, tail launches last. Streams and events of the device are names only:
// launch order satisfies them. Device, attribute and limit queries are those of the emulated GPU.
// What is not: a child that runs beside its parent; launches of device graphs (reported as not supported when called).
// Sources: the code nvcc emits around <<< >>> in device code and cudadevrt's wrappers, which hand their arguments through.
#pragma once

#include "frontend/emulator/grid.hpp"

#include <deque>
#include <map>
#include <vector>

namespace heddle::emulator {

// Launches of one device that were prepared or made by kernels. At most kMost at a time.
class DeviceLaunches {
  public:
    static constexpr std::size_t kMost = 1U << 20; // together, prepared and pending

    // A buffer for `request`'s parameters; 0 if there are too many or no memory is left.
    Address prepare(DeviceMemory& memory, LaunchRequest request);
    // Makes the launch whose parameters are at `buffer`. False if there is none.
    // `tail`: after everything else kernels launched.
    bool launch(DeviceMemory& memory, Address buffer, bool tail);
    // All launches to execute next; once there are none, one tail launch. Empty at the end.
    std::vector<LaunchRequest> take();
    // Forgets everything: the kernel that made them has failed, or ended without launching what it prepared.
    void clear(DeviceMemory& memory);
    static bool made_by_kernel(const LaunchRequest& request) { return (request.stream & kChildren) != 0; }
    static constexpr std::uint64_t kChildren = 1ULL << 63; // in the number of a stream that is none of the host's
    std::uint32_t last_error = 0; // of the kernels' own calls; hardware keeps one per thread
    Address new_handle() { return next_handle_ += 8; } // of a stream or an event

  private:
    std::map<Address, LaunchRequest> prepared_;
    std::vector<LaunchRequest> pending_;
    std::deque<LaunchRequest> tails_;
    Address next_handle_ = 0x1000;
};

struct SystemCall;
// The device-side functions of the driver that these need.
std::span<const SystemCall> device_launch_calls();
// What every other function of the driver does: it throws DeviceFault, naming itself.
void unknown_system_call(Warp& warp, const MicroOp& op);

} // namespace heddle::emulator
