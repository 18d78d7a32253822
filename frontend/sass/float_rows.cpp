#include "frontend/sass/float_rows.hpp"

namespace heddle::sass {

namespace {

using K = Operand::Kind;

unsigned opcode_of(unsigned base, AluForm form) { return base | static_cast<unsigned>(form) << 9; }

// Bit 91 tells a uniform register from nothing, and a bindless constant from a bound one.
void mark_form(Row& row, AluForm form, bool bindless) {
    if (form == AluForm::Rur || form == AluForm::Rru || bindless) row.fix(91, 1, 1);
}

OperandSpec as_bindless(OperandSpec spec) {
    spec.kind = K::BindlessConstant;
    return spec;
}

bool has_constant(AluForm form) { return form == AluForm::Rrc || form == AluForm::Rcr; }

} // namespace

void two_source_rows(Table& t, Op op, unsigned base, SecondPlace place, const SourceOptions& options, const Describe& describe) {
    static constexpr AluForm kFirst[] = {AluForm::Rrr, AluForm::Rir, AluForm::Rcr, AluForm::Rur};
    static constexpr AluForm kSecond[] = {AluForm::Rrr, AluForm::Rri, AluForm::Rrc, AluForm::Rru};
    for (const AluForm form : place == SecondPlace::At32 ? kFirst : kSecond)
        for (const bool bindless : {false, true}) {
            if (bindless && !has_constant(form)) continue;
            OperandSpec b = second_source(form, options);
            if (form == AluForm::Rrr && place == SecondPlace::At64) {
                b = at::reg(Slot::B, 64).reusing(124).wide(options.width_b);
                if (options.negate) b = b.neg(75);
                if (options.absolute) b = b.abs(74);
            }
            Row& row = t.row(op, opcode_of(base, form));
            mark_form(row, form, bindless);
            describe(row, bindless ? as_bindless(b) : b);
        }
}

void three_source_rows(Table& t, Op op, unsigned base, const SourceOptions& options, const DescribeThree& describe) {
    for (unsigned f = 1; f <= 7; ++f) {
        const auto form = static_cast<AluForm>(f);
        for (const bool bindless : {false, true}) {
            if (bindless && !has_constant(form)) continue;
            std::vector<OperandSpec> sources = three_sources(form, options);
            Row& row = t.row(op, opcode_of(base, form));
            mark_form(row, form, bindless);
            if (bindless)
                for (OperandSpec& s : sources)
                    if (s.kind == K::Constant) s = as_bindless(s);
            describe(row, sources[0], sources[1]);
        }
    }
}

ModifierSpec flush_modifier() { return split_choice(Field::FlushDenormals, 80, 1, 76, 1, {"", "FTZ", "FMZ", nullptr}); }
ModifierSpec round_modifier(unsigned position) { return choice(Field::Round, position, 2, {"", "RM", "RP", "RZ"}); }
ModifierSpec compare_modifier() {
    return choice(Field::Compare, 76, 4, {"F", "LT", "EQ", "LE", "GT", "NE", "GE", "NUM", "NAN", "LTU", "EQU", "LEU", "GTU", "NEU", "GEU", "T"});
}
ModifierSpec boolean_modifier(unsigned position) { return choice(Field::Boolean, position, 2, {"AND", "OR", "XOR"}); }
OperandSpec predicate_source() { return at::pred_src(Slot::PA, 87, 90); }

void add_float_rows(Table& t) {
    add_fp32_rows(t);
    add_fp64_rows(t);
    add_half_rows(t);
    add_convert_rows(t);
}

} // namespace heddle::sass
