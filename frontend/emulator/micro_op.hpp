// An instruction made ready for execution: a function and bound operands.
//
// Binding happens once per loaded function. The core binds every slot of the decoded instruction to rows and predicate
// numbers; the family that owns the operation chooses the function, specialised on modifiers where that pays, and may
// keep parameters in `p`.
#pragma once

#include "frontend/emulator/row.hpp"
#include "frontend/sass/instruction.hpp"

#include <array>

namespace heddle::emulator {

class Warp;
struct MicroOp;

// Executes for the lanes in Warp::exec (never zero unless `always`). The program counter has been advanced already;
// control operations set it again.
using Execute = void (*)(Warp& warp, const MicroOp& op);

struct PredicateRef {
    std::uint8_t index = 7; // 7: always true as a source, ignored as a destination
    bool negate = false;
    bool uniform = false;
};

struct MicroOp {
    Execute execute = nullptr;
    // Rows of the slots with the same names. Absent operands and RZ as source: rows of zeros; as destination: rows nobody
    // reads. Multi-register operands occupy consecutive rows (also zeros, constants and sinks, up to 8).
    RowRef d, d2, a, b, c, e;
    PredicateRef pd, pq, pa, pb, pc;
    std::array<std::uint32_t, 4> p{}; // parameters of the family
    std::uint64_t immediate = 0;      // parameters of the family
    std::uint8_t guard = 7;
    bool guard_negate = false;
    bool guard_uniform = false;
    bool uniform = false;             // executed once for the warp, not per lane: uniform datapath
    bool always = false;              // executed even if no lane is enabled (barriers of the warp)
    std::uint8_t waiting = 0;         // how much its execution looks like waiting for another thread: atomics, strong loads, sleeping
    std::uint32_t number = 0;         // of the instruction in its function
    const sass::Instruction* source = nullptr;
};

// Which vector instructions of the host the lanes use.
enum class LaneLevel : std::uint8_t { Portable, Avx2, Avx512 };
LaneLevel best_lane_level(); // of this machine; environment variable HEDDLE_LANES=portable|avx2|avx512 lowers it
const char* name(LaneLevel level);

// Each family returns the function that executes `instruction`, or null if the operation is not its own. May set op.p,
// op.immediate, op.uniform, op.always. Throws UserError for a form that decodes but cannot be executed.
Execute bind_control(const sass::Instruction& instruction, MicroOp& op);
Execute bind_integer(const sass::Instruction& instruction, MicroOp& op, LaneLevel level);
Execute bind_float(const sass::Instruction& instruction, MicroOp& op, LaneLevel level);
Execute bind_memory(const sass::Instruction& instruction, MicroOp& op, LaneLevel level);
Execute bind_matrix(const sass::Instruction& instruction, MicroOp& op, LaneLevel level);
Execute bind_hopper(const sass::Instruction& instruction, MicroOp& op, LaneLevel level);

} // namespace heddle::emulator
