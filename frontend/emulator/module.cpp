#include "frontend/emulator/module.hpp"

#include "frontend/cubin/loader.hpp"
#include "frontend/emulator/bind.hpp"
#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/device_launch.hpp"
#include "frontend/emulator/device_memory.hpp"
#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/grid.hpp"
#include "frontend/emulator/move_code.hpp"
#include "frontend/emulator/system_calls.hpp"
#include "frontend/sass/decoder.hpp"
#include "frontend/sass/table.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace heddle::emulator {

namespace {

constexpr std::uint32_t kCodeAlignment = 128;
constexpr Bytes kMostCode = 1ULL << 30;
constexpr unsigned kUserBank = 3;
constexpr std::string_view kDriverPrefix = "__cuda_syscall_"; // functions of the driver for device code

// Stands for code that was not decoded yet: decodes it and lets the warp execute it again.
void prepare_code(Warp& w, const MicroOp& op) {
    Grid& grid = w.cta().grid();
    grid.uncount(w, op.number);
    grid.module().prepare(op.number * sass::kWordBytes);
    grid.extend_constants();
    grid.widen(grid.module().callee_registers());
    w.pc -= sass::kWordBytes;
}

void no_code(Warp& w, const MicroOp&) {
    throw DeviceFault(FaultKind::InvalidPc, "execution ran past the end of the code", static_cast<unsigned>(std::countr_zero(w.active | 0x80000000U)));
}

void no_target(Warp& w, const MicroOp& op) {
    const std::string target = fmt::format("0x{:x}", static_cast<std::uint64_t>((*op.source)[sass::Slot::C].value));
    throw DeviceFault(FaultKind::InvalidPc, "jump to " + target + ", where there is no code", static_cast<unsigned>(std::countr_zero(w.active | 0x80000000U)));
}

// A jump or call to a fixed address where a module of so much code has none. (Registers are checked when they are used.)
bool leads_nowhere(const sass::Instruction& i, std::size_t words) {
    const sass::Operand& target = i[sass::Slot::C];
    const bool fixed = i.op == sass::Op::BRA || i.op == sass::Op::JMP || (i.op == sass::Op::CALL && !i[sass::Slot::A].present());
    if (!fixed || (target.kind != sass::Operand::Kind::Label && target.kind != sass::Operand::Kind::Immediate)) return false;
    const auto address = static_cast<std::uint64_t>(target.value);
    return address % sass::kWordBytes != 0 || address / sass::kWordBytes >= words;
}

MicroOp special(Execute execute, std::uint32_t number) {
    MicroOp op;
    op.execute = execute;
    op.always = true;
    op.number = number;
    return op;
}

} // namespace

// Fills in a Module; the only place that knows cubins.
class ModuleLoader {
  public:
    ModuleLoader(const cubin::Cubin& cubin, Module& module) : cubin_(cubin), m_(module) {}

    void load() {
        m_.architecture_ = cubin_.architecture();
        place_system_calls();
        cubin::Placement placement;
        placement.section_address = [&](const cubin::Section& s) { return place(s); };
        placement.undefined_address = [&](const cubin::Symbol& s) -> std::optional<Address> {
            m_.launches_kernels_ |= s.name.starts_with(kDriverPrefix);
            if (const auto known = system_calls_.find(s.name); known != system_calls_.end()) return known->second;
            if (!s.name.starts_with(kDriverPrefix)) return std::nullopt;
            return place_call(s.name, unknown_system_call); // perhaps nobody calls it
        };
        const cubin::LoadedImage image = cubin::load(cubin_, placement);
        for (const auto& section : image.sections) store(section);
        add_code_end();
        add_variables(image);
        for (const auto& kernel : cubin_.kernels()) add_kernel(kernel, image);
    }

  private:
    void place_system_calls() {
        // Address 0 stays without code, so that a null function pointer faults.
        for (std::uint32_t n = 0; n < kCodeAlignment / sass::kWordBytes; ++n) add_word(special(no_code, n));
        for (const SystemCall& call : system_calls()) place_call(call.name, call.execute);
        for (const SystemCall& call : device_launch_calls()) place_call(call.name, call.execute);
        align_code();
    }
    Address place_call(const std::string& name, Execute execute) {
        m_.function_starts_[next_code_] = name;
        add_word(special(execute, next_number()));
        return system_calls_[name] = next_code_ - sass::kWordBytes;
    }
    std::uint32_t next_number() const { return next_code_ / sass::kWordBytes; }
    void add_word(const MicroOp& op) {
        m_.micro_ops_.push_back(op);
        next_code_ += sass::kWordBytes;
    }
    void align_code() {
        while (next_code_ % kCodeAlignment != 0) add_word(special(no_code, next_number()));
    }

    Address place(const cubin::Section& s) {
        if (s.role == cubin::SectionRole::Text) {
            align_code();
            const std::uint32_t address = next_code_;
            if (s.size > kMostCode - next_code_) fail_at(m_.label_, 0, 0, fmt::format("section {} has {} bytes of code", s.name, s.size), "too much");
            for (Bytes offset = 0; offset + sass::kWordBytes <= s.size; offset += sass::kWordBytes) add_word(special(prepare_code, next_number()));
            add_word(special(no_code, next_number()));
            return address;
        }
        const Address address = m_.memory_->allocate(std::max<Bytes>(s.size, 1), AllocationKind::Global, m_.label_ + " " + s.name, std::max<Bytes>(s.alignment, 512));
        if (address == 0) fail_at(m_.label_, 0, 0, fmt::format("section {} needs {} bytes of device memory", s.name, s.size), "more than there is");
        m_.owned_.push_back(address);
        return address;
    }

    void store(const cubin::LoadedSection& loaded) {
        const cubin::Section& s = cubin_.sections()[loaded.section];
        if (s.role == cubin::SectionRole::Text) {
            auto& section = m_.sections_[static_cast<std::uint32_t>(loaded.address)];
            section.address = static_cast<std::uint32_t>(loaded.address);
            section.name = s.owner.empty() ? s.name : s.owner;
            section.code = loaded.data;
            text_[loaded.section] = section.address;
        } else if (s.role == cubin::SectionRole::Global) {
            if (!loaded.data.empty()) std::memcpy(m_.memory_->bytes(loaded.address, loaded.data.size()), loaded.data.data(), loaded.data.size());
        } else if (s.role == cubin::SectionRole::Constant && s.owner.empty()) {
            Address address = loaded.address;
            const Bytes bytes = std::max<Bytes>(loaded.data.size(), 1);
            if (address == 0) {
                address = m_.memory_->allocate(bytes, AllocationKind::Global, m_.label_ + " " + s.name);
                if (address == 0) fail_at(m_.label_, 0, 0, fmt::format("section {} needs {} bytes of device memory", s.name, bytes), "more than there is");
                m_.owned_.push_back(address);
            }
            if (!loaded.data.empty()) std::memcpy(m_.memory_->bytes(address, bytes), loaded.data.data(), loaded.data.size());
            m_.banks_[s.bank] = {address, loaded.data.size()};
        }
    }

    void add_code_end() {
        align_code();
        m_.instructions_.resize(m_.micro_ops_.size());
        m_.timing_rows_.resize(m_.micro_ops_.size());
    }

    void add_variables(const cubin::LoadedImage& image) {
        const auto symbols = cubin_.symbols();
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            const cubin::Symbol& s = symbols[i];
            if (s.section < 0) continue;
            const cubin::Section& section = cubin_.sections()[static_cast<std::size_t>(s.section)];
            if (s.kind == cubin::SymbolKind::Kernel || s.kind == cubin::SymbolKind::Function) {
                m_.function_starts_[static_cast<std::uint32_t>(image.symbol_address[i])] = s.name;
            } else if (s.kind == cubin::SymbolKind::Object && section.role == cubin::SectionRole::Global) {
                m_.variables_[s.name] = {s.name, image.symbol_address[i], s.size, false};
            } else if (s.kind == cubin::SymbolKind::Object && section.role == cubin::SectionRole::Constant && section.owner.empty()) {
                m_.variables_[s.name] = {s.name, m_.banks_[section.bank].first + s.value, s.size, true};
            }
        }
    }

    void add_kernel(const cubin::KernelImage& k, const cubin::LoadedImage& image) {
        Function f;
        f.name = k.name;
        f.module = &m_;
        f.entry = text_[k.section] + static_cast<std::uint32_t>(k.entry);
        f.registers = std::max<std::uint32_t>(k.registers, 16);
        f.static_shared = k.static_shared;
        f.reserved_shared = k.reserved_shared;
        f.local_bytes = std::max(k.stack_bytes, k.frame_bytes);
        f.dynamic_stack = k.stack_unknown;
        f.parameter_base = k.parameter_base;
        f.parameter_bytes = k.parameter_bytes;
        for (const cubin::Parameter& p : k.parameters) f.parameters.push_back({p.offset, p.size});
        if (k.max_block) f.max_threads = static_cast<std::uint32_t>(std::min<std::uint64_t>(k.max_block->volume(), 1024));
        if (k.required_block) f.required_block = *k.required_block;
        if (k.cluster) f.cluster = *k.cluster;
        for (const auto& loaded : image.sections) {
            const cubin::Section& s = cubin_.sections()[loaded.section];
            if (s.role != cubin::SectionRole::Constant || s.owner != k.name) continue;
            if (s.bank == 0) f.constant_bytes = std::max<Bytes>(s.size, f.parameter_base + f.parameter_bytes);
            f.banks[s.bank] = loaded.data;
        }
        f.constant_bytes = std::max<Bytes>(f.constant_bytes, f.parameter_base + f.parameter_bytes);
        m_.kernel_sections_.insert(text_[k.section]);
        m_.functions_.emplace(k.name, std::move(f));
    }

    const cubin::Cubin& cubin_;
    Module& m_;
    std::uint32_t next_code_ = 0;
    std::map<std::string, Address, std::less<>> system_calls_;
    std::map<std::uint32_t, std::uint32_t> text_; // section index to code address
};

std::unique_ptr<Module> Module::load(const cubin::Cubin& cubin, DeviceMemory& memory, std::string label, LaneLevel level) {
    std::unique_ptr<Module> module(new Module);
    module->label_ = std::move(label);
    module->memory_ = &memory;
    module->timing_code_.has_control_bits = true;
    module->timing_code_.has_predicate_registers = true;
    module->binder_ = std::make_unique<Binder>(module->constant_rows_, level);
    ModuleLoader(cubin, *module).load();
    return module;
}

std::unique_ptr<Module> Module::empty(unsigned architecture, DeviceMemory& memory) {
    std::unique_ptr<Module> module(new Module);
    module->architecture_ = architecture;
    module->label_ = "no code";
    module->memory_ = &memory;
    return module;
}

Module::~Module() {
    for (const Address address : owned_) memory_->release(address);
}

const Function* Module::find_function(std::string_view name) const {
    const auto it = functions_.find(name);
    return it == functions_.end() ? nullptr : &it->second;
}

const Variable* Module::find_variable(std::string_view name) const {
    const auto it = variables_.find(name);
    return it == variables_.end() ? nullptr : &it->second;
}

void Module::prepare(std::uint32_t address) {
    auto it = sections_.upper_bound(address);
    HEDDLE_EXPECT(it != sections_.begin(), "code address 0x{:x} belongs to no section", address);
    Section& section = std::prev(it)->second;
    if (section.prepared) return;
    const std::string where = label_ + ": " + section.name;
    std::vector<sass::Instruction> code = sass::decode(section.code, architecture_, where);
    std::uint32_t highest = 0;
    for (std::size_t i = 0; i < code.size(); ++i) {
        const std::uint32_t number = section.address / sass::kWordBytes + static_cast<std::uint32_t>(i);
        auto instruction = std::make_unique<sass::Instruction>(code[i]);
        relocate(*instruction, section.address);
        highest = std::max<std::uint32_t>(highest, sass::register_use(*instruction).highest);
        MicroOp op = binder_->bind(*instruction, number, where);
        if (leads_nowhere(*instruction, code_words())) op.execute = no_target;
        instructions_[number] = std::move(instruction);
        micro_ops_[number] = op;
    }
    section.highest_register = highest;
    if (!kernel_sections_.contains(section.address)) callee_registers_ = std::max(callee_registers_, highest);
    section.prepared = true;
}

void move_code(sass::Instruction& i, std::int64_t distance) {
    i.address = static_cast<decltype(i.address)>(static_cast<std::int64_t>(i.address) + distance);
    sass::Operand& target = i[sass::Slot::C];
    const bool absolute = i.op == sass::Op::BRX || i.op == sass::Op::BRXU || i.row->mnemonic == std::string_view("CALL.ABS") ||
                          i.row->mnemonic == std::string_view("RET.ABS") || i.op == sass::Op::JMP;
    if (target.kind == sass::Operand::Kind::Label && !absolute) target.value += distance;
}

// Decoding counts addresses from the start of the section; here they count from the start of all code.
void Module::relocate(sass::Instruction& i, std::uint32_t base) { move_code(i, base); }

std::uint32_t Module::registers_of(const Function& function) {
    if (sections_.empty()) return function.registers;
    prepare(function.entry);
    const Section& section = std::prev(sections_.upper_bound(function.entry))->second;
    return std::max({function.registers, section.highest_register, callee_registers_});
}

std::span<const std::byte> Module::constant_bank(unsigned bank) const {
    const auto it = banks_.find(bank);
    if (it == banks_.end()) return {};
    return {memory_->bytes(it->second.first, it->second.second), it->second.second};
}

std::string_view Module::function_at(std::uint32_t address) const {
    const auto it = function_starts_.upper_bound(address);
    return it == function_starts_.begin() ? std::string_view{} : std::string_view{std::prev(it)->second};
}

std::uint32_t Module::function_start(std::uint32_t address) const {
    const auto it = function_starts_.upper_bound(address);
    return it == function_starts_.begin() ? 0 : std::prev(it)->first;
}

} // namespace heddle::emulator
