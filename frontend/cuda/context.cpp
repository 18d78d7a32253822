#include "frontend/cuda/context.hpp"

#include "frontend/cuda/copy.hpp"
#include "frontend/cuda/message.hpp"
#include "frontend/cuda/results.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <unistd.h>

namespace heddle::cuda {

namespace {

std::atomic<Context*> context{nullptr};

Error error_of(emulator::FaultKind kind) {
    switch (kind) {
    case emulator::FaultKind::IllegalAddress: return Error::IllegalAddress;
    case emulator::FaultKind::MisalignedAddress: return Error::MisalignedAddress;
    case emulator::FaultKind::InvalidAddressSpace: return Error::InvalidAddressSpace;
    case emulator::FaultKind::IllegalInstruction: return Error::IllegalInstruction;
    case emulator::FaultKind::InvalidPc: return Error::InvalidPc;
    case emulator::FaultKind::HardwareStack: return Error::HardwareStackError;
    case emulator::FaultKind::Trap: return Error::LaunchFailure;
    case emulator::FaultKind::Assert: return Error::Assert;
    case emulator::FaultKind::Timeout: return Error::LaunchTimeout;
    case emulator::FaultKind::NotSupported: return Error::NotSupported;
    }
    return Error::LaunchFailure;
}

std::string program_path() {
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : std::string("?");
}

} // namespace

std::mutex& Context::mutex() {
    static auto& mutex = *new std::mutex; // never destroyed: programs call us until the very end
    return mutex;
}

Context* Context::existing() { return context.load(std::memory_order_acquire); }

Context& Context::get() {
    if (Context* made = existing()) return *made;
    const char* folder = std::getenv(kSessionVariable);
    const std::string name = folder == nullptr ? "" : folder;
    auto* made = new Context(name.empty() ? Session{} : read_session(name), name);
    context.store(made, std::memory_order_release);
    watch_end();
    return *made;
}

Context::Context(Session s, std::string f)
    : session(std::move(s)), folder(std::move(f)), device(session.device), owner_(static_cast<std::uint64_t>(getpid())) {
    device.timeout_seconds = session.timeout_seconds;
    backend = make_backend(session, device);
    record.pid = owner_;
    record.program = program_path();
}

bool Context::forked() const { return static_cast<std::uint64_t>(getpid()) != owner_; }

// Work in the legacy default stream waits for all blocking streams, and they for it.
void Context::order_streams(Stream& stream) {
    const bool legacy = &stream == &streams.legacy();
    if (!legacy && !stream.blocking()) return;
    if (legacy ? blocking_used_ : legacy_used_) {
        backend->fence();
        legacy_used_ = blocking_used_ = false;
    }
    (legacy ? legacy_used_ : blocking_used_) = true;
}

void Context::submit(Stream& stream, Operation operation) {
    if (stream.capture) {
        if (stream.capture->invalidated) throw Failure{Error::StreamCaptureInvalidated};
        Node* node = stream.capture->graph->add(std::move(operation), stream.tails);
        stream.tails = {node};
        return;
    }
    if (&stream == &streams.legacy() && streams.any_capture(1)) {
        streams.for_each([](Stream& s) {
            if (s.capture && s.blocking()) s.capture->invalidated = true;
        });
        throw Failure{Error::StreamCaptureImplicit};
    }
    execute(operation, stream);
}

void Context::execute(const Operation& operation, Stream& stream) {
    order_streams(stream);
    if (const auto* kernel = std::get_if<KernelOperation>(&operation)) {
        run_kernel(*kernel, stream);
    } else if (const auto* copy = std::get_if<CopyOperation>(&operation)) {
        synchronize();
        carry_out(*copy);
        backend->transfer(stream.id, copy->transfer, copy->width * copy->height * copy->depth);
    } else if (const auto* fill = std::get_if<FillOperation>(&operation)) {
        synchronize();
        carry_out(*fill);
        backend->transfer(stream.id, Transfer::Fill, fill->element_bytes * fill->width * fill->height * fill->depth);
    } else if (const auto* host = std::get_if<HostOperation>(&operation)) {
        synchronize();
        const HostOperation function = *host; // the graph may change while the lock is released
        unlocked([&] { function.callback ? function.callback() : function.function(function.data); });
    } else if (const auto* mark = std::get_if<EventRecordOperation>(&operation)) {
        mark->event->ticket = backend->record(stream.id);
        mark->event->recorded = true;
        mark->event->capture = nullptr;
        mark->event->tails.clear();
    } else if (const auto* wait = std::get_if<EventWaitOperation>(&operation)) {
        if (wait->event->recorded) backend->wait(stream.id, wait->event->ticket);
    } else if (const auto* child = std::get_if<ChildOperation>(&operation)) {
        launch_graph(*child->graph, stream);
    }
}

void Context::run_kernel(const KernelOperation& kernel, const Stream& stream) {
    emulator::LaunchRequest request;
    request.function = kernel.kernel->function;
    request.grid = kernel.grid;
    request.block = kernel.block;
    request.cluster = kernel.cluster;
    request.dynamic_shared = kernel.dynamic_shared;
    request.parameters = kernel.parameters;
    request.cooperative = kernel.cooperative;
    request.stream = stream.id;
    try {
        launch_one(request, {std::min(kernel.priority, stream.priority), kernel.programmatic});
        if (request.function->module->launches_kernels()) run_device_launches();
    } catch (const emulator::DeviceFault& fault) {
        fail(fault);
    } catch (const UserError& error) { // code the emulator cannot execute: results would be wrong from here on
        say(error);
        if (record.fault.empty()) record.fault = error.what();
        if (pending_ == Error::Success) pending_ = Error::LaunchFailure;
    }
    device.device_launches.clear(device.memory());
}

void Context::launch_one(const emulator::LaunchRequest& request, const LaunchOptions& options) {
    const std::uint64_t warps = device.warp_instructions, threads = device.thread_instructions;
    const auto count = [&] { count_launch(request, device.warp_instructions - warps, device.thread_instructions - threads); };
    try {
        backend->launch(request, options);
    } catch (...) {
        count();
        throw;
    }
    count();
}

// What a kernel launched runs once it has ended; what those launch, after them.
void Context::run_device_launches() {
    backend->synchronize();
    for (auto children = device.device_launches.take(); !children.empty(); children = device.device_launches.take()) {
        for (const emulator::LaunchRequest& child : children) launch_one(child, {});
        backend->synchronize();
    }
}

void Context::count_launch(const emulator::LaunchRequest& request, std::uint64_t warps, std::uint64_t threads) {
    ++record.launches;
    record.warp_instructions += warps;
    record.thread_instructions += threads;
    record.peak_memory = std::max(record.peak_memory, device.memory().used());
    if (record.kernels.size() >= kMaxLaunchRecords) return;
    const emulator::Function& f = *request.function;
    record.kernels.push_back({f.name, request.grid, request.block, request.cluster, f.static_shared, request.dynamic_shared, f.registers,
                              request.stream, warps, threads});
}

void Context::synchronize() {
    try {
        backend->synchronize();
    } catch (const emulator::DeviceFault& fault) {
        fail(fault);
    }
    if (const Error error = sticky(); error != Error::Success) throw Failure{error};
}

void Context::fail(const emulator::DeviceFault& fault) {
    std::fflush(stdout);
    if (record.fault.empty()) record.fault = fault.report();
    say(fault.report());
    if (pending_ == Error::Success) pending_ = error_of(fault.kind);
}

Error Context::sticky() {
    if (sticky_ == Error::Success) sticky_ = pending_;
    return sticky_;
}

void Context::count_unsupported(const char* function) {
    ++record.unsupported[function];
    say(std::string(function) + " is not supported; the call returns an error");
}

} // namespace heddle::cuda
