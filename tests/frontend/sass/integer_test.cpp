// Words ptxas made from PTX whose meaning is known, and the text of the integer family for them; words that must be refused.
#include "frontend/sass/decoder.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace heddle::sass;

namespace {

struct Known {
    unsigned architecture;
    const char* word;
    const char* text;
};
const Known kKnown[] = {
    {80, "00000000078e00ff00000a00ff017624", "IMAD.MOV.U32 R1, RZ, RZ, c[0x0][0x28]"},
    {80, "00000000078e00030000580002027625", "IMAD.WIDE.U32 R2, R2, R3, c[0x0][0x160]"},
    {80, "0000000007ffe0ff0000000302077210", "IADD3 R7, R2, R3, RZ"},
    {80, "0000000007f1e0ff8000000604067210", "IADD3 R6, P0, R4, -R6, RZ"},
    {80, "00000000007fe4ff8000000705077210", "IADD3.X R7, R5, ~R7, RZ, P0, !PT"},
    {80, "000000000071e4ff0000000706ff7210", "IADD3.X RZ, P0, R6, R7, RZ, P0, !PT"},
    {80, "0000000007ffe1ff0000001f00077810", "IADD3 R7, -R0, 0x1f, RZ"},
    {80, "00000000078e0a0a0000000908097224", "IMAD R9, R8, R9, -R10"},
    {80, "00000000078e020a0000000809097224", "IMAD R9, R9, R8, R10"},
    {80, "00000000000e060a0000000908097224", "IMAD.X R9, R8, R9, R10, P0"},
    {80, "00000000078000020000000504ff7227", "IMAD.HI.U32 RZ, P0, R4, R5, R2"},
    {80, "00000000000e040a0000000705067225", "IMAD.WIDE.U32.X R6, R5, R7, R10, P0"},
    {80, "00000000078000020000000704087225", "IMAD.WIDE.U32 R8, P0, R4, R7, R2"},
    {80, "00000000078e02ff0000000302077227", "IMAD.HI R7, R2, R3, RZ"},
    {80, "00000000000f0eff8000000700077211", "LEA.HI.X.SX32 R7, R0, ~R7, 0x1, P0"},
    {80, "00000000078ec0ff0000000005007211", "LEA R0, R5, R0, 0x18"},
    {80, "000000000780a003000000ff02077212", "LOP3.LUT P0, R7, R2, RZ, R3, 0xa0, !PT"},
    {80, "00000000078e3cff0000000507070812", "@P0 LOP3.LUT R7, R7, 0x5, RZ, 0x3c, !PT"},
    {80, "00000000078ee2050000000607077212", "LOP3.LUT R7, R7, R6, R5, 0xe2, !PT"},
    {80, "0000000000700204000000060500721f", "SLOP3 P0, R5, R6, R4, 0x2"},
    {80, "00000000000106090000000a08097219", "SHF.L.U32.HI R9, R8, R10, R9"},
    {80, "0000000000001e090000000a08097219", "SHF.R.W.U32 R9, R8, R10, R9"},
    {80, "00000000000010090000000a08067219", "SHF.R.S64 R6, R8, R10, R9"},
    {80, "000000000001140200000003ff077219", "SHF.R.S32.HI R7, RZ, R3, R2"},
    {80, "00000000000102050000000604077219", "SHF.L.U64.HI R7, R4, R6, R5"},
    {80, "000000000000000500000004ff077816", "PRMT R7, RZ, 0x4, R5"},
    {80, "00000000000003090000000a08097216", "PRMT.RC8 R9, R8, R10, R9"},
    {80, "00000000000000ff000088800a0a7816", "PRMT R10, R10, 0x8880, RZ"},
    {80, "0000000000000a00000000030207721a", "SGXT.W R7, R2, R3"},
    {80, "0000000000000800000000030207721b", "BMSK.W R7, R2, R3"},
    {80, "00000000000e06000000000200077300", "FLO.SH R7, R2"},
    {80, "00000000000e000000005c0000007b00", "FLO.U32 R0, c[0x0][0x170]"},
    {80, "00000000000000000000000200077309", "POPC R7, R2"},
    {80, "00000000000000000000000200077301", "BREV R7, R2"},
    {80, "0000000000701a70000000030200720c", "ISETP.LT.XOR P0, PT, R2, R3, P0"},
    {80, "0000000003f01300000000070500720c", "ISETP.LT.AND.EX P0, PT, R5, R7, PT, P0"},
    {80, "0000000003f06070800000000200780c", "ISETP.GE.U32.AND P0, PT, R2, -0x80000000, PT"},
    {80, "0000000000702470000000000000781c", "PLOP3.LUT P0, PT, P0, P1, PT, 0x20, 0x0"},
    {80, "0000000003f0e170000000000000781c", "PLOP3.LUT P0, PT, PT, PT, PT, 0x8, 0x0"},
    {80, "00000000040000007fffffff04077807", "SEL R7, R4, 0x7fffffff, !P0"},
    {80, "000000000000060a0000000908097226", "IDP.4A.S8.S8 R9, R8, R9, R10"},
    {80, "000000000000320a0000000908097226", "IDP.2A.HI.S16.U8 R9, R8, R9, R10"},
    {80, "00000000000e020a0000000908097214", "VABSDIFF R9, R8, R9, R10"},
    {80, "00000000000e080a0000000908097215", "VABSDIFF4.U8.ACC R9, R8, R9, R10"},
    {80, "000000000000720a0000000908097239", "I2IP.S4.S32.SAT R9, R8, R9, R10"},
    {80, "00000000000030000000000200007238", "I2I.S16.S32.SAT R0, R2"},
    {80, "00000000000e01000000000000077806", "VOTE.ANY R7, PT, P0"},
    {80, "00000000000002000000000000ff7806", "VOTE.EQ P0, P0"},
    {80, "000000000002000000000000063f73c2", "R2UR P1, URZ, R6"},
    {80, "00000000000021000000000000027919", "S2R R2, SR_TID.X"},
    {80, "00000000000152000000000000027805", "CS2R R2, SR_GLOBALTIMERLO"},
    {90, "0000000003fe11000000000302077248", "VIMNMX.RELU R7, R2, R3, PT"},
    {90, "000000000bfe00000000000602077c48", "VIMNMX.U32 R7, R2, UR6, PT"},
    {90, "000000000380010a8000000908097246", "VIADDMNMX R9, R8, -R9, R10, PT"},
    {90, "000000000b8009070000000600007e46", "VIADDMNMX R0, R0, -R7, UR6, PT"},
    {90, "00000000038013070007000700077446", "VIADDMNMX.S16x2.RELU R7, R0, R7, 0x70007, PT"},
    {90, "0000000003800203000000070000720f", "VIMNMX3.U16x2 R0, R0, R7, R3, PT"},
    {90, "00000000000002000000000302077236", "VIADD.16x2 R7, R2, R3"},
    {90, "0000000000000000000000800c087836", "VIADD R8, R12, 0x80"},
    {90, "00000000080000030000000602077c16", "PRMT R7, R2, UR6, R3"},
    {90, "000000000000760a0000000908097239", "I2IP.S4.S32.SAT R9, R8, R9, R10"},
    {90, "00000000000e0000000000000e0472ca", "R2UR UR4, R14"},
    {90, "0000000003800000000000000004782f", "ELECT P0, UR4, PT"},
    {90, "000000000ff1e0ff0000000401047c10", "IADD3 R4, P0, R1, UR4, RZ"},
    {90, "00000000039002000000000700077248", "VIMNMX.U16x2 P0, P1, R7, R0, R7, PT"},
};

Word word(const std::string& hex) { return {std::stoull(hex.substr(16), nullptr, 16), std::stoull(hex.substr(0, 16), nullptr, 16)}; }

} // namespace

TEST_CASE("Integer words decode to their text") {
    for (const Known& k : kKnown) {
        std::string reason;
        const auto i = decode_word(word(k.word), k.architecture, 0x100, &reason);
        INFO(k.word << " " << reason);
        REQUIRE(i.has_value());
        CHECK(text(*i) == k.text);
    }
}

TEST_CASE("Any bit without a meaning is refused") {
    // Bits outside of every field, and values of fields that have no meaning.
    const auto refused = [](const char* hex, unsigned position, unsigned bits, std::uint64_t value, unsigned architecture = 80) {
        Word w = word(hex);
        w.set(position, bits, value);
        std::string reason;
        INFO(hex << " bit " << position);
        CHECK_FALSE(decode_word(w, architecture, 0, &reason).has_value());
        CHECK_FALSE(reason.empty());
    };
    refused("0000000007ffe0ff0000000302077210", 73, 1, 1);     // IADD3
    refused("0000000007ffe0ff0000000302077210", 87, 3, 1);     // a carry in without .X
    refused("00000000078e0a0a0000000908097224", 63, 1, 1);     // IMAD: no sign on a factor
    refused("00000000000003090000000a08097216", 72, 3, 7);     // PRMT mode
    refused("0000000003f06070800000000200780c", 74, 2, 3);     // ISETP: fourth combination
    refused("00000000000e01000000000000077806", 72, 2, 3);     // VOTE mode
    refused("0000000000000000000000800c087836", 72, 2, 1, 90); // VIADD of an unknown type
    refused("0000000003fe11000000000302077248", 90, 0, 0, 80); // VIMNMX is not in sm_80
}

TEST_CASE("Registers read and written, pairs included") {
    const auto use = [](const char* hex, unsigned architecture = 80) {
        const auto i = decode_word(word(hex), architecture, 0);
        REQUIRE(i.has_value());
        return register_use(*i);
    };
    const auto set = [](std::initializer_list<std::uint8_t> numbers) {
        heddle::RegisterSet s;
        for (const std::uint8_t n : numbers) s.add({n, 1});
        return s;
    };
    const auto wide = use("00000000078000020000000704087225"); // IMAD.WIDE.U32 R8, P0, R4, R7, R2
    CHECK(wide.reads == set({2, 3, 4, 7}));
    CHECK(wide.writes == set({8, 9}));
    CHECK(wide.highest == 10);
    const auto high = use("00000000078000020000000504ff7227"); // IMAD.HI.U32 RZ, P0, R4, R5, R2
    CHECK(high.reads == set({2, 3, 4, 5}));
    CHECK(high.writes.empty());
    const auto clock = use("00000000000152000000000000027805"); // CS2R R2, 64 bits
    CHECK(clock.writes == set({2, 3}));
}
