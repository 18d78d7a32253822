#include "frontend/cuda/results.hpp"

#include "frontend/cuda/context.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heddle::cuda {

namespace {

std::atomic<bool> written{false};

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGINT, SIGHUP, SIGPIPE};

void write(Context& context, const char* end) noexcept {
    if (context.folder.empty() || written.exchange(true)) return;
    try {
        if (context.sticky_now() == Error::Success) {
            try {
                context.backend->synchronize(); // kernels nobody waited for
            } catch (const emulator::DeviceFault& fault) {
                context.fail(fault);
            }
        }
        ProcessRecord& record = context.record;
        record.end = end;
        record.time_ns = context.backend->now_ns();
        for (const auto& [opcode, count] : context.device.opcode_counts()) record.opcodes[opcode] = count.warps;
        context.backend->write_results(context.folder, "process-" + std::to_string(record.pid));
        write_process(record, context.folder);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "heddle: the results of process %llu were lost: %s\n", static_cast<unsigned long long>(context.record.pid),
                     error.what());
    }
}

// A signal may have come while anything was half done, the memory allocator included. So a copy of the process writes the
// record, and the process waits for it for a few seconds at most.
void write_from_copy(const char* end) {
    const pid_t copy = _Fork();
    if (copy < 0) return;
    if (copy == 0) {
        for (const int number : kSignals) std::signal(number, SIG_DFL);
        Context* context = Context::existing();
        ProcessRecord& record = context->record;
        record.end = end;
        record.time_ns = context->backend->now_ns();
        for (const auto& [opcode, count] : context->device.opcode_counts()) record.opcodes[opcode] = count.warps;
        write_process(record, context->folder);
        _exit(0);
    }
    constexpr timespec kPause{0, 10'000'000};
    for (int tries = 0; tries < 500; ++tries) {
        if (waitpid(copy, nullptr, WNOHANG) != 0) return;
        nanosleep(&kPause, nullptr);
    }
    kill(copy, SIGKILL);
    waitpid(copy, nullptr, 0);
}

void on_signal(int number) {
    Context* context = Context::existing();
    if (context != nullptr && !context->folder.empty() && !context->forked() && !written.exchange(true)) {
        char end[] = "signal 00";
        end[7] = static_cast<char>('0' + number / 10);
        end[8] = static_cast<char>('0' + number % 10);
        write_from_copy(end);
    }
    std::signal(number, SIG_DFL);
    raise(number);
}

// The real function behind one of the same name here.
template <class Function> Function next(const char* name) { return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name)); }

// Who kills heddle does not want its program to go on. Processes that the program starts are its own business.
__attribute__((constructor)) void end_with_parent() {
    const char* parent = std::getenv(kParentVariable);
    if (parent != nullptr && std::strtol(parent, nullptr, 10) == getppid()) prctl(PR_SET_PDEATHSIG, SIGKILL);
}

__attribute__((destructor)) void at_unload() { write_results("exit"); }

} // namespace

void watch_end() {
    for (const int number : kSignals) {
        struct sigaction now {};
        if (sigaction(number, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
        struct sigaction ours {};
        ours.sa_handler = on_signal;
        ours.sa_flags = static_cast<int>(SA_RESETHAND);
        sigaction(number, &ours, nullptr);
    }
}

void write_results(const char* end) {
    Context* context = Context::existing();
    if (context == nullptr || context->forked()) return; // a child may have inherited a lock that nobody will release
    const std::lock_guard lock(Context::mutex());
    write(*context, end);
}

} // namespace heddle::cuda

// Ends of a process that run no destructors. The real functions follow; they never return.
extern "C" __attribute__((visibility("default"), noreturn)) void _exit(int status) {
    heddle::cuda::write_results("exit");
    heddle::cuda::next<void (*)(int)>("_exit")(status);
    __builtin_unreachable();
}

extern "C" __attribute__((visibility("default"), noreturn)) void _Exit(int status) { _exit(status); }

extern "C" __attribute__((visibility("default"), noreturn)) void quick_exit(int status) {
    heddle::cuda::write_results("exit");
    heddle::cuda::next<void (*)(int)>("quick_exit")(status);
    __builtin_unreachable();
}
