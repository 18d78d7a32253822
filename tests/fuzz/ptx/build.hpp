// Compiles PTX programs with ptxas and executes the machine code in the emulator.
#pragma once

#include "tests/fuzz/ptx/program.hpp"

#include <map>

namespace heddle::ptx_fuzz {

struct Build {
    unsigned architecture = 80; // 90: as sm_90a
    unsigned level = 3;         // -O
    std::string name() const;
};
inline constexpr std::array<Build, 4> kBuilds{{{80, 0}, {80, 3}, {90, 0}, {90, 3}}};

struct Statistics {
    std::uint64_t programs = 0, kernels = 0, warp_instructions = 0, thread_instructions = 0;
    std::map<std::string, std::uint64_t> opcodes; // executions by warps
    void add(const Statistics& other);
};

// The cubin. Errors: UserError with ptxas's message.
std::vector<std::byte> compile(const std::vector<const Program*>& programs, const Build& build);

struct Outcome {
    Output output;
    std::string fault; // why there is no output
};
// One outcome for each program.
std::vector<Outcome> execute(const std::vector<std::byte>& cubin, const std::vector<const Program*>& programs,
                             const std::vector<const Input*>& inputs, const Build& build, Statistics& statistics);

// What differs, with thread and register; empty if nothing does. `cause`: the name of what made `other`.
std::string difference(const Output& expected, const Output& other);

} // namespace heddle::ptx_fuzz
