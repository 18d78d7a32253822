// A run of a program on the emulated GPU: what `heddle run -- ./app` tells the library inside the program, and what it
// gets back.
//
// The two meet in a session folder. `session.json` describes the GPU and the mode; its folder's name is in the environment
// variable HEDDLE_SESSION. Each process of the program that used the GPU leaves `process-<pid>.json` there.
#pragma once

#include "frontend/emulator/device.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace heddle::cuda {

inline constexpr const char* kSessionVariable = "HEDDLE_SESSION";
inline constexpr const char* kParentVariable = "HEDDLE_PARENT"; // process id of heddle: the program does not outlive it
inline constexpr const char* kSessionFile = "session.json";

enum class Mode : std::uint8_t {
    Functional,
    Timed,
    Record, // functional, and every launch is written to a trace
};
const char* name(Mode mode);

struct Session {
    Mode mode = Mode::Functional;
    std::string gpu;                            // name or file, as --gpu has it; for the timed backend
    std::vector<std::string> overrides;         // --set, in order
    std::map<std::string, std::string> options; // what else the timed backend wants to know
    emulator::DeviceProperties device;          // what the program sees
    double timeout_seconds = 0;                 // host seconds for one launch; 0: no limit
};

// Writes `session` into `folder`. Errors: UserError.
void write_session(const Session& session, const std::string& folder);
// Errors: UserError naming the file.
Session read_session(const std::string& folder);

// One kernel launch, in order.
struct LaunchRecord {
    std::string kernel; // mangled
    Dim3 grid{}, block{}, cluster{};
    Bytes static_shared = 0, dynamic_shared = 0;
    std::uint32_t registers = 0;
    std::uint64_t stream = 0;
    std::uint64_t warp_instructions = 0, thread_instructions = 0; // 0 in timed mode: the backend's own results tell
};

inline constexpr std::size_t kMaxLaunchRecords = 100'000; // further launches are counted only

// What one process did.
struct ProcessRecord {
    std::uint64_t pid = 0;
    std::string program;         // path of the executable
    std::string end = "running"; // "exit", "signal 11"
    std::string fault;           // report of the device fault that ended its use of the GPU; empty: none
    std::uint64_t launches = 0;
    std::uint64_t warp_instructions = 0, thread_instructions = 0;
    std::uint64_t time_ns = 0;                        // simulated
    Bytes peak_memory = 0;                            // device memory in use at most
    std::vector<LaunchRecord> kernels;                // the first kMaxLaunchRecords
    std::map<std::string, std::uint64_t> opcodes;     // warp instructions by opcode with modifiers
    std::map<std::string, std::uint64_t> unsupported; // API functions that are not implemented, and calls of them
};

// Writes process-<pid>.json. Never throws: false if it could not be written.
bool write_process(const ProcessRecord& record, const std::string& folder) noexcept;
// All processes of a session, by process id. Errors: UserError naming the file.
std::vector<ProcessRecord> read_processes(const std::string& folder);

} // namespace heddle::cuda
