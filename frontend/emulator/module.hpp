// Code and variables loaded onto the emulated GPU.
//
// What is modelled: loading a cubin: global variables get device addresses and initial values, code is relocated and
// decoded, constant banks are laid out. All functions of a module share one code address space (like hardware's), so
// that function pointers and calls between sections work.
#pragma once

#include "frontend/emulator/micro_op.hpp"
#include "sim/isa/kernel_launch.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::cubin {
class Cubin;
}

namespace heddle::emulator {

class DeviceMemory;
class Module;

struct KernelParameter {
    std::uint32_t offset = 0, size = 0; // bytes in the parameter area
};

// A kernel ready to be launched. Attributes as cudaFuncGetAttributes reports them.
struct Function {
    std::string name;                 // as in the symbol table
    Module* module = nullptr;
    std::uint32_t entry = 0;          // code address of its first instruction, bytes
    std::uint32_t registers = 0;      // per thread
    Bytes static_shared = 0;          // per CTA, without the reserved part
    Bytes reserved_shared = 0;        // what the code leaves free below its own: 1 KiB from sm_90 on, or nothing
    Bytes local_bytes = 0;            // per thread: frame and stack
    std::uint32_t parameter_base = 0; // offset in constant bank 0
    std::uint32_t parameter_bytes = 0;
    std::vector<KernelParameter> parameters;
    std::uint32_t max_threads = 1024; // per CTA
    Dim3 required_block{0, 0, 0};     // 0: not required
    Dim3 cluster{0, 0, 0};            // 0: chosen by the launch
    Bytes constant_bytes = 0;         // of bank 0
    std::map<unsigned, std::vector<std::byte>> banks; // constant banks of its own (2: jump tables, literals)
    bool dynamic_stack = false;       // recursion or indirect calls: local_bytes is a lower bound
};

struct Variable {
    std::string name;
    Address address = 0; // of a __constant__: address of the bank's backing store, which kernels read through c[3][...]
    Bytes bytes = 0;
    bool constant = false;
};

class Module {
  public:
    // Loads `cubin`; `label` names it in messages. `level`: see LaneLevel. Errors: UserError (undefined symbols, not enough
    // memory). Code is decoded when it is first used.
    static std::unique_ptr<Module> load(const cubin::Cubin& cubin, DeviceMemory& memory, std::string label, LaneLevel level = best_lane_level());
    // No code at all: for tests of single instructions.
    static std::unique_ptr<Module> empty(unsigned architecture, DeviceMemory& memory);
    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    const Function* find_function(std::string_view name) const;
    const Variable* find_variable(std::string_view name) const;
    const std::map<std::string, Function, std::less<>>& functions() const { return functions_; }
    const std::map<std::string, Variable, std::less<>>& variables() const { return variables_; }
    unsigned architecture() const { return architecture_; }
    bool launches_kernels() const { return launches_kernels_; } // dynamic parallelism: see device_launch.hpp
    const std::string& label() const { return label_; }

    // Micro operations of all code, by address / 16. Those of a section that was not used yet decode it when executed.
    const MicroOp* micro_ops() const { return micro_ops_.data(); }
    std::size_t code_words() const { return micro_ops_.size(); }
    bool is_code(std::uint64_t address) const { return address / sass::kWordBytes < micro_ops_.size(); }
    // The decoded instruction, or null (code never used, or a system call).
    const sass::Instruction* instruction(std::uint32_t number) const { return instructions_[number].get(); }
    // Decodes and binds the section around a code address. Errors: UserError if a word cannot be decoded or executed.
    void prepare(std::uint32_t address);
    // Registers a warp needs to run `function` and what it may call, as far as that was used.
    std::uint32_t registers_of(const Function& function);
    std::uint32_t callee_registers() const { return callee_registers_; }

    // The rows the micro operations call constants: what to put in each at a launch. Grows with prepare().
    struct ConstantRow {
        bool immediate = false;
        std::uint64_t value = 0; // immediate; else byte offset in `bank`
        std::uint8_t bank = 0;
    };
    const std::vector<ConstantRow>& constant_rows() const { return constant_rows_; }
    // Banks that belong to the module (3, 4; not 0 and 2): current bytes. Empty if there is no such bank.
    std::span<const std::byte> constant_bank(unsigned bank) const;
    // Name of the kernel or device function that holds a code address, for messages.
    std::string_view function_at(std::uint32_t address) const;
    std::uint32_t function_start(std::uint32_t address) const; // code address of that function

    // The row of the timing model for an instruction; made when first asked for. Not thread-safe.
    const StaticInstruction* timing_row(std::uint32_t number);
    // The same for a generic access that reached `space`.
    const StaticInstruction* timing_row_in(std::uint32_t number, Space space);
    const StaticInstruction* const* timing_rows() const { return timing_rows_.data(); }
    const KernelCode& timing_code() const { return timing_code_; }

  private:
    friend class ModuleLoader;
    Module() = default;
    bool launches_kernels_ = false;
    unsigned architecture_ = 0;
    std::string label_;
    DeviceMemory* memory_ = nullptr;
    struct Section {
        std::uint32_t address = 0; // code address
        std::string name;
        std::vector<std::byte> code;
        bool prepared = false;
        std::uint32_t highest_register = 0;
    };
    static void relocate(sass::Instruction& instruction, std::uint32_t base);
    std::set<std::uint32_t> kernel_sections_; // code addresses
    std::uint32_t callee_registers_ = 0;
    std::map<std::uint32_t, Section> sections_; // by code address
    std::vector<std::unique_ptr<sass::Instruction>> instructions_;
    std::vector<MicroOp> micro_ops_;
    std::vector<ConstantRow> constant_rows_;
    std::unique_ptr<class Binder> binder_;
    std::map<std::string, Function, std::less<>> functions_;
    std::map<std::string, Variable, std::less<>> variables_;
    std::map<std::uint32_t, std::string> function_starts_;
    std::map<unsigned, std::pair<Address, Bytes>> banks_;
    std::vector<Address> owned_;
    KernelCode timing_code_;
    std::vector<const StaticInstruction*> timing_rows_;
    std::map<std::pair<std::uint32_t, Space>, const StaticInstruction*> generic_rows_;
};

} // namespace heddle::emulator
