// One function per operand rule. Every rule is lenient: operands that are missing are simply not there, because a
// trace may leave out whatever is no general register.
#include "frontend/isa/decode.hpp"

#include "frontend/isa/mma_shape.hpp"
#include "frontend/isa/modifiers.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace heddle {
namespace {

// What the modifiers of a memory instruction say about width, addressing and scope.
struct MemoryModifiers {
    unsigned bytes = 4;
    bool wide_address = false; // E: 64-bit address
    bool beyond_l1 = false;    // not served by the L1
};

unsigned number(std::string_view digits) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() ? value : 0;
}

unsigned bytes_named(std::string_view part) {
    if (part == "F16x2" || part == "BF16x2" || part == "F16x2_V2" || part == "BF16_V2") return 4;
    if (part == "64x2" || part == "F32x4") return 16;
    if (part == "F32x2") return 8;
    std::string_view digits = part;
    if (digits.size() > 1 && (digits[0] == 'U' || digits[0] == 'S' || digits[0] == 'F')) digits.remove_prefix(1);
    const unsigned bits = number(digits);
    return bits == 8 || bits == 16 || bits == 32 || bits == 64 || bits == 128 || bits == 256 ? bits / 8 : 0;
}

MemoryModifiers memory_modifiers(std::string_view text) {
    MemoryModifiers found;
    for_each_modifier(text, [&](std::string_view part) {
        if (const unsigned bytes = bytes_named(part)) found.bytes = bytes;
        else if (part == "E") found.wide_address = true;
        else if (part == "BYPASS" || part == "MMIO" || part == "VOL" || part == "CV") found.beyond_l1 = true;
        else if (part == "GPU" || part == "SYS") found.beyond_l1 = found.beyond_l1 || has_modifier(text, "STRONG");
    });
    return found;
}

// Collects operands with their widths into an instruction.
class Operands {
  public:
    Operands(StaticInstruction& instruction, const OperandNames& names) : instruction_(instruction), names_(names) {
        // In a trace the result of "SHFL PT, Rd, ..." stands among the sources.
        sources_ = names.sources;
        destinations_ = names.destinations;
    }
    bool trace() const { return names_.form == OperandNames::Form::Trace; }
    std::size_t sources() const { return sources_.size(); }
    std::uint16_t source(std::size_t i) const { return sources_[i]; }
    std::size_t destinations() const { return destinations_.size(); }
    // Requires: at least one source.
    void first_source_is_destination() {
        destinations_ = sources_.first(1);
        sources_ = sources_.subspan(1);
    }
    void read(std::size_t i, unsigned count) {
        if (i >= sources_.size() || sources_[i] >= kZeroRegister || count == 0) return;
        const RegisterRange range = clipped(sources_[i], count);
        instruction_.reads.add(range);
        if (instruction_.source_count < instruction_.sources.size()) instruction_.sources[instruction_.source_count++] = range;
    }
    void read_all(unsigned count, std::size_t from = 0) {
        for (std::size_t i = from; i < sources_.size(); ++i) read(i, count);
    }
    // Writes `count` registers from the first destination on. Further destinations that a trace names and that are no
    // part of it (version 6 lists each register) are written as single registers.
    void write(unsigned count) {
        for (std::size_t i = 0; i < destinations_.size(); ++i) {
            if (destinations_[i] >= kZeroRegister) continue;
            const RegisterRange range = clipped(destinations_[i], i == 0 ? count : 1);
            RegisterSet set;
            set.add(range);
            set -= instruction_.writes;
            if (set.empty()) continue;
            instruction_.writes |= set;
            if (instruction_.destination_count < instruction_.destinations.size())
                instruction_.destinations[instruction_.destination_count++] = range;
        }
    }

  private:
    static RegisterRange clipped(std::uint16_t first, unsigned count) {
        return {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(std::min<unsigned>(count, kZeroRegister - first))};
    }
    StaticInstruction& instruction_;
    const OperandNames& names_;
    std::span<const std::uint16_t> sources_;
    std::span<const std::uint16_t> destinations_;
};

constexpr std::int64_t kNamedBarriers = 16;

constexpr unsigned words(unsigned bytes) { return bytes <= 4 ? 1 : bytes / 4; }

bool is_register(std::uint16_t name) { return name < kZeroRegister; }

void apply_memory(StaticInstruction& s, const OpcodeRow& row, Operands& operands, std::string_view text) {
    const MemoryModifiers modifiers = memory_modifiers(text);
    const unsigned data = words(modifiers.bytes);
    const unsigned base = modifiers.wide_address && row.space != Space::Shared && row.space != Space::Local ? 2 : 1;
    const bool trace = operands.trace();
    s.access_bytes = static_cast<std::uint8_t>(modifiers.bytes);
    s.bypass_l1 = modifiers.beyond_l1;
    std::size_t addresses = 1; // leading sources that form the address
    switch (row.operands) {
    case OperandRule::Load:
        operands.write(data);
        if (trace) addresses = operands.sources();
        s.uniform_address = operands.sources() == 0 || !is_register(operands.source(0));
        break;
    case OperandRule::Store:
        // One source alone is the data: an address from uniform registers is not named.
        if (trace && operands.sources() < 2) addresses = 0;
        s.uniform_address = addresses == 0 || operands.sources() == 0 || !is_register(operands.source(0));
        break;
    case OperandRule::Atomic: {
        const bool swap = has_modifier(text, "CAS") || has_modifier(text, "CAST");
        const bool no_data = has_modifier(text, "POPC") || has_modifier(text, "ARRIVE");
        // "ATOMG PT, Rd, [Ra], Rb": a trace names Rd as first source. ATOMS and the reductions have no predicate.
        if (trace && row.behaviour == Behaviour::Atomic && row.space != Space::Shared && operands.destinations() == 0 &&
            operands.sources() > 0)
            operands.first_source_is_destination();
        operands.write(data);
        const std::size_t data_operands = no_data ? 0 : swap ? 2 : 1;
        if (trace) addresses = operands.sources() > data_operands ? operands.sources() - data_operands : 0;
        s.uniform_address = addresses == 0 || operands.sources() == 0 || !is_register(operands.source(0));
        if (row.space != Space::Shared) s.bypass_l1 = true; // performed in the L2
        break;
    }
    case OperandRule::AsyncCopy:
        // Shared address first, then the global one; a single source is the global one.
        if (operands.sources() >= 2) operands.read(0, 1);
        operands.read(operands.sources() >= 2 ? 1 : 0, base);
        operands.read_all(1, 2);
        s.uniform_address = operands.sources() == 0;
        return;
    default: break;
    }
    for (std::size_t i = 0; i < operands.sources(); ++i) operands.read(i, i < addresses ? (i == 0 ? base : 1) : data);
}

// LDSM and STSM: 1, 2 or 4 matrices of 8x8 16-bit elements, one row address of 16 bytes per lane.
void apply_matrix(StaticInstruction& s, const OpcodeRow& row, Operands& operands, std::string_view text) {
    unsigned matrices = 1;
    for_each_modifier(text, [&](std::string_view part) {
        if (part == "2" || part == "x2") matrices = 2;
        if (part == "4" || part == "x4") matrices = 4;
    });
    s.access_bytes = 16;
    if (row.operands == OperandRule::MatrixLoad) {
        operands.write(matrices);
        operands.read_all(1);
        s.uniform_address = operands.sources() == 0;
    } else {
        const std::size_t last = operands.sources() == 0 ? 0 : operands.sources() - 1;
        for (std::size_t i = 0; i < operands.sources(); ++i) operands.read(i, i == last ? matrices : 1);
        s.uniform_address = operands.sources() < 2;
    }
}

void apply_convert(StaticInstruction&, Operands& operands, std::string_view text) {
    const std::string_view base = base_mnemonic(text);
    unsigned result = 1, source = 1;
    bool first_type = true;
    for_each_modifier(text, [&](std::string_view part) {
        const bool f64 = part == "F64", i64 = part == "S64" || part == "U64";
        if (base == "FRND" && f64) result = source = 2;
        if (base == "F2I") {
            if (i64) result = 2;
            if (f64) source = 2;
        }
        if (base == "I2F") {
            if (f64) result = 2;
            if (i64) source = 2;
        }
        if (base == "F2F") {
            const bool type = f64 || part == "F32" || part == "F16" || part == "BF16";
            if (type && f64) (first_type ? result : source) = 2;
            if (type) first_type = false;
        }
    });
    operands.write(result);
    operands.read_all(source);
}

void apply_mma(StaticInstruction& s, Operands& operands, std::string_view text, bool warpgroup) {
    s.mma = mma_shape(text);
    const MmaFragments fragments = mma_fragments(s.mma, text, warpgroup ? 128 : kLanes);
    operands.write(fragments.c);
    if (!warpgroup) {
        const unsigned widths[3] = {fragments.a, fragments.b, fragments.c};
        for (std::size_t i = 0; i < operands.sources(); ++i) operands.read(i, i < 3 ? widths[i] : 1); // 4th: sparsity metadata
        return;
    }
    // a comes from registers or a descriptor, b from a descriptor; the accumulator is the last source.
    std::size_t count = operands.sources();
    for (std::size_t i = 0; i < count; ++i) operands.read(i, i + 1 == count ? fragments.c : i == 0 ? fragments.a : 1);
}

void apply_barrier(Decoded& decoded, const OperandNames& names, std::string_view text) {
    StaticInstruction& s = decoded.instruction;
    s.barrier_action = has_modifier(text, "ARV")   ? BarrierAction::Arrive
                       : has_modifier(text, "RED") ? BarrierAction::Reduce
                                                   : BarrierAction::Sync;
    const auto threads = [](std::int64_t n) { return n > 0 && n <= 1024 && n % kLanes == 0; };
    std::int64_t number = names.immediate.value_or(0), count = names.second_immediate.value_or(0);
    if (number >= kNamedBarriers && count < kNamedBarriers && names.second_immediate) std::swap(number, count);
    if (number >= kNamedBarriers) {
        // Only the thread count is left of "BAR.SYNC 0x1, 0x80": which barrier it was is lost.
        count = number;
        number = 1;
        decoded.barrier_guessed = true;
    }
    if (!names.immediate && (s.barrier_action == BarrierAction::Arrive || !names.sources.empty())) decoded.barrier_guessed = true;
    if (count != 0 && !threads(count)) decoded.barrier_guessed = true;
    s.barrier = static_cast<std::uint8_t>(std::clamp<std::int64_t>(number, 0, kNamedBarriers - 1));
    s.barrier_threads = threads(count) ? static_cast<std::uint16_t>(count) : 0;
}

std::int32_t clipped(std::int64_t value) { return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, 0, 0x7fffffff)); }

void apply_behaviour(Decoded& decoded, const OperandNames& names, std::string_view text) {
    StaticInstruction& s = decoded.instruction;
    switch (s.behaviour) {
    case Behaviour::Barrier: apply_barrier(decoded, names, text); break;
    case Behaviour::AsyncWait:
    case Behaviour::Nanosleep: s.immediate = clipped(names.immediate.value_or(0)); break;
    case Behaviour::MemoryBarrier: s.immediate = has_modifier(text, "SYS") ? 2 : has_modifier(text, "GPU") ? 1 : 0; break;
    default: break;
    }
}

void apply_operands(StaticInstruction& s, const OpcodeRow& row, Operands& operands, std::string_view text) {
    const auto all = [&](unsigned count) {
        operands.write(count);
        operands.read_all(count);
    };
    switch (row.operands) {
    case OperandRule::Plain: return all(1);
    case OperandRule::Double: return all(2);
    case OperandRule::Wide64: return all(has_modifier(text, "64") || has_modifier(text, "S64") || has_modifier(text, "U64") ? 2 : 1);
    case OperandRule::MadWide: {
        operands.write(2);
        const std::size_t count = operands.sources();
        for (std::size_t i = 0; i < count; ++i) {
            const bool maybe_addend = operands.trace() && count == 2 && i == 1 && operands.source(i) % 2 == 0;
            operands.read(i, i == 2 || maybe_addend ? 2 : 1);
        }
        return;
    }
    case OperandRule::Convert: return apply_convert(s, operands, text);
    case OperandRule::SystemClock: return operands.write(has_modifier(text, "32") ? 1 : 2);
    case OperandRule::Load:
    case OperandRule::Store:
    case OperandRule::Atomic:
    case OperandRule::AsyncCopy: return apply_memory(s, row, operands, text);
    case OperandRule::MatrixLoad:
    case OperandRule::MatrixStore: return apply_matrix(s, row, operands, text);
    case OperandRule::Mma: return apply_mma(s, operands, text, false);
    case OperandRule::WarpgroupMma: return apply_mma(s, operands, text, true);
    case OperandRule::ResultSecond:
        if (operands.trace() && operands.destinations() == 0 && operands.sources() > 0) operands.first_source_is_destination();
        return all(1);
    case OperandRule::Texture: operands.write(2); return operands.read_all(1);
    case OperandRule::Surface: {
        const MemoryModifiers modifiers = memory_modifiers(text);
        const bool store = row.behaviour == Behaviour::Store || row.behaviour == Behaviour::Reduction;
        if (!store && operands.trace() && operands.destinations() == 0 && operands.sources() > 0) operands.first_source_is_destination();
        s.access_bytes = static_cast<std::uint8_t>(modifiers.bytes);
        operands.write(words(modifiers.bytes));
        for (std::size_t i = 0; i < operands.sources(); ++i) operands.read(i, store && i == 1 ? words(modifiers.bytes) : 1);
        return;
    }
    case OperandRule::TensorMemory: {
        unsigned count = 1;
        for_each_modifier(text, [&](std::string_view part) {
            if (part.size() > 1 && part[0] == 'x') count = std::max(count, std::min(number(part.substr(1)), 128U));
        });
        operands.write(count);
        const bool store = row.mnemonic.starts_with("ST");
        for (std::size_t i = 0; i < operands.sources(); ++i) operands.read(i, store && i + 1 == operands.sources() ? count : 1);
        return;
    }
    }
}

} // namespace

Decoded decode(unsigned architecture, std::string_view text, const OperandNames& names) {
    Decoded decoded;
    StaticInstruction& s = decoded.instruction;
    s.text = text;
    Operands operands(s, names);
    decoded.row = find(architecture, text);
    if (!decoded.row) {
        s.known = false;
        operands.write(1);
        operands.read_all(1);
        return decoded;
    }
    const OpcodeRow& row = *decoded.row;
    s.pipe = row.pipe;
    s.latency_class = row.latency_class;
    s.behaviour = row.behaviour;
    s.space = row.space;
    s.flops_per_lane = row.flops_per_lane;
    apply_operands(s, row, operands, text);
    apply_behaviour(decoded, names, text);
    return decoded;
}

bool needs_addresses(const StaticInstruction& s) {
    switch (s.behaviour) {
    case Behaviour::Load:
    case Behaviour::Store:
    case Behaviour::Atomic:
    case Behaviour::Reduction: return s.space != Space::Texture && s.space != Space::Constant;
    case Behaviour::AsyncCopy:
    case Behaviour::MatrixLoad:
    case Behaviour::MatrixStore: return true;
    default: return false;
    }
}

} // namespace heddle
