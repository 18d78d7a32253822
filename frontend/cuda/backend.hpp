// What executes the work of a CUDA program: at once without timing, or on the GPU model.
//
// What hardware this is: the GPU's front end as a driver sees it: streams that hold work in order, and a clock.
// What is modelled: work on one stream runs in order; streams are independent unless wait() ties them; time is
// simulated nanoseconds since the start of the program. What is not: how long the program's own code takes on the host.
// Rules of the runtime (the legacy default stream, graphs, events) are resolved above this interface.
// Every call comes with the runtime's lock held, so a backend needs no lock of its own.
#pragma once

#include "frontend/cuda/session.hpp"
#include "frontend/emulator/device.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace heddle::cuda {

using StreamId = std::uint64_t; // 0: the legacy default stream; never used twice

// A point in a stream: "everything queued so far". 0 is a point before all work.
using Ticket = std::uint64_t;

// What a launch asks for beyond the emulator's LaunchRequest.
struct LaunchOptions {
    int priority = 0;          // of the stream or the launch: lower numbers go first
    bool programmatic = false; // may start before the kernel ahead of it has finished (programmatic dependent launch)
};

enum class Transfer : std::uint8_t { HostToHost, HostToDevice, DeviceToHost, DeviceToDevice, Fill };

class Backend {
  public:
    virtual ~Backend() = default;

    // Queues a kernel behind everything queued on request.stream. Throws DeviceFault of this or an earlier kernel
    // (the program hears of it at its next call), UserError if the launch cannot be executed.
    virtual void launch(const emulator::LaunchRequest& request, const LaunchOptions& options) = 0;
    // A copy or fill of `bytes` took place on `stream`. Called after synchronize(), once the bytes are there: only its time is
    // to be accounted for.
    virtual void transfer(StreamId stream, Transfer kind, Bytes bytes) = 0;
    // Marks the point behind everything queued on `stream`.
    virtual Ticket record(StreamId stream) = 0;
    // What is queued on `stream` from now on starts after `ticket`.
    virtual void wait(StreamId stream, Ticket ticket) = 0;
    // What is queued from now on, on any stream, starts after everything queued so far.
    virtual void fence() = 0;
    // Executes everything queued. Throws DeviceFault.
    virtual void synchronize() = 0;
    // When a point was reached, simulated ns. Requires: synchronize() was called after record().
    virtual std::uint64_t time_ns(Ticket ticket) = 0;
    // The time at which everything executed so far had finished, simulated ns.
    virtual std::uint64_t now_ns() const = 0;
    // The program ends: leave what it is to report in `folder` (named as `prefix` + something), once.
    virtual void write_results(const std::string& /*folder*/, const std::string& /*prefix*/) {}
};

// Made by whoever links the library: functional, or timed if the session asks for it. Errors: UserError.
std::unique_ptr<Backend> make_backend(const Session& session, emulator::Device& device);

} // namespace heddle::cuda
