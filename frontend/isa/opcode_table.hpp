// The opcodes of NVIDIA's machine language from sm_70 to sm_120, one row per base mnemonic.
//
// What hardware this is: the instruction set of Volta to Blackwell as nvdisasm spells it ("LDG.E.128.CONSTANT": base
// mnemonic LDG, modifiers E, 128, CONSTANT).
// What is modelled: for each mnemonic the pipe, the latency class, what it asks of the machine beyond its pipe, the
// address space, how wide its operands are, and the floating-point operations per lane. An architecture that differs
// has a row of its own. Modifiers are interpreted by decode() in decode.hpp.
// What is not: rows with an `unmodelled` remark run in time but without that effect; whoever replays them counts the
// executions under that remark.
// Sources: the mnemonics of CUDA 13's disassembler listings (public vectors, CuAssembler for sm_80 and sm_100);
// pipes and latency classes as NVIDIA Nsight Compute documents its pipes, and the measurements of Huerta et al.
// (MICRO 2025), Jia et al. (arXiv 1804.06826, 1903.07486) and Luo et al. (arXiv 2402.13499).
#pragma once

#include "sim/isa/instruction.hpp"

#include <span>
#include <string_view>

namespace heddle {

// How to find the width of each operand from the modifiers; see decode.cpp.
enum class OperandRule : std::uint8_t {
    Plain,        // every operand is one register
    Double,       // every operand is a register pair
    Wide64,       // pairs if a modifier says 64, else one register each
    MadWide,      // with WIDE: result and addend are pairs
    Convert,      // widths from the type modifiers
    SystemClock,  // CS2R: a pair unless 32
    Load,         // [destination] <- [address]
    Store,        // [address], [data]
    Atomic,       // [destination] <- [address], [data], [data]
    AsyncCopy,    // [shared address], [global address]
    MatrixLoad,   // [1, 2 or 4 registers] <- [shared address]
    MatrixStore,  // [shared address], [1, 2 or 4 registers]
    Mma,          // fragments from shape and type
    WarpgroupMma, // accumulator fragment from the shape; operand a from registers or a descriptor
    ResultSecond, // predicate first, then the register result: SHFL, MATCH.ALL, QSPC
    Texture,      // result of up to four registers
    Surface,      // predicate first; loads [destination] <- [address], stores [address], [data]
    TensorMemory, // as many registers as the modifier xN says
};

struct OpcodeRow {
    std::string_view mnemonic;
    Pipe pipe = Pipe::Alu;
    LatencyClass latency_class = LatencyClass::Integer;
    Behaviour behaviour = Behaviour::Arithmetic;
    Space space = Space::None;
    OperandRule operands = OperandRule::Plain;
    std::uint8_t flops_per_lane = 0;
    std::uint8_t first_architecture = 70; // valid from this architecture
    std::uint8_t last_architecture = 255; // to this one
    const char* unmodelled = nullptr;     // what the timing model leaves out, as counted in the report
};

// The row of `text` (a mnemonic with or without modifiers) on `architecture` (70, 75, ...), or null if there is none.
// The most specific row wins. Costs a binary search; callers keep the result.
const OpcodeRow* find(unsigned architecture, std::string_view text);

// All rows, sorted by mnemonic; for tests and listings.
std::span<const OpcodeRow> opcode_rows();

// The architectures the table speaks about, ascending.
std::span<const unsigned> known_architectures();
bool is_known_architecture(unsigned architecture);

} // namespace heddle
