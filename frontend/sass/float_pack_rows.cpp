// F2FP: floats to narrower floats, packed, and FP8 back to FP16.
//
// DestinationFormat: 0 FP16, 1 BF16, 3 TF32, 4 E5M2, 5 E4M3. SourceFormat: 0 FP32, 1 FP16, 2 E5M2, 3 E4M3.
// Mode, how results lie in the register: 0 PACK_AB: A high, B low; 1 MERGE_C: B low, half of C above (M0: its high half); 2 UNPACK_B: the two
// small floats in half of B (SelectB: its high half) become two halves; 3 PACK_B: one result; 4 UNPACK_B_MERGE_C: the two halves of B
// become two small floats, below the low half of C; 5 PACK_AB_MERGE_C: the same from A and B.
// The spelling of sm_80 and sm_86 follows the disassembler of their time, which left FP16 and FP32 out.
// Sources: experiments with ptxas (every cvt to f16x2, bf16x2, tf32, e4m3x2, e5m2x2 and back, for sm_80, 86, 89, 90).
#include "frontend/sass/float_rows.hpp"
#include "frontend/sass/text.hpp"

namespace heddle::sass {

void add_pack_rows(Table& table);

namespace {

constexpr SourceOptions kPlain{TextStyle::Float, false, false};

enum Mode : std::uint8_t { PackAb, MergeC, UnpackB, PackB, UnpackBMergeC, PackAbMergeC, kModes };
constexpr bool kTakesA[] = {true, false, false, false, false, true};
constexpr bool kTakesC[] = {false, true, false, false, true, true};
constexpr const char* kModeNames[] = {"PACK_AB", "MERGE_C", "UNPACK_B", "PACK_B", "UNPACK_B_MERGE_C", "PACK_AB_MERGE_C"};

// Operands that a mode does not take are RZ in the word.
bool finish_pack(const Word&, Instruction& i) {
    const unsigned mode = i.field(Field::Mode), destination = i.field(Field::DestinationFormat), source = i.field(Field::SourceFormat);
    if (mode >= kModes) return false;
    const auto drop = [&](Slot slot, bool taken) {
        if (taken) return true;
        const bool unused = i[slot].kind == Operand::Kind::Register && i[slot].index == kZeroRegister;
        i[slot] = Operand{};
        return unused;
    };
    const bool to_small = destination >= 4, from_small = source >= 2;
    const bool formats_fit = mode == UnpackB ? from_small && destination <= 1
                             : mode == UnpackBMergeC ? source == 1 && to_small
                             : mode == PackAbMergeC  ? source == 0 && to_small
                             : mode == PackB         ? source == 0 && destination == 3
                                                     : source == 0 && destination <= 1;
    if (!formats_fit || (i.flag(Field::SelectB) && mode != UnpackB) || (i.flag(Field::M0) && mode != MergeC)) return false;
    return drop(Slot::A, kTakesA[mode]) && drop(Slot::C, kTakesC[mode]);
}

std::string operands(const Instruction& i) {
    std::string s = operand_text(i[Slot::D]);
    if (i[Slot::A].present()) s += ", " + operand_text(i[Slot::A]);
    s += ", " + operand_text(i[Slot::B]) + (i.flag(Field::SelectB) ? ".H1" : "");
    if (i[Slot::C].present()) s += ", " + operand_text(i[Slot::C]) + (i.flag(Field::M0) ? ".H1" : "");
    return s;
}

std::string head(const Instruction& i) {
    std::string s = "F2FP";
    if (i.flag(Field::Saturate)) s += ".SATFINITE";
    if (i.flag(Field::Relu)) s += ".RELU";
    return s;
}
std::string tail(const Instruction& i) {
    static constexpr const char* kRounds[] = {"", ".RM", ".RP", ".RZ"};
    return std::string(".") + kModeNames[i.field(Field::Mode)] + kRounds[i.field(Field::Round)] + " " + operands(i);
}
std::string spell_old(const Instruction& i) { return head(i) + (i.field(Field::DestinationFormat) == 1 ? ".BF16" : "") + tail(i); }
std::string spell_new(const Instruction& i) {
    static constexpr const char* kDestinations[] = {".F16", ".BF16", "", ".TF32", ".E5M2", ".E4M3"};
    static constexpr const char* kSources[] = {".F32", ".F16", ".E5M2", ".E4M3"};
    return head(i) + kDestinations[i.field(Field::DestinationFormat)] + kSources[i.field(Field::SourceFormat)] + tail(i);
}

} // namespace

void add_pack_rows(Table& t) {
    for (const bool small_floats : {false, true})
        three_source_rows(t, Op::F2FP, 0x03e, kPlain, [&](Row& r, const OperandSpec& b, const OperandSpec& c) {
            r.on(small_floats ? 89 : 80, small_floats ? 99 : 88);
            r.modifier(flag(Field::Saturate, 77, "SATFINITE")).modifier(flag(Field::Relu, 75, "RELU"));
            if (small_floats) {
                r.modifier(split_choice(Field::DestinationFormat, 76, 1, 86, 2, {"F16", "BF16", nullptr, "TF32", "E5M2", "E4M3", nullptr, nullptr}));
                r.modifier(choice(Field::SourceFormat, 73, 2, {"F32", "F16", "E5M2", "E4M3"}));
                r.modifier(split_choice(Field::Mode, 78, 1, 89, 2, {"", "", "", "", "", "", nullptr, nullptr}));
                r.modifier(silent(Field::SelectB, 88, 1));
            } else {
                r.modifier(choice(Field::DestinationFormat, 76, 1, {"F16", "BF16"})).modifier(choice(Field::Mode, 78, 1, {"", ""}));
            }
            r.modifier(silent(Field::M0, 72, 1)).modifier(round_modifier(79));
            r.operand(at::rd()).operand(at::ra()).operand(b).operand(c);
            r.finish = finish_pack;
            r.spell = small_floats ? spell_new : spell_old;
        });
}

} // namespace heddle::sass
