// Where warps spend their cycles, by instruction: what a sampling profiler estimates, counted exactly.
//
// Hardware: Nsight Compute's warp sampler notes, every few thousand cycles, the next instruction and the stall reason of one
// warp of one scheduler. Modelled: every warp in every cycle, by charging the intervals of the cycle accounts, which are
// charged to a state anyway, to an instruction too; so nothing depends on sampling, threads or skipped cycles, and the
// sum over instructions is the warp-cycles of each state. A cycle belongs to the instruction the warp would issue next;
// cycles at a barrier, a memory barrier, asleep, after a taken branch and after the last instruction belong to the
// instruction that caused them, which has issued. A cycle in which a warp issues belongs to what it issues.
// Not modelled: the sampler's own skid and its cost.
// Sources: Nsight Compute documentation, "Warp Sampling" (what is sampled and how it is named).
#pragma once

#include "sim/sm/stall.hpp"

#include <array>
#include <memory>
#include <vector>

namespace heddle {

// Counts of one instruction of one kernel.
struct InstructionCounts {
    std::array<std::uint64_t, kStalls> warp_cycles{}; // by state; Stall::Selected: warp instructions issued
    std::uint64_t thread_instructions = 0;

    InstructionCounts& operator+=(const InstructionCounts& o) {
        for (unsigned i = 0; i < kStalls; ++i) warp_cycles[i] += o.warp_cycles[i];
        thread_instructions += o.thread_instructions;
        return *this;
    }
    std::uint64_t all_warp_cycles() const {
        std::uint64_t sum = 0;
        for (std::uint64_t cycles : warp_cycles) sum += cycles;
        return sum;
    }
};

// One kernel's instructions on one SM, by row of the kernel's table. Rows that were not reached take no memory to speak of.
class InstructionProfile {
  public:
    void charge(std::uint32_t instruction, Stall state, Cycles cycles) { row(instruction).warp_cycles[static_cast<unsigned>(state)] += cycles; }
    void count_threads(std::uint32_t instruction, unsigned lanes) { row(instruction).thread_instructions += lanes; }

    // Adds all rows to `sums`, which grows as needed.
    void add_to(std::vector<InstructionCounts>& sums) const {
        if (sums.size() < pages_.size() * kPageRows) sums.resize(pages_.size() * kPageRows);
        for (std::size_t page = 0; page < pages_.size(); ++page)
            for (std::size_t i = 0; pages_[page] && i < kPageRows; ++i) sums[page * kPageRows + i] += (*pages_[page])[i];
    }

  private:
    static constexpr std::size_t kPageRows = 64;
    using Page = std::array<InstructionCounts, kPageRows>;

    InstructionCounts& row(std::uint32_t instruction) {
        const std::size_t page = instruction / kPageRows;
        if (page >= pages_.size() || !pages_[page]) [[unlikely]]
            grow(page);
        return (*pages_[page])[instruction % kPageRows];
    }
    void grow(std::size_t page) {
        if (page >= pages_.size()) pages_.resize(page + 1);
        pages_[page] = std::make_unique<Page>();
    }

    std::vector<std::unique_ptr<Page>> pages_;
};

} // namespace heddle
