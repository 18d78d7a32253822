// Adds, multiplies, shifts with add, dot products, minimum and maximum, absolute values and differences; the forms of
// the uniform datapath among them.
//
// Private fields: IDP: M0 = dot product of two (2A), M1 = upper half of the second source, M2 = first source signed, M3 = second source
// signed.
#include "frontend/sass/integer_rows.hpp"

#include <bit>

namespace heddle::sass::integer {

namespace {

using F = AluForm;

constexpr auto kHidden = TextStyle::HiddenIfZero;

// Carries: two results, two sources that take part with .X only.
void add_iadd3(Table& t, bool uniform) {
    for (const F form : second_source_forms(uniform)) {
        for (const bool extended : {false, true}) {
            const Sign sign = extended ? Sign::Invert : Sign::Negate;
            Row& r = form_row(t, uniform ? Op::UIADD3 : Op::IADD3, 0x010, form, uniform);
            r.fix(74, 1, extended).modifier(flag(Field::Extended, 74, "X"));
            r.operand(result(uniform)).operand(predicate_result(uniform).as(kHidden));
            r.operand(predicate_result(uniform, Slot::PQ, 84).as(kHidden)).operand(source_a(sign, uniform));
            add_sources_bc(r, form, {.b = sign, .c = sign}, uniform);
            if (extended) r.operand(predicate_source(uniform)).operand(predicate_source(uniform, Slot::PB, 77, 80));
            else r.fix(77, 4, 15).fix(87, 4, 15);
        }
    }
}

// 64-bit add of the uniform datapath: even/odd pairs.
void add_uiadd3_64(Table& t) {
    for (const F form : {F::Rrr, F::Rir}) {
        Row& r = form_row(t, Op::UIADD3, 0x017, form, true, "UIADD3.64");
        r.fix(74, 1, 0).fix(77, 4, 15).fix(87, 4, 15).fix(81, 6, 63).modifier(choice(Field::Wide, 91, 1, {nullptr, ""}));
        r.operand(result(true).wide(2)).operand(source_a(Sign::Negate, true).wide(2));
        add_sources_bc(r, form, {.b = Sign::Negate, .c = Sign::Negate, .width_c = 2}, true);
        r.operands[2].registers = form == F::Rrr ? 2 : 1;
    }
}

bool zero(const Operand& o) { return o.kind == Operand::Kind::Register && o.index == kZeroRegister; }

// The disassembler names special cases of IMAD after what they do.
const char* imad_name(const Instruction& i) {
    const Operand &a = i[Slot::A], &b = i[Slot::B], &c = i[Slot::C];
    if (zero(a) && zero(b) && c.kind != Operand::Kind::UniformRegister) return "IMAD.MOV";
    if (b.kind != Operand::Kind::Immediate) return "IMAD";
    if (b.value == 0) return "IMAD.MOV";
    if (b.value == 1) return zero(c) ? "IMAD.MOV" : "IMAD.IADD";
    if (zero(c) && b.value > 0 && b.value < 0x10000 && std::has_single_bit(static_cast<std::uint32_t>(b.value))) return "IMAD.SHL";
    return "IMAD";
}

enum class Product : std::uint8_t { Low, Wide, High };

// a * b + c; .X adds a carry, the 64-bit forms return one.
void add_imad_form(Table& t, F form, Product product, bool uniform, bool extended) {
    const unsigned base = product == Product::Low ? 0x024 : product == Product::Wide ? 0x025 : 0x027;
    const char* names[2][3] = {{"IMAD", "IMAD.WIDE", "IMAD.HI"}, {"UIMAD", "UIMAD.WIDE", "UIMAD.HI"}};
    Row& r = form_row(t, uniform ? Op::UIMAD : Op::IMAD, base, form, uniform, names[uniform][static_cast<unsigned>(product)]);
    const bool wide = product == Product::Wide;
    r.modifier(choice(Field::Signed, 73, 1, {"U32", ""})).fix(74, 1, extended).modifier(flag(Field::Extended, 74, "X"));
    r.operand(result(uniform).wide(wide ? 2 : 1));
    if (product == Product::Low) r.fix(81, 3, 7);
    else r.operand(predicate_result(uniform).as(kHidden));
    r.operand(source_a(Sign::None, uniform));
    add_sources_bc(r, form, {.c = extended ? Sign::Invert : Sign::Negate, .width_c = product == Product::Low ? 1U : 2U}, uniform);
    if (extended) r.operand(predicate_source(uniform));
    else r.fix(87, 4, 15);
    if (product == Product::Low && !uniform && !extended) r.rename = imad_name;
}

void add_imad(Table& t, bool uniform) {
    for (const F form : third_source_forms(uniform))
        for (const Product product : {Product::Low, Product::Wide, Product::High})
            for (const bool extended : {false, true}) add_imad_form(t, form, product, uniform, extended);
}

// b + (a << s), or b + the upper half of (c:a << s). SX32: c is the sign of a.
void add_lea(Table& t, bool uniform) {
    struct Kind {
        const char *name, *uniform_name;
        unsigned high, sign_extended, extended;
    };
    constexpr Kind kinds[] = {{"LEA", "ULEA", 0, 0, 0},
                              {"LEA.HI", "ULEA.HI", 1, 0, 0},
                              {"LEA.HI.SX32", "ULEA.HI.SX32", 1, 1, 0},
                              {"LEA.HI.X", "ULEA.HI.X", 1, 0, 1},
                              {"LEA.HI.X.SX32", "ULEA.HI.X.SX32", 1, 1, 1}};
    for (const F form : third_source_forms(uniform)) {
        const bool swapped = form == F::Rri || form == F::Rrc || form == F::Rru;
        for (const Kind& k : kinds) {
            const bool has_c = k.high && !k.sign_extended;
            if (swapped && !has_c) continue;
            Row& r = form_row(t, uniform ? Op::ULEA : Op::LEA, 0x011, form, uniform, uniform ? k.uniform_name : k.name);
            r.fix(80, 1, k.high).fix(73, 1, k.sign_extended).fix(74, 1, k.extended);
            // The mnemonic names them already.
            r.modifier(choice(Field::High, 80, 1, {"", ""})).modifier(choice(Field::Signed, 73, 1, {"", ""}));
            r.modifier(choice(Field::Extended, 74, 1, {"", ""}));
            r.operand(result(uniform)).operand(predicate_result(uniform).as(kHidden));
            const Sign sign = k.extended ? Sign::Invert : Sign::Negate;
            r.operand(source_a(sign, uniform));
            // In the swapped forms the shift takes the place of the sign of B.
            add_sources_bc(r, form, {.b = swapped ? Sign::None : sign, .immediate = TextStyle::UnsignedHex}, uniform);
            if (!has_c) {
                r.operands.back() = r.operands.back().as(TextStyle::Hidden);
                r.fix(64, 8, uniform ? kZeroUniformRegister : kZeroRegister);
            }
            r.operand(at::imm(Slot::E, 75, 5));
            r.modifier(silent(Field::Shift, 75, 5));
            if (k.extended) r.operand(predicate_source(uniform));
            else r.fix(87, 4, 15);
        }
    }
}

void add_idp(Table& t) {
    for (const F form : kThirdSource) {
        Row& r = form_row(t, Op::IDP, 0x026, form);
        // Four products of bytes, or two of a half word and a byte from the lower or upper half of the second source.
        r.fix(76, 1, 0).modifier(choice(Field::M0, 76, 1, {"4A", nullptr}));
        r.modifier(choice(Field::M2, 73, 1, {"U8", "S8"})).modifier(choice(Field::M3, 74, 1, {"U8", "S8"}));
        r.operand(at::rd()).operand(source_a(Sign::None));
        add_sources_bc(r, form, {.immediate = TextStyle::UnsignedHex});
        Row& two = form_row(t, Op::IDP, 0x026, form);
        two.fix(76, 1, 1).modifier(choice(Field::M0, 76, 1, {nullptr, "2A"})).modifier(choice(Field::M1, 77, 1, {"LO", "HI"}));
        two.modifier(choice(Field::M2, 73, 1, {"U16", "S16"})).modifier(choice(Field::M3, 74, 1, {"U8", "S8"}));
        two.operand(at::rd()).operand(source_a(Sign::None));
        add_sources_bc(two, form, {.immediate = TextStyle::UnsignedHex});
    }
}

void add_min_max(Table& t) {
    for (const F form : kSecondSource) {
        Row& r = form_row(t, Op::IMNMX, 0x017, form).on(70, 89);
        r.modifier(choice(Field::Signed, 73, 1, {"U32", ""})).fix(81, 6, 0);
        r.operand(at::rd()).operand(source_a(Sign::None)).operand(flexible(Slot::B, form, Sign::None, TextStyle::Default, 1));
        r.operand(predicate_source(false));
    }
}

void add_absolute(Table& t) {
    for (const F form : kSecondSource) {
        Row& r = form_row(t, Op::IABS, 0x013, form);
        r.operand(at::rd()).operand(flexible(Slot::B, form, Sign::None, TextStyle::Default, 1));
    }
}

} // namespace

void add_arithmetic_rows(Table& t) {
    for (const bool uniform : {false, true}) {
        add_iadd3(t, uniform);
        add_imad(t, uniform);
        add_lea(t, uniform);
    }
    add_uiadd3_64(t);
    add_idp(t);
    add_min_max(t);
    add_absolute(t);
}

} // namespace heddle::sass::integer
