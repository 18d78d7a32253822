// The rows of the timing model that belong to a module's instructions.
#include "frontend/emulator/module.hpp"
#include "frontend/emulator/timing_row.hpp"

namespace heddle::emulator {

const StaticInstruction* Module::timing_row(std::uint32_t number) {
    const StaticInstruction*& row = timing_rows_[number];
    if (row) return row;
    StaticInstruction s;
    if (const sass::Instruction* i = instruction(number)) {
        s = emulator::timing_row(*i, architecture_);
    } else {
        // A system call: one instruction that takes no pipe of note.
        s.text = "NOP";
        s.behaviour = Behaviour::Nop;
        s.latency_class = LatencyClass::Misc;
        s.pc = number * sass::kWordBytes;
    }
    s.index = static_cast<std::uint32_t>(timing_code_.instructions.size());
    timing_code_.instructions.push_back(std::move(s));
    row = &timing_code_.instructions.back();
    return row;
}

const StaticInstruction* Module::timing_row_in(std::uint32_t number, Space space) {
    const StaticInstruction*& row = generic_rows_[{number, space}];
    if (row) return row;
    StaticInstruction s = *timing_row(number);
    s.index = static_cast<std::uint32_t>(timing_code_.instructions.size());
    s.space = space;
    if (space != Space::Global) s.bypass_l1 = false;
    timing_code_.instructions.push_back(std::move(s));
    row = &timing_code_.instructions.back();
    return row;
}

} // namespace heddle::emulator
