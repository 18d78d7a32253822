// Kernels and the commands around them, as a frontend provides them to the GPU model.
#pragma once

#include "sim/isa/warp_stream.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heddle {

// A kernel's instructions. Rows have stable addresses; only the frontend appends, and only while the dispatcher asks
// it for a CTA, so the model may keep pointers to rows.
struct KernelCode {
    std::deque<StaticInstruction> instructions;
    bool has_control_bits = false;     // else dependences come from a scoreboard over general registers
    bool has_predicate_registers = false; // dependences through predicates and uniform registers are known
};

struct KernelLaunch {
    std::string name;         // as the frontend knows it, possibly mangled
    std::uint64_t id = 0;     // position in the workload, from 1
    Dim3 grid, block, cluster; // cluster in CTAs
    std::uint32_t registers_per_thread = 0;
    Bytes shared_bytes = 0;   // static and dynamic, per CTA
    std::uint64_t stream = 0;
    unsigned architecture = 0; // 70, 75, 80, ..., as the code was compiled for
    std::uint64_t threads_per_cta() const { return block.volume(); }
    std::uint32_t warps_per_cta() const { return static_cast<std::uint32_t>((block.volume() + kLanes - 1) / kLanes); }
};

// The warps of one CTA, alive from its dispatch to its completion.
struct CtaInstructions {
    Dim3 index;                                      // position in the grid
    std::vector<std::unique_ptr<WarpStream>> warps;  // warp i of the CTA; one per warp, possibly of no instructions
};

// An instruction as reports print it.
struct InstructionText {
    std::string sass;       // with operands where the frontend has machine code
    std::string function;   // empty: the kernel itself
    std::uint32_t pc = 0;   // byte offset in the function
};

// A kernel that can be asked for its CTAs one after another. Calls come from one host thread at a time.
class Kernel {
  public:
    virtual ~Kernel() = default;
    virtual const KernelLaunch& launch() const = 0;
    virtual const KernelCode& code() const = 0;
    // Requires: `row` is a row of code().
    virtual InstructionText describe(const StaticInstruction& row) const { return {row.text, {}, row.pc}; }
    // The next CTA in dispatch order; empty when all were handed out. Errors in the input: UserError.
    virtual std::optional<CtaInstructions> next_cta() = 0;
    // A kernel that is left out of the simulation but computes something that later kernels read must still be executed, after
    // everything before it is complete. Traces hold what was executed, so there is nothing to do.
    virtual bool has_effects() const { return false; }
    virtual void execute_only() {}
};

// A host command of the workload, in program order.
struct Command {
    enum class Kind {
        CopyToDevice,
        Launch,
        Synchronize, // all before it is complete before anything after it starts
    };
    Kind kind = Kind::Launch;
    Address address = 0; // CopyToDevice: destination
    Bytes bytes = 0;
    std::unique_ptr<Kernel> kernel; // Launch
    // Synchronize: called, if given, when all before it is complete, with simulated time in femtoseconds. The next command is
    // asked for only afterwards, so a program that waits for this may decide what it is.
    std::function<void(Time)> reached;
    bool left_out = false; // Launch: not simulated, only executed; set by the dispatcher
};

// What a frontend counts of its input for the report.
struct FrontendNotes {
    struct Count {
        std::string what;       // "opcode without a row: FOO.BAR", "lane active after its EXIT"
        std::uint64_t count = 0;
    };
    std::vector<Count> unmodelled; // instructions or facts of the input the model cannot honour
    std::vector<Count> anomalies;  // blemishes of the capture that were replayed as they are
    std::vector<std::string> assumptions; // sentences: "dependences from a scoreboard: the trace has no control bits"
};

// A program: commands in order, produced as they are asked for.
class Workload {
  public:
    virtual ~Workload() = default;
    virtual std::string description() const = 0; // path or name
    virtual std::string digest() const = 0;      // hexadecimal hash of the input's content
    // The next command, or empty at the end.
    virtual std::optional<Command> next_command() = 0;
    // Commands (launches) in total if known in advance, for progress; 0 if not.
    virtual std::uint64_t launches() const { return 0; }
    // Complete once all commands have been taken and their kernels have run.
    virtual FrontendNotes notes() const = 0;
};

} // namespace heddle
