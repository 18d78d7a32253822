#include "frontend/sass/text.hpp"

#include "frontend/sass/table.hpp"

#include <bit>
#include <cmath>
#include <fmt/format.h>

namespace heddle::sass {

namespace {

using K = Operand::Kind;

std::string register_name(char letter, unsigned index, unsigned zero) {
    return index == zero ? fmt::format("{}Z", letter) : fmt::format("{}{}", letter, index);
}

std::string uniform_name(unsigned index) { return index == kZeroUniformRegister ? "URZ" : fmt::format("UR{}", index); }

// The vendor prints floats with 20 significant digits (large ones with 20 decimals), and infinities and NaNs with a sign.
std::string float_text(double value) {
    if (std::isnan(value)) return std::signbit(value) ? "-QNAN" : "+QNAN";
    if (std::isinf(value)) return value < 0 ? "-INF" : "+INF";
    if (std::fabs(value) >= 1e9) return fmt::format("{:.20e}", value);
    return fmt::format("{:.20g}", value);
}

float half_value(std::uint16_t bits) {
    const unsigned exponent = (bits >> 10) & 31;
    const unsigned fraction = bits & 0x3ff;
    const float sign = (bits & 0x8000) ? -1.0f : 1.0f;
    if (exponent == 31) return fraction ? std::copysign(NAN, sign) : sign * INFINITY;
    return sign * (exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24) : std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25));
}

std::string immediate_text(const Operand& o) {
    const auto bits = static_cast<std::uint32_t>(o.value);
    switch (static_cast<TextStyle>(o.text_style)) {
    case TextStyle::UnsignedHex: return fmt::format("0x{:x}", bits);
    case TextStyle::Float: return float_text(std::bit_cast<float>(bits));
    case TextStyle::Double: return float_text(std::bit_cast<double>(std::uint64_t{bits} << 32));
    case TextStyle::HalfPair: return fmt::format("{}, {}", float_text(half_value(bits >> 16)), float_text(half_value(bits & 0xffff)));
    case TextStyle::Decimal: return fmt::format("{}", o.value);
    default: return hex(o.value);
    }
}

std::string memory_text(const Operand& o) {
    const auto style = static_cast<TextStyle>(o.text_style);
    const bool uniform = o.uniform != kZeroUniformRegister || style == TextStyle::MemoryUniform;
    std::string inside;
    if (o.index != kZeroRegister) {
        inside = register_name('R', o.index, kZeroRegister);
        if (o.wide) inside += style == TextStyle::MemoryBare ? "" : ".64";
        else if (o.wide_uniform) inside += ".U32";
        else if (o.shift != 0) inside += fmt::format(".X{}", 1U << o.shift);
    }
    if (uniform) inside += (inside.empty() ? "" : "+") + uniform_name(o.uniform);
    if (inside.empty()) inside = o.value == 0 ? std::string("RZ") : hex(o.value);
    else if (o.value != 0) inside += fmt::format("+{}", hex(o.value));
    if (o.descriptor != kZeroUniformRegister) return fmt::format("desc[{}][{}]", uniform_name(o.descriptor), inside);
    return fmt::format("[{}]", inside);
}

bool hidden(const Operand& o) {
    const auto style = static_cast<TextStyle>(o.text_style);
    if (o.kind == K::None || style == TextStyle::Hidden) return true;
    if (style != TextStyle::HiddenIfZero) return false;
    switch (o.kind) {
    case K::Register: return o.index == kZeroRegister;
    case K::UniformRegister: return o.index == kZeroUniformRegister;
    case K::Predicate:
    case K::UniformPredicate: return o.index == kTruePredicate;
    default: return o.value == 0;
    }
}

} // namespace

std::string hex(std::int64_t value) {
    return value < 0 ? fmt::format("-0x{:x}", 0 - static_cast<std::uint64_t>(value)) : fmt::format("0x{:x}", value);
}

std::string operand_text(const Operand& o) {
    std::string s;
    switch (o.kind) {
    case K::None: return {};
    case K::Register: s = register_name('R', o.index, kZeroRegister); break;
    case K::UniformRegister: s = uniform_name(o.index); break;
    case K::Predicate: return (o.negate ? "!" : "") + (o.index == kTruePredicate ? std::string("PT") : fmt::format("P{}", o.index));
    case K::UniformPredicate: return (o.negate ? "!" : "") + (o.index == kTruePredicate ? std::string("UPT") : fmt::format("UP{}", o.index));
    case K::Immediate: return immediate_text(o);
    case K::Constant:
        if (o.uniform != kZeroUniformRegister) {
            s = o.value == 0 ? fmt::format("c[0x{:x}][{}]", o.bank, uniform_name(o.uniform))
                             : fmt::format("c[0x{:x}][{}+{}]", o.bank, uniform_name(o.uniform), hex(o.value));
            break;
        }
        s = o.index == kZeroRegister ? fmt::format("c[0x{:x}][{}]", o.bank, hex(o.value))
            : o.value == 0           ? fmt::format("c[0x{:x}][R{}]", o.bank, o.index)
                                     : fmt::format("c[0x{:x}][R{}+{}]", o.bank, o.index, hex(o.value));
        break;
    case K::BindlessConstant: s = fmt::format("cx[{}][{}]", uniform_name(o.uniform), hex(o.value)); break;
    case K::Memory: s = memory_text(o); break;
    case K::Barrier: return fmt::format("B{}", o.index);
    case K::SpecialRegister: return special_register_name(static_cast<unsigned>(o.value));
    case K::Label: return hex(o.value);
    case K::Counter: return fmt::format("SB{}", o.index);
    case K::Mask: return hex(o.value);
    }
    if (o.absolute) s = "|" + s + "|";
    if (o.invert) s = "~" + s;
    if (o.negate) s = "-" + s;
    if (o.reuse) s += ".reuse";
    return s;
}

std::string opcode_text(const Instruction& i) {
    std::string s = i.row->rename ? i.row->rename(i) : i.row->mnemonic;
    for (const ModifierSpec& m : i.row->modifiers) {
        if (m.spellings.empty() || m.after_operands) continue;
        const char* spelling = m.spellings[i.field(m.field)];
        if (spelling && *spelling) s += fmt::format(".{}", spelling);
    }
    return s;
}

std::string text(const Instruction& i) {
    std::string s;
    if (i.guard != kTruePredicate || i.guard_negate)
        s = fmt::format("@{}{}{} ", i.guard_negate ? "!" : "", i.guard_uniform ? "UP" : "P", i.guard == kTruePredicate ? "T" : std::to_string(i.guard));
    if (i.row->spell) return s + i.row->spell(i);
    s += opcode_text(i);
    if (i.row->spell_operands) {
        const std::string operands = i.row->spell_operands(i);
        return operands.empty() ? s : s + " " + operands;
    }
    bool first = true;
    for (const OperandSpec& spec : i.row->operands) {
        const Operand& o = i[spec.slot];
        if (hidden(o)) continue;
        s += (first ? " " : ", ") + operand_text(o);
        first = false;
    }
    return s;
}

// Names as the vendor's disassembler prints them; the numbers were found by compiling PTX that reads each register.
std::string special_register_name(unsigned number) {
    switch (number) {
    case 0x00: return "SR_LANEID";
    case 0x01: return "SR_CLOCK";
    case 0x02: return "SR_VIRTCFG";
    case 0x03: return "SR_VIRTID";
    case 0x20: return "SR_TID";
    case 0x21: return "SR_TID.X";
    case 0x22: return "SR_TID.Y";
    case 0x23: return "SR_TID.Z";
    case 0x25: return "SR_CTAID.X";
    case 0x26: return "SR_CTAID.Y";
    case 0x27: return "SR_CTAID.Z";
    case 0x28: return "SR_NTID";
    case 0x2e: return "SR_LWINHI";
    case 0x2f: return "SR_SWINHI";
    case 0x30: return "SR_SWINLO";
    case 0x31: return "SR_SWINSZ";
    case 0x32: return "SR_SMEMSZ";
    case 0x34: return "SR_LWINLO";
    case 0x35: return "SR_LWINSZ";
    case 0x38: return "SR_EQMASK";
    case 0x39: return "SR_LTMASK";
    case 0x3a: return "SR_LEMASK";
    case 0x3b: return "SR_GTMASK";
    case 0x3c: return "SR_GEMASK";
    case 0x43: return "SR_VIRTUALSMID";
    case 0x50: return "SR_CLOCKLO";
    case 0x51: return "SR_CLOCKHI";
    case 0x52: return "SR_GLOBALTIMERLO";
    case 0x53: return "SR_GLOBALTIMERHI";
    case 0x88: return "SR_CgaCtaId";
    case 0xff: return "SRZ";
    default:
        if (number >= 0x64 && number <= 0x73) return fmt::format("{}{}", (number & 1) ? "SR_PM_HI" : "SR_PM", (number - 0x64) / 2);
        return fmt::format("SR{}", number);
    }
}

} // namespace heddle::sass
