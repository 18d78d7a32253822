// Runs many workloads in one process, so that a GPU's context and a profiler are started once for all of them.
//
//   runner [options] PROGRAM.so... -- arguments of every program
//
//   --profile-each N    let a profiler (started with --profile-from-start off) see the first N launches of each kernel, 0: none
//   --profile-most N    and no more than so many launches of a program
//   --digest            print a digest of every copy from the device
//   --dump DIR          write the bytes of these copies to DIR/program.bin, one after the other
//   --dump-most BYTES   of a program
//   --seconds N         end the process when a program takes longer
//   --power SECONDS     repeat each launch body so long, after 0.3 s to settle, and print its power (power/meter.hpp). Bodies that need something
//                       restored before each repetition are left out. A POWER line names program:label, then LAUNCHES first count: the launches of
//                       the body's first run, as numbered in a run without --power
//
// A PROGRAM.so is a workload built as a shared object against the shared runtime, with main renamed to workload_main
// (`validation/workloads/build --shared-object`). Printed are `BEGIN program`, what the program prints, `COPY n bytes digest`, and
// `END program status launches profiled`. A program that leaves the GPU in error ends the process with status 3 after its END line: what
// it broke cannot be mended within the process. Functions of the runtime and exit() are found here first and pass their calls on.
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <cuda_profiler_api.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <unistd.h>

#include "power/meter.hpp"

namespace {

constexpr double kSettle = 0.3;

struct Options {
    unsigned long profile_each = 0, profile_most = 0, dump_most = 0;
    unsigned seconds = 0;
    bool digest = false;
    const char* dump = nullptr;
    double power = 0;
} options;

struct Running {
    std::string name;
    std::map<const void*, unsigned long> launches_of;
    unsigned long launches = 0, profiled = 0, copies = 0, dumped = 0;
    bool is_seen = false; // the profiler is on
    std::FILE* dump = nullptr;
    std::jmp_buf leave;
    bool can_leave = false;
    int status = 0;
    unsigned long own_launches = 0, body_first = 0, body_launches = 0; // without those that a measurement repeats
    unsigned long rounds = 0, waited = 0, batch = 1;
    bool is_in_body = false, is_repeating = false;
    PowerMeter::Clock::time_point begin, batch_begin;
} running;

PowerMeter& meter() {
    static PowerMeter all;
    return all;
}

template <class Function> Function* next(const char* name) {
    void* const found = dlsym(RTLD_NEXT, name);
    if (!found) {
        std::fprintf(stderr, "runner: the runtime has no %s\n", name);
        std::abort();
    }
    return reinterpret_cast<Function*>(found);
}
#define NEXT(name) (*[] { static auto* const f = next<decltype(name)>(#name); return f; }())

void see(bool wanted) {
    if (wanted == running.is_seen) return;
    running.is_seen = wanted;
    if (wanted) cudaProfilerStart();
    else cudaProfilerStop();
}

// True if what is put into this stream is recorded rather than run. Any doubt counts as recorded.
bool is_captured(cudaStream_t stream) {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    if (cudaStreamIsCapturing(stream, &status) == cudaSuccess) return status != cudaStreamCaptureStatusNone;
    cudaGetLastError();
    return true;
}

// Called before each launch: switches the profiler on for those that it shall see. Never while a stream captures: switching it ends the
// capture with cudaErrorStreamCaptureInvalidated. Of a graph the profiler sees every kernel, but it counts as one launch here.
void before_launch(const void* function, cudaStream_t stream) {
    if (options.profile_each != 0 && is_captured(stream)) return;
    ++running.launches;
    if (!running.is_repeating) ++running.own_launches;
    if (options.profile_each == 0) return;
    const bool wanted = running.launches_of[function]++ < options.profile_each && running.profiled < options.profile_most;
    if (wanted) ++running.profiled;
    see(wanted);
}

// FNV-1a over 64-bit words and the rest by bytes.
std::uint64_t digest(const unsigned char* bytes, std::size_t count) {
    std::uint64_t hash = 0xcbf29ce484222325ull;
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes + i, 8);
        hash = (hash ^ word) * 0x100000001b3ull;
        hash ^= hash >> 29;
    }
    for (; i < count; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3ull;
    return hash;
}

void after_copy(const void* to, std::size_t bytes) {
    if (!options.digest && !running.dump) return;
    std::printf("COPY %lu %zu %016llx\n", running.copies++, bytes, static_cast<unsigned long long>(digest(static_cast<const unsigned char*>(to), bytes)));
    if (running.dump && running.dumped + bytes <= options.dump_most) {
        std::fwrite(to, 1, bytes, running.dump);
        running.dumped += bytes;
    }
}

bool is_from_device(cudaMemcpyKind kind, const void* to) {
    if (kind == cudaMemcpyDeviceToHost) return true;
    if (kind != cudaMemcpyDefault) return false;
    cudaPointerAttributes attributes{};
    return cudaPointerGetAttributes(&attributes, to) == cudaSuccess && attributes.type != cudaMemoryTypeDevice;
}

using Main = int(int, char**);

int call(Main* entry, int argc, char** argv) {
    running.can_leave = true;
    if (setjmp(running.leave) == 0) running.status = entry(argc, argv);
    running.can_leave = false;
    return running.status;
}

} // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments, std::size_t shared, cudaStream_t stream) {
    before_launch(function, stream);
    return NEXT(cudaLaunchKernel)(function, grid, block, arguments, shared, stream);
}
// What the launch syntax of nvcc 13 calls.
EXPORT cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, std::size_t shared, cudaStream_t stream) {
    before_launch(kernel, stream);
    return NEXT(__cudaLaunchKernel)(kernel, grid, block, arguments, shared, stream);
}
EXPORT cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* configuration, const void* function, void** arguments) {
    before_launch(function, configuration ? configuration->stream : nullptr);
    return NEXT(cudaLaunchKernelExC)(configuration, function, arguments);
}
EXPORT cudaError_t cudaLaunchCooperativeKernel(const void* function, dim3 grid, dim3 block, void** arguments, std::size_t shared, cudaStream_t stream) {
    before_launch(function, stream);
    return NEXT(cudaLaunchCooperativeKernel)(function, grid, block, arguments, shared, stream);
}
EXPORT cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
    if (options.profile_each != 0) before_launch(graph, stream);
    return NEXT(cudaGraphLaunch)(graph, stream);
}
EXPORT cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
    see(false);
    return NEXT(cudaStreamBeginCapture)(stream, mode);
}
EXPORT cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    const cudaError_t error = NEXT(cudaMemcpy)(to, from, bytes, kind);
    if (error == cudaSuccess && is_from_device(kind, to)) after_copy(to, bytes);
    return error;
}

// What the workloads' frame asks before each run of a launch body (workload.hpp). The GPU's queue is kept filled: it is waited for
// every few milliseconds.
EXPORT bool workload_again(const char* label, bool has_prepare) {
    if (options.power == 0 || has_prepare) return false;
    using Seconds = std::chrono::duration<double>;
    if (!running.is_in_body) { // before the first run
        running.is_in_body = true;
        running.body_first = running.own_launches;
        return true;
    }
    if (!running.is_repeating) {
        cudaDeviceSynchronize();
        running.body_launches = running.own_launches - running.body_first;
        running.is_repeating = true;
        running.rounds = running.waited = 0;
        running.batch = 1;
        running.begin = running.batch_begin = PowerMeter::Clock::now();
        return true;
    }
    if (++running.rounds - running.waited < running.batch) return true;
    cudaDeviceSynchronize();
    const auto now = PowerMeter::Clock::now();
    if (Seconds(now - running.batch_begin).count() < 4e-3 && running.batch < 512) running.batch *= 2;
    running.waited = running.rounds;
    running.batch_begin = now;
    const auto settled = running.begin + std::chrono::duration_cast<PowerMeter::Clock::duration>(Seconds(kSettle));
    if (Seconds(now - settled).count() < options.power) return true;
    print_power((running.name + ":" + label).c_str(), running.rounds, Seconds(now - running.begin).count(), meter().window(settled, now));
    std::printf("LAUNCHES %lu %lu\n", running.body_first, running.body_launches);
    running.is_repeating = running.is_in_body = false;
    return false;
}

// A program that ends itself goes back to the loop below.
EXPORT void exit(int status) {
    if (!running.can_leave) {
        NEXT(exit)(status);
        __builtin_unreachable();
    }
    running.status = status;
    std::longjmp(running.leave, 1);
}

int main(int argc, char** argv) {
    int i = 1;
    const auto number = [&] { return i + 1 < argc ? std::strtoul(argv[++i], nullptr, 10) : 0ul; };
    for (; i < argc && std::strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0'; ++i) {
        const std::string option = argv[i];
        if (option == "--profile-each") options.profile_each = number();
        else if (option == "--profile-most") options.profile_most = number();
        else if (option == "--dump-most") options.dump_most = number();
        else if (option == "--seconds") options.seconds = static_cast<unsigned>(number());
        else if (option == "--power" && i + 1 < argc) options.power = std::atof(argv[++i]);
        else if (option == "--digest") options.digest = true;
        else if (option == "--dump" && i + 1 < argc) options.dump = argv[++i];
        else {
            std::fprintf(stderr, "runner: bad option %s\n", argv[i]);
            return 2;
        }
    }
    std::vector<const char*> programs;
    for (; i < argc && std::strcmp(argv[i], "--") != 0; ++i) programs.push_back(argv[i]);
    std::vector<char*> arguments(argv + (i < argc ? i : argc - 1), argv + argc);
    if (programs.empty() || i == argc) {
        std::fprintf(stderr, "usage: runner [options] PROGRAM.so... -- arguments\n");
        return 2;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0); // a profiler's words stand between those of the program that they are about
    for (const char* program : programs) {
        std::string name = program;
        name = name.substr(0, name.rfind(".so"));
        const std::size_t slash = name.rfind('/'), area = slash == std::string::npos ? slash : name.rfind('/', slash - 1);
        running.name = area == std::string::npos ? name : name.substr(area + 1);
        running.launches_of.clear();
        running.launches = running.profiled = running.copies = running.dumped = running.own_launches = running.body_first = 0;
        running.is_repeating = running.is_in_body = false;
        if (options.power > 0) meter();
        std::printf("BEGIN %s\n", running.name.c_str());
        std::fflush(stdout);
        void* const library = dlopen(program, RTLD_NOW | RTLD_LOCAL);
        Main* const entry = library ? reinterpret_cast<Main*>(dlsym(library, "_Z13workload_mainiPPc")) : nullptr;
        if (!entry) {
            std::printf("FAIL %s: %s\nEND %s 2 0 0\n", running.name.c_str(), dlerror(), running.name.c_str());
            continue;
        }
        if (options.dump) {
            std::string file = running.name;
            for (char& c : file)
                if (c == '/') c = '.';
            running.dump = std::fopen((std::string(options.dump) + "/" + file + ".bin").c_str(), "wb");
        }
        alarm(options.seconds);
        std::string word = running.name;
        std::vector<char*> own = arguments;
        own[0] = word.data();
        const int status = call(entry, static_cast<int>(own.size()), own.data());
        alarm(0);
        see(false);
        if (running.dump) std::fclose(running.dump);
        running.dump = nullptr;
        const cudaError_t error = cudaDeviceSynchronize();
        cudaGetLastError();
        std::printf("END %s %d %lu %lu\n", running.name.c_str(), status, running.launches, running.profiled);
        std::fflush(stdout);
        if (error != cudaSuccess) {
            std::printf("BROKEN %s\n", cudaGetErrorString(error));
            std::fflush(stdout);
            _exit(3);
        }
    }
    return 0;
}
