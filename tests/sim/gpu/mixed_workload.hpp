// A workload that touches every part of a small GPU.
#pragma once

#include "frontend/synthetic/program.hpp"

#include <random>

namespace heddle {

// Kernels that touch everything: arithmetic, loads, stores, atomics, shared memory, barriers, three streams, a copy.
struct MixedWorkload {
    Program program{"mixed", 80};
    const StaticInstruction& add = program.row("FFMA", {4}, {4, 5, 6});
    const StaticInstruction& load = program.row("LDG.E.128", {8}, {2});
    const StaticInstruction& use = program.row("FADD", {4}, {8, 4});
    const StaticInstruction& store_shared = program.row("STS", {}, {3, 4});
    const StaticInstruction& barrier = program.row("BAR.SYNC", {}, {}, 0);
    const StaticInstruction& load_shared = program.row("LDS", {12}, {3});
    const StaticInstruction& reduce = program.row("RED.E.ADD", {}, {2, 12});
    const StaticInstruction& store = program.row("STG.E", {}, {2, 4});
    const StaticInstruction& exit = program.row("EXIT", {}, {});

    // `change` is added to one address: another run.
    SyntheticWorkload make(Address change = 0) const {
        SyntheticWorkload workload("mixed workload");
        std::mt19937 random(77);
        for (unsigned k = 0; k < 6; ++k) {
            if (k == 3) workload.add_copy(0x100000, 4096);
            const std::uint32_t seed = static_cast<std::uint32_t>(random());
            const SyntheticLaunch launch{.ctas = 4 + random() % 20,
                                         .threads = 32 * (1 + static_cast<std::uint32_t>(random() % 6)),
                                         .shared_bytes = 1024,
                                         .stream = k % 3};
            workload.add_kernel(program, launch, [this, seed, k, change](std::uint64_t cta, std::uint32_t warp, WarpCode& code) {
                std::mt19937 own(seed + static_cast<std::uint32_t>(cta) * 131 + warp);
                for (unsigned turn = 0; turn < 1 + own() % 4; ++turn) {
                    for (unsigned i = 0; i < own() % 5; ++i) code.add(add);
                    code.add_strided(load, (own() % 512) * 0x200 + (k == 5 && cta == 1 ? change : 0), 16);
                    code.add(use);
                }
                code.add_strided(store_shared, 0, 4);
                code.add(barrier);
                code.add_strided(load_shared, 4 * (own() % 8), 4);
                code.add_strided(reduce, 0x200000, 0);
                code.add_strided(store, 0x300000 + own() % 64 * 0x80, 4);
                code.add(exit);
            });
        }
        return workload;
    }
};

} // namespace heddle
