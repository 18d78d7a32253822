// A random PTX program: statements on a small file of registers, with branches, loops, switches and calls.
//
// Every register has a value before the first statement and all are stored after the last one, so any statement may be
// taken out of a program and what remains is still a program: that is how failures are made small.
#pragma once

#include "tests/fuzz/ptx/operation.hpp"

namespace heddle::ptx_fuzz {

// SplitMix64: the same numbers everywhere.
struct Random {
    U64 state = 0;
    U64 next();
    U64 below(U64 limit) { return next() % limit; } // Requires: limit > 0.
    bool chance(unsigned percent) { return below(100) < percent; }
};

struct Operand {
    bool immediate = false;
    U64 value = 0; // of an immediate, else the register's number
};

struct Statement {
    enum class Form : std::uint8_t { Operate, If, Loop, Switch, Call } form = Form::Operate;
    const Operation* operation = nullptr; // Operate
    std::vector<unsigned> results;
    std::vector<Operand> sources;
    int guard = -1;       // predicate, or none
    bool negated = false; // the guard, or the condition of an If
    // If: a predicate. Loop: trip count, modulo 4, an immediate or .b32. Switch: .b32, modulo its number of blocks.
    Operand condition;
    bool uniform = false;  // If: the condition is whether any thread of the warp has it
    unsigned function = 0; // Call: which
    std::vector<std::vector<Statement>> blocks;
};
using Block = std::vector<Statement>;

struct Program {
    U64 seed = 0;
    unsigned least = 80; // architecture
    Block body;
    std::vector<Block> functions; // bodies of .func; one may call those before it
};

// Registers as they are passed to a function: .b32 $0, .b64 $0, .b16 $0 and FP64 $0, which it returns in the same ones. Others start as
// these combined with numbers of their own, see print.cpp.
inline constexpr U64 kSpread = 0x9e3779b97f4a7c15;

// From kRowSeeds on, a program is six times the row of that number of the catalogue, else anything.
inline constexpr U64 kRowSeeds = U64{1} << 40;
Program generate(U64 seed);

// A number likely to be special for a register of that class, as `letter` (see Operation) reads it.
U64 random_value(Random& random, char letter);
// The letter that register usually holds.
char usual_letter(RegisterClass of, unsigned index);

// What a launch starts from and what it leaves; both as bytes of global memory.
inline constexpr unsigned kRecordBytes =
    192; // per thread: .b32 at 0, .b64 at 32, FP64 at 72, .b16 at 104, predicates at 112, zero at 120, local memory at 128
struct Input {
    std::vector<std::uint8_t> registers; // kCtas * kThreads records, without local memory
    std::vector<std::uint8_t> global;    // kPrivateBytes for each thread; local memory starts as its first half
    std::vector<U64> cells;
    std::array<std::uint8_t, kScalarBytes> scalars{};
};
struct Output {
    std::vector<std::uint8_t> registers, global;
    std::vector<U64> cells;
    friend bool operator==(const Output&, const Output&) = default;
};

Input random_input(U64 seed);
const std::array<std::uint8_t, kTableBytes>& constant_table(); // of every module

// A module with one entry for each program, named entry_name(). Target is "sm_80" or "sm_90a".
std::string print_module(const std::vector<const Program*>& programs, const std::string& target);
std::string entry_name(const Program& program);
// The program's value by the PTX ISA.
Output interpret(const Program& program, const Input& input);

} // namespace heddle::ptx_fuzz
