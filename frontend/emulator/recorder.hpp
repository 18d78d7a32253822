// What a warp executed, in a compact form, for the timing model: program counters in runs, masks when they change,
// addresses as base and stride where that says it all.
#pragma once

#include "frontend/emulator/row.hpp"
#include "sim/isa/warp_stream.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace heddle::emulator {

class WarpRecorder {
  public:
    // Instruction `number` of the function at `function` executed with `exec` lanes.
    void instruction(std::uint32_t number, Mask exec) {
        if (!runs_.empty()) {
            Run& last = runs_.back();
            if (last.mask == exec && last.first + last.count == number && last.count != 0xffff) {
                ++last.count;
                return;
            }
        }
        runs_.push_back({number, exec, 1});
    }
    // Takes back the last instruction, which had no addresses.
    void forget_last() {
        if (--runs_.back().count == 0) runs_.pop_back();
        counted_runs_ = 0;
        counted_ = 0;
    }
    // Addresses of the instruction just recorded, one per lane of `exec` (by lane number; others are ignored). For the
    // timing model: global and generic addresses as they are, shared and local ones as offsets.
    void addresses(const Address (&address)[kLanes], Mask exec);
    // The bulk copy just recorded touches `bytes` bytes of global memory from `start` on: a pattern whose stride is the length.
    void bulk(Address start, Bytes bytes);

    // The barrier instruction just recorded names `number` and `threads` (0: the whole CTA) in registers: a pattern that starts at
    // number + 16 * threads.
    void barrier(std::uint32_t number, std::uint32_t threads) { bulk(number + Address{16} * threads, 0); }

    struct Run {
        std::uint32_t first;
        Mask mask;
        std::uint32_t count;
    };
    const std::vector<Run>& runs() const { return runs_; }
    const std::vector<AddressPattern>& patterns() const { return patterns_; }
    // Which dynamic instruction (counted from 0) each pattern belongs to.
    const std::vector<std::uint32_t>& pattern_owners() const { return owners_; }
    std::span<const Address> list() const { return list_; }
    // The timing row an access got because of its addresses; null: that of its instruction.
    const StaticInstruction* code(std::size_t pattern) const { return pattern < codes_.size() ? codes_[pattern] : nullptr; }
    void set_code(std::size_t pattern, const StaticInstruction* code) {
        if (codes_.size() <= pattern) codes_.resize(pattern + 1);
        codes_[pattern] = code;
    }
    AddressPattern& pattern(std::size_t i) { return patterns_[i]; }
    Address& listed(std::size_t i) { return list_[i]; }
    std::uint64_t instructions() const;

  private:
    std::uint32_t last_instruction(); // its number, counted from 0
    std::vector<Run> runs_;
    std::size_t counted_runs_ = 0; // runs whose instructions are in counted_
    std::uint64_t counted_ = 0;
    std::vector<AddressPattern> patterns_;
    std::vector<std::uint32_t> owners_;
    std::vector<Address> list_;
    std::vector<const StaticInstruction*> codes_; // by pattern; shorter if the rest is null
};

} // namespace heddle::emulator
