// Random kernels over many kinds of instructions, from a seed: food for checks of laws that hold for any program.
//
// All warps of a CTA pass the same CTA barriers, except warps that exit early; everything else is up to chance:
// registers, control bits, predicates, addresses, loops.
#pragma once

#include "tests/sim/sm/sm_programs.hpp"

#include <random>

namespace heddle {

class RandomKernel {
  public:
    explicit RandomKernel(std::uint32_t seed) : random_(seed), program_("random", 90) {
        control_ = below(2) == 0;
        program_.code()->has_control_bits = control_;
        const unsigned segments = 1 + below(4);
        for (unsigned segment = 0; segment < segments; ++segment) {
            segments_.emplace_back();
            const unsigned rows = 3 + below(14);
            for (unsigned i = 0; i < rows; ++i) segments_.back().push_back(&random_row());
            barriers_.push_back(&finish(program_.row(below(3) == 0 ? "BAR.RED.POPC" : "BAR.SYNC", {}, {}, below(3))));
        }
        exit_ = &finish(program_.row("EXIT", {}, {}));
        setting_.launch = {.ctas = 1 + below(6), .threads = 32 * (1 + below(12)) - below(2) * 7};
        setting_.memory_latency = 2 * (20 + below(300));
        setting_.resident = 1 + below(4);
        warp_seed_ = random_();
    }

    const Program& program() const { return program_; }
    const RunSetting& setting() const { return setting_; }
    SmConfig config() {
        SmConfig config = shipped_sm(below(2) == 0 ? "ampere" : "hopper");
        config.sub_core.warp_scheduler = static_cast<SchedulerPolicy>(below(4));
        config.sub_core.active_warps = 1 + below(4);
        config.sub_core.instruction_buffer = 1 + below(4);
        config.sub_core.fetch_latency = 1 + below(6);
        config.sub_core.register_file.reuse_cache = below(2) == 0;
        config.instruction_cache.prefetch_lines = below(3) * 4;
        config.instruction_cache.miss_latency = 1 + below(60);
        config.instruction_cache.gpc_latency = 1 + below(30);
        config.instruction_cache.launch_prefetch = below(4) * kKiB;
        return config;
    }

    SmRun run(const SmConfig& config, RunOptions options) {
        RunSetting setting = setting_;
        setting.options = options;
        return run_kernel(
            config, program_,
            [this](std::uint64_t cta, std::uint32_t warp, WarpCode& code) { make_warp(static_cast<std::uint32_t>(cta), warp, code); },
            setting);
    }

    // The same warp is made the same however often it is asked for.
    void make_warp(std::uint32_t cta, std::uint32_t warp, WarpCode& code) const {
        std::mt19937 random(warp_seed_ ^ (cta * 7919 + warp * 104729));
        const auto chance = [&](std::uint32_t n) { return random() % n == 0; };
        for (std::size_t segment = 0; segment < segments_.size(); ++segment) {
            const unsigned turns = chance(3) ? 1 + random() % 4 : 1;
            for (unsigned turn = 0; turn < turns; ++turn) {
                for (const auto* row : segments_[segment]) {
                    if (chance(12)) continue; // a branch over this one
                    const std::uint32_t mask = chance(10) ? 0 : chance(3) ? static_cast<std::uint32_t>(random()) : 0xffffffff;
                    if (needs_addresses(*row) || row->space == Space::Constant) {
                        const Address base = 0x10000 + (random() % 64) * 0x80 + (random() % 4) * 16;
                        const std::int64_t strides[] = {4, 8, 16, 128, 0, 36};
                        code.add_strided(*row, base, row->space == Space::Constant ? 0 : strides[random() % 6], mask);
                    } else {
                        code.add(*row, mask);
                    }
                }
            }
            if (chance(12)) break; // exits early: the others' barriers need one warp less
            code.add(*barriers_[segment]);
        }
        code.add(*exit_);
    }

  private:
    std::uint32_t below(std::uint32_t n) { return random_() % n; }
    std::uint16_t reg() { return static_cast<std::uint16_t>(2 * below(16)); }

    const StaticInstruction& random_row() {
        static constexpr const char* kOpcodes[] = {"IADD3",         "IADD3",         "FFMA",      "FFMA",
                                                   "IMAD",          "IMAD.WIDE",     "FMNMX",     "HFMA2",
                                                   "HFMA2.MMA",     "DFMA",          "MUFU.RCP",  "POPC",
                                                   "F2I",           "ISETP.GE.AND",  "S2R",       "CS2R",
                                                   "VOTE.ANY",      "REDUX",         "R2UR",      "UIADD3",
                                                   "NOP",           "BSSY",          "BSYNC",     "BRA",
                                                   "LDG.E",         "LDG.E.64",      "LDG.E.128", "LDG.E.STRONG.GPU",
                                                   "STG.E",         "STG.E.128",     "LDS",       "LDS.128",
                                                   "STS",           "STS.64",        "LDL",       "STL",
                                                   "ATOMG.E.ADD",   "RED.E.ADD",     "ATOMS.ADD", "LDC",
                                                   "SHFL.BFLY",     "LDSM.16.M88.4", "LDGSTS.E",  "LDGDEPBAR",
                                                   "DEPBAR.LE",     "MEMBAR.SC.GPU", "NANOSLEEP", "HMMA.16816.F32",
                                                   "HMMA.1688.F32", "CCTL.IVALL",    "BAR.ARV"};
        const std::string opcode = kOpcodes[below(std::size(kOpcodes))];
        if (opcode == "NANOSLEEP") return finish(program_.row(opcode, {}, {}, below(80)));
        if (opcode == "DEPBAR.LE") return finish(program_.row(opcode, {}, {}, below(3)));
        if (opcode == "BAR.ARV") return finish(program_.row("NOP", {}, {})); // a count that need not come out: left to its own tests
        if (opcode.starts_with("ST") || opcode.starts_with("RED.")) return finish(program_.row(opcode, {}, {reg(), reg()}));
        if (opcode.starts_with("HMMA")) return finish(program_.row(opcode, {reg()}, {reg(), reg(), reg()}));
        if (opcode.starts_with("LD") || opcode == "SHFL.BFLY") return finish(program_.row(opcode, {reg()}, {reg()}));
        if (opcode.starts_with("ATOM")) return finish(program_.row(opcode, {reg()}, {reg(), reg()}));
        if (opcode == "S2R" || opcode == "CS2R") return finish(program_.row(opcode, {reg()}, {}));
        if (find(90, opcode)->pipe == Pipe::Cbu || find(90, opcode)->behaviour == Behaviour::MemoryBarrier)
            return finish(program_.row(opcode, {}, {}));
        return finish(program_.row(opcode, {reg()}, {reg(), reg(), reg()}));
    }

    const StaticInstruction& finish(const StaticInstruction& row) {
        ControlBits& control = program_.last().control;
        control.stall = static_cast<std::uint8_t>(below(4) == 0 ? below(16) : 1 + below(4));
        control.write_counter = static_cast<std::uint8_t>(below(8));
        control.read_counter = static_cast<std::uint8_t>(below(8));
        control.wait_mask = static_cast<std::uint8_t>(below(3) == 0 ? below(64) : 0);
        control.reuse = static_cast<std::uint8_t>(below(8));
        return row;
    }

    std::mt19937 random_;
    Program program_;
    bool control_ = false;
    std::vector<std::vector<const StaticInstruction*>> segments_;
    std::vector<const StaticInstruction*> barriers_;
    const StaticInstruction* exit_ = nullptr;
    RunSetting setting_;
    std::uint32_t warp_seed_ = 0;
};

} // namespace heddle
