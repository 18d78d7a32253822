#include "frontend/emulator/device_launch.hpp"

#include "frontend/emulator/device.hpp"
#include "frontend/emulator/print.hpp"
#include "frontend/emulator/system_calls.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace heddle::emulator {

namespace {

// The driver's own numbers of errors are not documented; every number but 0 reaches the program as an error.
constexpr std::uint32_t kDone = 0, kRefused = 1;
constexpr unsigned kArgument = 4;
constexpr Address kTailLaunch = 3; // cudaStreamTailLaunch
constexpr std::uint64_t kTooMany = 4096; // threads of a CTA

std::uint32_t word(Warp& w, unsigned index, unsigned lane) { return w.row(kRegisterRow + index).lane[lane]; }

Dim3 dim3_at(Warp& w, unsigned index, unsigned lane) { return {word(w, index, lane), word(w, index + 1, lane), word(w, index + 2, lane)}; }

void answer(Warp& w, unsigned lane, std::uint32_t value) { w.row(kRegisterRow + kArgument).lane[lane] = value; }

template <class T>
void store(Warp& w, unsigned lane, Address address, T value) {
    std::memcpy(generic_bytes(w, lane, address, sizeof value, true), &value, sizeof value);
}

Device& device_of(Warp& w) { return w.cta().grid().device(); }
DeviceLaunches& launches_of(Warp& w) { return device_of(w).device_launches; }

// Children of one CTA run in order, those of different CTAs side by side.
std::uint64_t stream_of_children(Warp& w) { return DeviceLaunches::kChildren | device_of(w).launches << 24 | (w.cta().linear() & 0xffffff); }

const Function* kernel_at(Warp& w, unsigned lane, Address address) {
    for (const auto& [name, function] : w.cta().grid().module().functions())
        if (function.entry == address) return &function;
    throw DeviceFault(FaultKind::InvalidPc, fmt::format("launch from the device of 0x{:x}, where no kernel begins", address), lane);
}

// (kernel, grid, block, dynamic shared memory) -> parameter buffer
void get_parameter_buffer(Warp& w, const MicroOp&) {
    for_each_lane(w.active, [&](unsigned l) {
        LaunchRequest request;
        request.function = kernel_at(w, l, register_pair(w, kArgument, l));
        request.grid = dim3_at(w, 6, l);
        request.block = dim3_at(w, 9, l);
        request.dynamic_shared = word(w, 12, l);
        request.stream = stream_of_children(w);
        if (request.function->cluster.x != 0) request.cluster = request.function->cluster;
        const auto threads = static_cast<std::uint32_t>(std::min<std::uint64_t>(request.block.volume(), kTooMany));
        const bool fits = request.grid.volume() != 0 && device_of(w).occupancy(*request.function, threads, request.dynamic_shared) != 0;
        const Address buffer = fits ? launches_of(w).prepare(device_of(w).memory(), std::move(request)) : 0;
        if (buffer == 0) launches_of(w).last_error = kRefused;
        set_register_pair(w, kArgument, l, buffer);
    });
    return_from_call(w);
}

// (parameter buffer, stream) -> error
void launch_device(Warp& w, const MicroOp&) {
    for_each_lane(w.active, [&](unsigned l) {
        const bool done = launches_of(w).launch(device_of(w).memory(), register_pair(w, kArgument, l), register_pair(w, 6, l) == kTailLaunch);
        answer(w, l, done ? kDone : kRefused);
    });
    return_from_call(w);
}

void get_last_error(Warp& w, const MicroOp&) {
    for_each_lane(w.active, [&](unsigned l) { answer(w, l, std::exchange(launches_of(w).last_error, kDone)); });
    return_from_call(w);
}

void set_last_error(Warp& w, const MicroOp&) {
    for_each_lane(w.active, [&](unsigned l) { launches_of(w).last_error = word(w, kArgument, l); });
    return_from_call(w);
}

void peek_at_last_error(Warp& w, const MicroOp&) {
    for_each_lane(w.active, [&](unsigned l) { answer(w, l, launches_of(w).last_error); });
    return_from_call(w);
}

// Functions of streams and events: the order of launches satisfies them.
void nothing_to_do(Warp& w, const MicroOp&) {
    for_each_lane(w.active, [&](unsigned l) { answer(w, l, kDone); });
    return_from_call(w);
}

// (handle*, flags)
void create(Warp& w, const MicroOp&) {
    for_each_lane(w.active, [&](unsigned l) {
        store(w, l, register_pair(w, kArgument, l), launches_of(w).new_handle());
        answer(w, l, kDone);
    });
    return_from_call(w);
}

template <std::uint32_t value>
void store_constant(Warp& w, const MicroOp&) {
    for_each_lane(w.active, [&](unsigned l) {
        store(w, l, register_pair(w, kArgument, l), value);
        answer(w, l, kDone);
    });
    return_from_call(w);
}

constexpr SystemCall kCalls[] = {
    {"__cuda_syscall_cnpv2GetParameterBufferV2", get_parameter_buffer},
    {"__cuda_syscall_cnpv2LaunchDeviceV2", launch_device},
    {"__cuda_syscall_cnpv2GetLastError", get_last_error},
    {"__cuda_syscall_cnpv2PeekAtLastError", peek_at_last_error},
    {"__cuda_syscall_cnpv2SetLastError", set_last_error},
    {"__cuda_syscall_cnpv2StreamCreate", create},
    {"__cuda_syscall_cnpv2StreamDestroy", nothing_to_do},
    {"__cuda_syscall_cnpv2StreamWaitEvent", nothing_to_do},
    {"__cuda_syscall_cnpv2EventCreate", create},
    {"__cuda_syscall_cnpv2EventRecord", nothing_to_do},
    {"__cuda_syscall_cnpv2EventDestroy", nothing_to_do},
    {"__cuda_syscall_cnpv2GetDevice", store_constant<0>},
    {"__cuda_syscall_cnpv2GetDeviceCount", store_constant<1>},
};

} // namespace

Address DeviceLaunches::prepare(DeviceMemory& memory, LaunchRequest request) {
    if (prepared_.size() + pending_.size() + tails_.size() >= kMost) return 0;
    const Address buffer = memory.allocate(std::max<Bytes>(request.function->parameter_bytes, 1), AllocationKind::Global, "parameters of a launch from the device");
    if (buffer != 0) prepared_.emplace(buffer, std::move(request));
    return buffer;
}

bool DeviceLaunches::launch(DeviceMemory& memory, Address buffer, bool tail) {
    const auto it = prepared_.find(buffer);
    if (it == prepared_.end()) return false;
    LaunchRequest request = std::move(it->second);
    prepared_.erase(it);
    const std::byte* bytes = memory.bytes(buffer, request.function->parameter_bytes);
    request.parameters.assign(bytes, bytes + request.function->parameter_bytes);
    memory.release(buffer);
    if (tail) tails_.push_back(std::move(request));
    else pending_.push_back(std::move(request));
    return true;
}

std::vector<LaunchRequest> DeviceLaunches::take() {
    if (!pending_.empty()) return std::exchange(pending_, {});
    std::vector<LaunchRequest> next;
    if (tails_.empty()) return next;
    next.push_back(std::move(tails_.front()));
    tails_.pop_front();
    return next;
}

void DeviceLaunches::clear(DeviceMemory& memory) {
    for (const auto& [buffer, request] : prepared_) memory.release(buffer);
    prepared_.clear();
    pending_.clear();
    tails_.clear();
    last_error = 0;
}

std::span<const SystemCall> device_launch_calls() { return kCalls; }

void unknown_system_call(Warp& w, const MicroOp& op) {
    throw DeviceFault(FaultKind::NotSupported, fmt::format("the device function {} is not implemented", w.cta().grid().module().function_at(op.number * sass::kWordBytes)),
                      static_cast<unsigned>(std::countr_zero(w.active | 0x80000000U)));
}

} // namespace heddle::emulator
