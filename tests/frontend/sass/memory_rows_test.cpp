#include "frontend/sass/decoder.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

using namespace heddle::sass;

namespace {

Word word_of(const std::string& hex) { return {std::stoull(hex.substr(16), nullptr, 16), std::stoull(hex.substr(0, 16), nullptr, 16)}; }

Instruction decoded(const std::string& hex, unsigned architecture = 80) {
    std::string reason;
    auto i = decode_word(word_of(hex), architecture, 0, &reason);
    INFO(hex << ": " << reason);
    REQUIRE(i.has_value());
    return *i;
}

std::string without_reuse(std::string s) {
    for (std::size_t at; (at = s.find(".reuse")) != std::string::npos;) s.erase(at, 6);
    return s;
}

} // namespace

TEST_CASE("words of the memory family give the text their PTX asks for") {
    std::ifstream in(HEDDLE_SOURCE_DIR "/tests/frontend/sass/memory_words.txt");
    unsigned count = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line[0] == '#') continue;
        const auto tab = line.find('\t'), tab2 = line.find('\t', tab + 1);
        const unsigned architecture = static_cast<unsigned>(std::stoul(line.substr(0, tab)));
        const std::string expected = line.substr(tab2 + 1);
        INFO(line);
        CHECK(without_reuse(text(decoded(line.substr(tab + 1, tab2 - tab - 1), architecture))) == expected);
        ++count;
    }
    CHECK(count > 300);
}

TEST_CASE("public vectors of forms ptxas 13 does not make") {
    // From the CuAssembler repositories (MIT).
    CHECK(text(decoded("00000000001e81240000000052417381")) == "LDG.E.LTC128B.U8.CONSTANT R65, [R82], P3");
    CHECK(text(decoded("00000000081e0b07002e000cfc0c7981")) == "LDG.E.64 R12, [R252.U32+UR12+0x2e00], P0");
    CHECK(text(decoded("0000000000100d00000001002e288980")) == "@!P0 LD.E.128 R40, [R46+0x100]");
    CHECK(text(decoded("000000000010090d000000804c00a385")) == "@!P2 ST.E [R76+0x80], R13");
    CHECK(text(decoded("0000002008941c462100000004d37fae")) == "LDGSTS.E.BYPASS.128.ZFILL [R211+0x21000], desc[UR6][R4.64], P1");
    CHECK(text(decoded("000000200b909d46018000008a8d6dae")) ==
          "@P6 LDGSTS.E.BYPASS.LTC128B.128.CONSTANT [R141+UR6+0x1800], desc[UR7][R138.64]");
    CHECK(text(decoded("000000000c9ea57f000000000e0e7f8a")) == "ATOM.E.ARRIVE.64.STRONG.SM PT, R14, [R14.64+URZ]");
    CHECK(text(decoded("000000000d00400a0000000002ff7f8c")) == "ATOMS.POPC.INC.32 RZ, [R2.X4+UR10]");
    CHECK(text(decoded("0000000000000a000000080002027b82")) == "LDC.64 R2, c[0x0][R2+0x20]");
    CHECK(text(decoded("000000000000080000fffc000a0b7b82")) == "LDC R11, c[0x3][R10+-0x10]");
    CHECK(text(decoded("00000000000000000000801e0000791a")) == "DEPBAR.LE SB0, 0x0, {4,3,2,1}");
    CHECK(text(decoded("00000000019e1f1c4800001c10127361")) == "TEX.B.LL.AOFFI R28, R18, R16, R28, 3D");
    CHECK(text(decoded("00000000019e01ff30005c150c147b60")) == "TEX.SCR.LL RZ, R20, R12, R21, 0x0, 0x5c, 2D, 0x1");
    CHECK(text(decoded("00000000081ea5005000050010137f99")) == "SULD.D.BA.1D_ARRAY.U16.STRONG.SM.TRAP R19, [R16], UR5, 0x0");
    CHECK(text(decoded("000000000010a3005000581014007b9b")) == "SUST.P.1D_ARRAY.STRONG.SM.RG.TRAP [R20], R16, 0x0, 0x58");
}

TEST_CASE("operands of memory instructions have their widths") {
    const auto use = [](const std::string& hex, unsigned architecture = 80) { return register_use(decoded(hex, architecture)); };
    const auto has = [](const heddle::RegisterSet& set, unsigned first, unsigned count) {
        heddle::RegisterSet wanted, rest = set;
        wanted.add({static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(count)});
        rest -= wanted;
        rest |= wanted;
        return rest == set;
    };
    // LDG.E.128 R4, desc[UR4][R4.64]: four registers written, a pair read.
    auto u = use("004ea2000c1e1d000000000404047981");
    CHECK(has(u.writes, 4, 4));
    CHECK(has(u.reads, 4, 2));
    CHECK(u.highest == 8);
    CHECK_FALSE(has(u.writes, 4, 5));
    CHECK_FALSE(has(u.reads, 4, 3));
    // STG.E.64 desc[UR4][R4.64], R2
    u = use("004fe2000c101b040000000204007986");
    CHECK(has(u.reads, 2, 2));
    CHECK(has(u.reads, 4, 2));
    // [R252.U32+UR12+...]: one register
    u = use("00000000081e0b07002e000cfc0c7981");
    CHECK(has(u.reads, 252, 1));
    // ATOMS.CAS.64: compared and new value are pairs
    u = use("0000000000000406000000040906738d");
    CHECK(has(u.reads, 4, 2));
    CHECK(has(u.reads, 6, 2));
    CHECK(has(u.reads, 9, 1));
    CHECK(has(u.writes, 6, 2));
    // RED.E.ADD.F16x8 (sm_90): four registers of data
    u = use("000fe2000c10e58400000000040079a6", 90);
    CHECK(has(u.reads, 0, 4));
    // LDSM.16.M88.4
    CHECK(has(use("0000000000000200000000000048783b").writes, 72, 4));
    // TEX.SCR.LL R6, R4, R4, R6, 0x0, 0x58, 3D: x y | z level; two and two components
    u = use("00000000019e0f065000580604047b60");
    CHECK(has(u.reads, 4, 2));
    CHECK(has(u.reads, 6, 2));
    CHECK(has(u.writes, 4, 2));
    CHECK(has(u.writes, 6, 2));
    // SUST.D.BA.2D_ARRAY.128 [R8], R4: x y layer, four registers of data
    u = use("000000000010ad008800580408007b9d");
    CHECK(has(u.reads, 8, 3));
    CHECK(has(u.reads, 4, 4));
}

TEST_CASE("memory words with unknown bits are refused") {
    std::string reason;
    CHECK_FALSE(decode_word(word_of("00000000001e0f000000000004047381"), 80, 0, &reason)); // size 7
    CHECK(reason.starts_with("LDG"));
    reason.clear();
    CHECK_FALSE(decode_word(word_of("004ea2000c1ff9000000000402037981"), 80, 0, &reason)); // order 15
    CHECK_FALSE(decode_word(word_of("000000000010e9000000000396007384"), 80, 0, &reason)); // no such opcode
    CHECK_FALSE(decode_word(word_of("0000000000000000000080800060791a"), 80, 0, &reason)); // DEPBAR with bits in 16-31
    CHECK_FALSE(decode_word(word_of("000fe2000c10e58400000000040079a6"), 80, 0, &reason)); // sm_90 only
}
