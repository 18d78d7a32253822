#include "frontend/cuda/functional_backend.hpp"

#include <algorithm>

namespace heddle::cuda {

namespace {

constexpr std::uint64_t kLaunchNs = 2000;
constexpr std::uint64_t kTransferNs = 1500;
constexpr std::uint64_t kRecordNs = 1000;     // between two events with nothing between them
constexpr std::uint64_t kHostBytesPerNs = 50; // PCIe 5.0 x16, sustained
constexpr std::uint64_t kSchedulersPerSm = 4;

} // namespace

void FunctionalBackend::advance(StreamId stream, std::uint64_t start_ns, std::uint64_t length_ns) {
    std::uint64_t& end = stream_ns_[stream];
    end = std::max({end, start_ns, fence_ns_}) + length_ns;
    now_ns_ = std::max(now_ns_, end);
}

void FunctionalBackend::launch(const emulator::LaunchRequest& request, const LaunchOptions&) {
    emulator::Grid grid(device_, request);
    ++device_.launches;
    set_clocks(grid);
    grid.run();
    executed(request.stream, grid.warp_instructions());
}

void FunctionalBackend::set_clocks(emulator::Grid& grid) const {
    const std::uint64_t megahertz = device_.properties().sm_clock_hz / 1'000'000;
    grid.time_base_ns = now_ns_;
    grid.clock_base = now_ns_ / 1000 * megahertz + now_ns_ % 1000 * megahertz / 1000;
}

void FunctionalBackend::executed(StreamId stream, std::uint64_t warp_instructions) {
    const emulator::DeviceProperties& gpu = device_.properties();
    const std::uint64_t cycles = 2 * warp_instructions / (kSchedulersPerSm * std::max(gpu.sms, 1U));
    const std::uint64_t ns = cycles * 1000 / std::max<std::uint64_t>(gpu.sm_clock_hz / 1'000'000, 1);
    advance(stream, kernel_ns_, kLaunchNs + ns);
    kernel_ns_ = stream_ns_[stream];
}

void FunctionalBackend::transfer(StreamId stream, Transfer kind, Bytes bytes) {
    const emulator::DeviceProperties& gpu = device_.properties();
    const std::uint64_t memory = std::max<std::uint64_t>(2 * gpu.memory_clock_hz / 1'000'000 * gpu.memory_bus_bits / 8 / 1000, 1);
    const bool host = kind == Transfer::HostToDevice || kind == Transfer::DeviceToHost;
    advance(stream, 0, kTransferNs + bytes / (host ? kHostBytesPerNs : memory));
}

Ticket FunctionalBackend::record(StreamId stream) {
    advance(stream, 0, kRecordNs);
    tickets_.push_back(stream_ns_[stream]);
    return tickets_.size();
}

void FunctionalBackend::wait(StreamId stream, Ticket ticket) { advance(stream, time_ns(ticket), 0); }

std::uint64_t FunctionalBackend::time_ns(Ticket ticket) { return ticket == 0 || ticket > tickets_.size() ? 0 : tickets_[ticket - 1]; }

} // namespace heddle::cuda
