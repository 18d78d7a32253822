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
    Bytes static_shared = 0;          // includes nothing reserved
    Bytes reserved_shared = 0;        // 1 KiB from sm_90 on where the code expects it below its own
    Bytes local_bytes = 0;            // per thread: frame and stack
    std::uint32_t parameter_base = 0; // offset in constant bank 0
    std::uint32_t parameter_bytes = 0;
    std::vector<KernelParameter> parameters;
    std::uint32_t max_threads = 1024; // per CTA
    Dim3 required_block{0, 0, 0};     // 0: not required
    Dim3 cluster{0, 0, 0};            // 0: chosen by the launch
    std::vector<std::byte> constants; // constant bank 0 template (parameters are filled in at launch)
    Bytes constant_bytes() const { return constants.size(); }
};

struct Variable {
    std::string name;
    Address address = 0; // of a __constant__: address of the bank's backing store, which kernels read through c[3][...]
    Bytes bytes = 0;
    bool constant = false;
};

class Module {
  public:
    // Loads `cubin`; `label` names it in messages. Errors: UserError (undecodable code, undefined symbols, not enough memory).
    static std::unique_ptr<Module> load(const cubin::Cubin& cubin, DeviceMemory& memory, std::string label);
    ~Module();

    const Function* find_function(std::string_view name) const;
    const Variable* find_variable(std::string_view name) const;
    const std::map<std::string, Function, std::less<>>& functions() const { return functions_; }
    const std::map<std::string, Variable, std::less<>>& variables() const { return variables_; }
    unsigned architecture() const { return architecture_; }
    const std::string& label() const { return label_; }

    // Code of all functions, by address / 16.
    const std::vector<sass::Instruction>& instructions() const { return instructions_; }
    const std::vector<MicroOp>& micro_ops() const { return micro_ops_; }
    // The rows the micro operations call constants: what to put in each at a launch.
    struct ConstantRow {
        bool immediate = false;
        std::uint64_t value = 0; // immediate; else byte offset in `bank`
        std::uint8_t bank = 0;
    };
    const std::vector<ConstantRow>& constant_rows() const { return constant_rows_; }
    // Bank 3 and others that belong to the module (not bank 0): current bytes. Empty if there is no such bank.
    std::span<const std::byte> constant_bank(unsigned bank) const;
    // The same code for the timing model.
    const KernelCode& timing_code() const { return timing_code_; }
    // Function (kernel or device function) that holds a code address, for messages; empty if none.
    std::string_view function_at(std::uint32_t address) const;

  private:
    friend class ModuleLoader;
    unsigned architecture_ = 0;
    std::string label_;
    DeviceMemory* memory_ = nullptr;
    std::vector<sass::Instruction> instructions_;
    std::vector<MicroOp> micro_ops_;
    std::vector<ConstantRow> constant_rows_;
    std::map<std::string, Function, std::less<>> functions_;
    std::map<std::string, Variable, std::less<>> variables_;
    std::map<std::uint32_t, std::string> function_starts_;
    std::map<unsigned, std::pair<Address, Bytes>> banks_;
    std::vector<Address> owned_;
    KernelCode timing_code_;
};

} // namespace heddle::emulator
