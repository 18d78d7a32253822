// Conversions between floats, between floats and integers, and rounding to whole numbers.
//
// Formats of floats (fields SourceFormat, DestinationFormat): 1 FP16, 2 FP32, 3 FP64, 4 BF16; sizes of integers: 0 8 bits,
// 1 16, 2 32, 3 64. SelectB: which byte or half of the source register is taken. F2FP fields: DestinationFormat and SourceFormat by
// the table below, Mode: how results are packed; M0: the source's high half (.H1); Saturate: SATFINITE. NTZ (M1): NaN becomes zero.
// Sources: see float_rows.hpp; F2FP formats and packing: experiments with ptxas for sm_80, 86, 89 and 90 with every cvt of PTX 9.0.
#include "frontend/sass/float_rows.hpp"
#include "frontend/sass/text.hpp"

namespace heddle::sass {

namespace {

using K = Operand::Kind;

constexpr SourceOptions kFloat{TextStyle::Float, true, true};
constexpr SourceOptions kPlain{TextStyle::Float, false, false};
constexpr SourceOptions kInteger{TextStyle::Default, false, false};

bool in_register(const OperandSpec& b) { return b.kind == K::Register || b.kind == K::UniformRegister; }

// One source at 32, with the byte or half it starts at for small types.
std::string spell_unary(const Instruction& i, const char* part) {
    std::string s = operand_text(i[Slot::D]) + ", " + operand_text(i[Slot::B]);
    const unsigned select = i.field(Field::SelectB);
    return select == 0 ? s : s + "." + part + std::to_string(select);
}
std::string spell_halves(const Instruction& i) { return spell_unary(i, "H"); }
std::string spell_bytes(const Instruction& i) { return spell_unary(i, i.field(Field::SourceFormat) == 0 ? "B" : "H"); }

// An immediate FP64 source is the high half of a double, as elsewhere.
void set_width(Instruction& i, Slot slot, bool wide) {
    i[slot].registers = wide ? 2 : 1;
    if (wide && i[slot].kind == K::Immediate) i[slot].text_style = static_cast<std::uint8_t>(TextStyle::Double);
}

constexpr unsigned kFormat64 = 3;

// The 64-bit variants are opcodes of their own: either side has 64 bits there, none elsewhere.
bool finish_float(const Word& word, Instruction& i) {
    const unsigned source = i.field(Field::SourceFormat), destination = i.field(Field::DestinationFormat);
    const bool wide_opcode = (word.bits(0, 9) >= 0x110);
    if (wide_opcode != (source == kFormat64 || destination == kFormat64)) return false;
    if (i.field(Field::SelectB) > 1 && i.op != Op::I2F) return false;
    if (i.field(Field::SelectB) != 0) {
        const bool small_source = i.op == Op::I2F ? source < 2 : source == 1 || source == 4;
        if (!small_source) return false;
        if (i.op == Op::I2F && source == 1 && i.field(Field::SelectB) > 1) return false;
    }
    if (i.op == Op::I2F && source == kFormat64 && i[Slot::B].kind == K::Immediate) return false; // how it is extended is not known
    set_width(i, Slot::D, destination == kFormat64);
    set_width(i, Slot::B, source == kFormat64);
    return true;
}

std::initializer_list<const char*> float_formats(bool hopper) {
    static constexpr std::initializer_list<const char*> kOld = {nullptr, "F16", "F32", "F64"};
    static constexpr std::initializer_list<const char*> kNew = {nullptr, "F16", "F32", "F64", "BF16"};
    return hopper ? kNew : kOld;
}

void add_float_to_float(Table& t, unsigned base) {
    two_source_rows(t, Op::F2F, base, SecondPlace::At32, kFloat, [](Row& r, const OperandSpec& b) {
        r.modifier(flag(Field::FlushDenormals, 80, "FTZ"));
        r.modifier(choice(Field::DestinationFormat, 75, 3, {nullptr, "F16", "F32", "F64", "BF16"}));
        r.modifier(choice(Field::SourceFormat, 84, 3, {nullptr, "F16", "F32", "F64", "BF16"})).modifier(round_modifier());
        if (in_register(b)) r.modifier(silent(Field::SelectB, 60, 2));
        r.operand(at::rd()).operand(b);
        r.finish = finish_float;
        r.spell_operands = spell_halves;
    });
}

// F2I: the type of the result is printed unless S32, that of the source unless FP32.
std::string spell_to_integer(const Instruction& i) {
    static constexpr const char* kSizes[] = {"8", "16", "32", "64"};
    static constexpr const char* kSources[] = {"", ".F16", "", ".F64", ".BF16"};
    static constexpr const char* kRounds[] = {"", ".FLOOR", ".CEIL", ".TRUNC"};
    std::string s = "F2I";
    if (i.flag(Field::FlushDenormals)) s += ".FTZ";
    const unsigned size = i.field(Field::DestinationFormat);
    if (!i.flag(Field::Signed)) s += std::string(".U") + kSizes[size];
    else if (size != 2) s += std::string(".S") + kSizes[size];
    s += kSources[i.field(Field::SourceFormat)];
    s += kRounds[i.field(Field::Round)];
    if (i.flag(Field::M1)) s += ".NTZ";
    return s + " " + spell_halves(i);
}

void add_float_to_integer(Table& t, unsigned base) {
    for (const bool hopper : {false, true})
        two_source_rows(t, Op::F2I, base, SecondPlace::At32, kFloat, [&](Row& r, const OperandSpec& b) {
            r.on(hopper ? 90 : 70, hopper ? 99 : 89);
            r.modifier(flag(Field::FlushDenormals, 80, "FTZ")).modifier(flag(Field::Signed, 72, "S"));
            r.modifier(choice(Field::DestinationFormat, 75, 2, {"8", "16", "32", "64"}));
            r.modifier(choice(Field::SourceFormat, 84, hopper ? 3 : 2, float_formats(hopper)));
            r.modifier(choice(Field::Round, 78, 2, {"", "FLOOR", "CEIL", "TRUNC"})).modifier(flag(Field::M1, 77, "NTZ"));
            if (in_register(b)) r.modifier(silent(Field::SelectB, 60, 2));
            r.operand(at::rd()).operand(b);
            r.finish = finish_float;
            r.spell = spell_to_integer;
        });
}

// I2F: the type of the source is printed unless S32, that of the result unless FP32.
std::string spell_from_integer(const Instruction& i) {
    static constexpr const char* kResults[] = {"", ".F16", "", ".F64", ".BF16"};
    static constexpr const char* kSources[] = {".U8", ".U16", ".U32", ".U64", ".S8", ".S16", "", ".S64"};
    static constexpr const char* kRounds[] = {"", ".RM", ".RP", ".RZ"};
    std::string s = "I2F";
    s += kResults[i.field(Field::DestinationFormat)];
    s += kSources[i.field(Field::SourceFormat) + (i.flag(Field::Signed) ? 4U : 0U)];
    s += kRounds[i.field(Field::Round)];
    return s + " " + spell_bytes(i);
}

void add_integer_to_float(Table& t, unsigned base) {
    two_source_rows(t, Op::I2F, base, SecondPlace::At32, kInteger, [](Row& r, const OperandSpec& b) {
        r.modifier(choice(Field::DestinationFormat, 75, 3, {nullptr, "F16", "F32", "F64", "BF16"}));
        r.modifier(choice(Field::SourceFormat, 84, 2, {"8", "16", "32", "64"})).modifier(flag(Field::Signed, 74, "S"));
        r.modifier(round_modifier());
        if (in_register(b)) r.modifier(silent(Field::SelectB, 60, 2));
        r.operand(at::rd()).operand(b);
        r.finish = finish_float;
        r.spell = spell_from_integer;
    });
}

// FRND: the formats are equal, and printed unless FP32.
bool finish_round(const Word& word, Instruction& i) {
    return i.field(Field::SourceFormat) == i.field(Field::DestinationFormat) && finish_float(word, i);
}

void add_round(Table& t, unsigned base) {
    for (const bool hopper : {false, true})
        two_source_rows(t, Op::FRND, base, SecondPlace::At32, kFloat, [&](Row& r, const OperandSpec& b) {
            r.on(hopper ? 90 : 70, hopper ? 99 : 89);
            r.modifier(flag(Field::FlushDenormals, 80, "FTZ"));
            r.modifier(choice(Field::DestinationFormat, 75, 3, {nullptr, "F16", "", "F64", hopper ? "BF16" : nullptr}));
            ModifierSpec source = choice(Field::SourceFormat, 84, 3, {nullptr, "F16", "", "F64", hopper ? "BF16" : nullptr});
            source.after_operands = true;
            r.modifier(source).modifier(choice(Field::Round, 78, 2, {"", "FLOOR", "CEIL", "TRUNC"}));
            if (in_register(b)) r.modifier(silent(Field::SelectB, 60, 2));
            r.operand(at::rd()).operand(b);
            r.finish = finish_round;
            r.spell_operands = spell_halves;
        });
}

// I2FP (sm_86): 32-bit integers to FP32 on the arithmetic pipe.
void add_fast_integer_to_float(Table& t) {
    two_source_rows(t, Op::I2FP, 0x045, SecondPlace::At32, kInteger, [](Row& r, const OperandSpec& b) {
        r.on(86, 99);
        r.modifier(choice(Field::DestinationFormat, 75, 2, {nullptr, nullptr, "F32", nullptr}));
        r.modifier(split_choice(Field::SourceFormat, 84, 2, 74, 1, {nullptr, nullptr, "U32", nullptr, nullptr, nullptr, "S32", nullptr}));
        r.modifier(round_modifier()).operand(at::rd()).operand(b);
    });
}

// F2IP (sm_86): two FP32 to two 8-bit integers, put below the low half of C.
void add_pack_integers(Table& t) {
    three_source_rows(t, Op::F2IP, 0x043, kPlain, [](Row& r, const OperandSpec& b, const OperandSpec& c) {
        r.on(86, 99);
        r.modifier(choice(Field::Signed, 76, 1, {"U8", "S8"}));
        r.modifier(choice(Field::Round, 78, 2, {"F32", "F32.FLOOR", "F32.CEIL", "F32.TRUNC"})).modifier(flag(Field::M1, 74, "NTZ"));
        r.modifier(flag(Field::Relu, 75, "RELU"));
        r.operand(at::rd()).operand(at::ra()).operand(b).operand(c);
    });
}

} // namespace

void add_pack_rows(Table& table);

void add_convert_rows(Table& t) {
    add_float_to_float(t, 0x104);
    add_float_to_float(t, 0x110);
    add_float_to_integer(t, 0x105);
    add_float_to_integer(t, 0x111);
    add_integer_to_float(t, 0x106);
    add_integer_to_float(t, 0x112);
    add_round(t, 0x107);
    add_round(t, 0x113);
    add_fast_integer_to_float(t);
    add_pack_integers(t);
    add_pack_rows(t);
}

} // namespace heddle::sass
