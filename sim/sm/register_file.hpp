// Register file of a sub-core: read ports and operand reuse cache.
//
// Hardware: two banks of 1024-bit registers, bank = register number mod 2, one read port each; operands are read in a
// window of three cycles that starts two cycles after issue; a reuse cache of one entry per bank and operand slot
// keeps operands of the same warp (Huerta et al., MICRO 2025, sections 1.3 and 1.5 of the SM facts).
// Modelled: an instruction reserves as many port cycles of each bank as it has operands there that miss the reuse
// cache; if they do not fit the window the read starts later, which delays the result and the next read alike.
// Not modelled: write ports (fixed-latency results bypass through a result queue). Without control bits the reuse
// flags are unknown; every operand is then treated as flagged, as a compiler that avoids conflicts would arrange.
// Sources: as above; bank conflict check 5/6/7 cycles measured on A100.
#pragma once

#include "sim/isa/instruction.hpp"

namespace heddle {

struct RegisterFileConfig;

class RegisterFile {
  public:
    RegisterFile(unsigned banks, unsigned read_ports, unsigned window, bool reuse_cache);

    // Reserves the operand reads of an instruction of `warp` issued at `issue`; returns the delay in cycles over a
    // conflict-free read. `control_known`: whether instruction.control.reuse can be trusted.
    Cycles read(Cycle issue, unsigned warp, const StaticInstruction& instruction, bool control_known);

  private:
    static constexpr unsigned kMaxBanks = 4;
    static constexpr unsigned kSlots = 4;
    struct ReuseEntry {
        std::uint8_t warp = 0xff;
        std::uint8_t reg = 0xff;
    };
    unsigned banks_;
    unsigned ports_;
    unsigned window_;
    bool reuse_;
    std::uint64_t port_time_[kMaxBanks] = {}; // port slots used up to here: cycle * ports + slots
    ReuseEntry cache_[kMaxBanks][kSlots];
};

} // namespace heddle
