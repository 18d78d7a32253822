// What tests of the sub-core and the SM share: short kernels on one SM with an instruction supply that does not matter.
#pragma once

#include "tests/sim/sm/shipped_sm.hpp"
#include "tests/sim/sm/sm_harness.hpp"

namespace heddle {

// The configuration `config` with instruction caches that cost next to nothing.
inline SmConfig with_quick_fetch(SmConfig config) {
    config.instruction_cache.miss_latency = 1;
    config.instruction_cache.gpc_latency = 1;
    config.instruction_cache.l1_latency = 1;
    config.instruction_cache.prefetch_lines = 64;
    return config;
}

struct RunSetting {
    SyntheticLaunch launch;
    Cycles memory_latency = 200;
    unsigned resident = 32;
    RunOptions options;
};

inline SmRun run_kernel(const SmConfig& config, const Program& program, WarpMaker maker, const RunSetting& setting = {}) {
    SyntheticWorkload workload;
    workload.add_kernel(program, setting.launch, std::move(maker));
    return run_on_sm(config, workload, setting.options, setting.memory_latency, setting.resident);
}

// One warp that executes each row of the program once, in order; memory rows access consecutive words at `base`.
inline SmRun run_rows(const SmConfig& config, const Program& program, Address base = 0x1000, const RunSetting& setting = {}) {
    return run_kernel(
        config, program,
        [&, base](std::uint64_t, std::uint32_t, WarpCode& code) {
            for (const auto& row : program.code()->instructions) {
                if (needs_addresses(row)) code.add_strided(row, base, row.access_bytes);
                else if (row.space == Space::Constant) code.add_strided(row, base, 0);
                else code.add(row);
            }
        },
        setting);
}

inline const std::string kSlots = "gpu.sm.sub_core.issue_slots.";
inline const std::string kStates = "gpu.sm.sub_core.warp_states.";

} // namespace heddle
