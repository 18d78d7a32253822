#include "frontend/sass/table.hpp"

#include "sim/base/error.hpp"

#include <fmt/format.h>

namespace heddle::sass {

namespace at {

using K = Operand::Kind;

OperandSpec make(Slot slot, K kind, unsigned position, unsigned bits) {
    OperandSpec spec;
    spec.slot = slot;
    spec.kind = kind;
    spec.position = static_cast<std::uint8_t>(position);
    spec.bits = static_cast<std::uint8_t>(bits);
    return spec;
}
OperandSpec rd(unsigned position) { return make(Slot::D, K::Register, position, 8); }
OperandSpec ra(unsigned position) { return make(Slot::A, K::Register, position, 8).reusing(122); }
OperandSpec reg(Slot slot, unsigned position) { return make(slot, K::Register, position, 8); }
OperandSpec ureg(Slot slot, unsigned position) { return make(slot, K::UniformRegister, position, 6); }
OperandSpec pred_dst(Slot slot, unsigned position) { return make(slot, K::Predicate, position, 3); }
OperandSpec pred_src(Slot slot, unsigned position, unsigned negate_bit) { return make(slot, K::Predicate, position, 3).neg(negate_bit); }
OperandSpec upred_dst(Slot slot, unsigned position) { return make(slot, K::UniformPredicate, position, 3); }
OperandSpec upred_src(Slot slot, unsigned position, unsigned negate_bit) {
    return make(slot, K::UniformPredicate, position, 3).neg(negate_bit);
}
OperandSpec imm(Slot slot, unsigned position, unsigned bits, TextStyle style, bool is_signed) {
    OperandSpec spec = make(slot, K::Immediate, position, bits).as(style);
    spec.is_signed = is_signed;
    return spec;
}
OperandSpec constant(Slot slot) { return make(slot, K::Constant, 38, 16); }
OperandSpec bindless(Slot slot) { return make(slot, K::BindlessConstant, 38, 16); }
OperandSpec memory(Slot slot, unsigned base, unsigned offset, unsigned offset_bits) {
    OperandSpec spec = make(slot, K::Memory, base, 8);
    spec.absolute = static_cast<std::uint8_t>(offset);
    spec.invert = static_cast<std::uint8_t>(offset_bits);
    return spec;
}

} // namespace at

ModifierSpec flag(Field field, unsigned position, const char* set, const char* clear) {
    return {field, static_cast<std::uint8_t>(position), 1, 0, 0, {clear, set}};
}
ModifierSpec choice(Field field, unsigned position, unsigned bits, std::initializer_list<const char*> spellings) {
    return {field, static_cast<std::uint8_t>(position), static_cast<std::uint8_t>(bits), 0, 0, spellings};
}
ModifierSpec split_choice(Field field, unsigned position, unsigned bits, unsigned position2, unsigned bits2,
                          std::initializer_list<const char*> spellings) {
    return {field, static_cast<std::uint8_t>(position), static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(position2),
            static_cast<std::uint8_t>(bits2), spellings};
}
ModifierSpec silent(Field field, unsigned position, unsigned bits) {
    return {field, static_cast<std::uint8_t>(position), static_cast<std::uint8_t>(bits), 0, 0, {}};
}

Row& Row::fix(unsigned position, unsigned bits, std::uint64_t value) {
    fixed_mask = fixed_mask | Word::ones(position, bits);
    fixed.set(position, bits, value);
    return *this;
}

OperandSpec second_source(AluForm form, const SourceOptions& options) {
    using namespace at;
    OperandSpec spec;
    switch (form) {
    case AluForm::Rrr: spec = reg(Slot::B, 32).reusing(123); break;
    case AluForm::Rri:
    case AluForm::Rir: return imm(Slot::B, 32, 32, options.immediate, options.immediate == TextStyle::Default).wide(options.width_b);
    case AluForm::Rrc:
    case AluForm::Rcr: spec = constant(Slot::B); break;
    case AluForm::Rur:
    case AluForm::Rru: spec = ureg(Slot::B, 32); break;
    }
    if (options.negate) spec = spec.neg(63);
    if (options.absolute) spec = spec.abs(62);
    return spec.wide(options.width_b);
}

std::vector<OperandSpec> three_sources(AluForm form, const SourceOptions& options) {
    using namespace at;
    const bool swapped = form == AluForm::Rri || form == AluForm::Rrc || form == AluForm::Rru; // the register is at 64
    OperandSpec flexible = second_source(form, options);
    OperandSpec other = reg(swapped ? Slot::B : Slot::C, 64).reusing(124);
    if (options.negate) other = other.neg(75);
    if (options.absolute) other = other.abs(74);
    flexible.slot = swapped ? Slot::C : Slot::B;
    flexible.registers = static_cast<std::uint8_t>(swapped ? options.width_c : options.width_b);
    other.registers = static_cast<std::uint8_t>(swapped ? options.width_b : options.width_c);
    if (swapped) return {other, flexible};
    return {flexible, other};
}

Row& Table::row(Op op, unsigned opcode, const char* mnemonic) {
    storage_.push_back(std::make_unique<Row>());
    Row& row = *storage_.back();
    row.op = op;
    row.opcode = static_cast<std::uint16_t>(opcode);
    row.mnemonic = mnemonic ? mnemonic : name(op);
    order_.push_back(&row);
    return row;
}

namespace {

void explain(Row& row) {
    Word w = Word::ones(0, 16) | Word::ones(105, 21); // opcode, guard, control bits
    const auto add = [&](unsigned position, unsigned bits) {
        if (position != kNoBit) w = w | Word::ones(position, bits);
    };
    for (const OperandSpec& o : row.operands) {
        add(o.position, o.bits);
        add(o.negate, 1);
        add(o.reuse, 1);
        if (o.kind == Operand::Kind::Memory) add(o.absolute, o.invert);
        else {
            add(o.absolute, 1);
            add(o.invert, 1);
        }
        if (o.kind == Operand::Kind::Constant) add(54, 5);
        if (o.kind == Operand::Kind::BindlessConstant) add(32, 6);
    }
    for (const ModifierSpec& m : row.modifiers) {
        add(m.position, m.bits);
        add(m.position2, m.bits2);
    }
    row.explained = w;
}

std::uint64_t field_value(const Word& word, const ModifierSpec& m) {
    return word.bits(m.position, m.bits) | (m.bits2 == 0 ? 0 : word.bits(m.position2, m.bits2) << m.bits);
}

} // namespace

void Table::freeze() {
    index_.resize(1 << 12);
    for (std::size_t i = 0; i < storage_.size(); ++i) {
        explain(*storage_[i]);
        index_[storage_[i]->opcode & 0xfff].push_back(static_cast<std::uint16_t>(i));
    }
}

const Row* Table::find(const Word& word, unsigned architecture, std::string* reason) const {
    const auto say = [&](std::string text) {
        if (reason && reason->empty()) *reason = std::move(text);
    };
    for (const std::uint16_t i : index_[word.bits(0, 12)]) {
        const Row& row = *storage_[i];
        if (architecture < row.first_architecture || architecture > row.last_architecture) continue;
        if (!((word & row.fixed_mask) == row.fixed)) {
            say(fmt::format("{} does not allow this combination of bits", row.mnemonic));
            continue;
        }
        const Word extra = word & ~(row.explained | row.fixed_mask);
        if (!(extra == Word{})) {
            say(fmt::format("{} has unknown bits set: 0x{:016x}{:016x}", row.mnemonic, extra.high, extra.low));
            continue;
        }
        bool valid = true;
        for (const ModifierSpec& m : row.modifiers) {
            if (m.spellings.empty()) continue;
            const std::uint64_t value = field_value(word, m);
            if (value < m.spellings.size() && m.spellings[value] != nullptr) continue;
            say(fmt::format("{} has an unknown modifier: bits {} hold {}", row.mnemonic, m.position, value));
            valid = false;
            break;
        }
        if (valid) return &row;
    }
    say(fmt::format("unknown opcode 0x{:03x}", word.bits(0, 12)));
    return nullptr;
}

const Table& table() {
    static const Table instance = [] {
        Table t;
        add_control_rows(t);
        add_integer_rows(t);
        add_float_rows(t);
        add_memory_rows(t);
        add_matrix_rows(t);
        add_hopper_rows(t);
        t.freeze();
        return t;
    }();
    return instance;
}

} // namespace heddle::sass
