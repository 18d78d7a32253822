#include "frontend/isa/decode.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <vector>

using namespace heddle;

namespace {

using Names = std::initializer_list<std::uint16_t>;

Decoded decode_as(OperandNames::Form form, const char* text, Names destinations, Names sources, unsigned architecture = 80,
                  std::optional<std::int64_t> immediate = {}, std::optional<std::int64_t> second = {}) {
    const std::vector<std::uint16_t> d(destinations), s(sources);
    return decode(architecture, text, {form, d, s, immediate, second});
}
StaticInstruction traced(const char* text, Names destinations, Names sources, unsigned architecture = 80) {
    return decode_as(OperandNames::Form::Trace, text, destinations, sources, architecture).instruction;
}

std::vector<unsigned> registers(const RegisterSet& set) {
    std::vector<unsigned> numbers;
    for (unsigned r = 0; r < 256; ++r)
        if (set.words[r / 64] >> (r % 64) & 1) numbers.push_back(r);
    return numbers;
}
using List = std::vector<unsigned>;

struct Width {
    const char* text;
    Names destinations, sources;
    List writes, reads;
    unsigned architecture = 80;
};

} // namespace

TEST_CASE("operand widths of instructions as traces name them", "[decode]") {
    const Width cases[] = {
        // loads: 64-bit addresses are pairs, wide results several registers
        {"LDG.E", {4}, {4}, {4}, {4, 5}},
        {"LDG.E.64", {4}, {2}, {4, 5}, {2, 3}},
        {"LDG.E.128.CONSTANT", {8}, {2}, {8, 9, 10, 11}, {2, 3}},
        {"LDG.E.U8", {14}, {14}, {14}, {14, 15}},
        {"LDG.CONSTANT", {4}, {4}, {4}, {4}},
        {"LDG.E.LTC128B.128.STRONG.GPU", {8}, {2}, {8, 9, 10, 11}, {2, 3}},
        {"LDS", {4}, {5}, {4}, {5}},
        {"LDS.64", {4}, {5}, {4, 5}, {5}},
        {"LDS.U.128", {4}, {5}, {4, 5, 6, 7}, {5}},
        {"LDL.LU.64", {4}, {1}, {4, 5}, {1}},
        {"LD.E.128", {4}, {2}, {4, 5, 6, 7}, {2, 3}},
        {"LDC.64", {4}, {}, {4, 5}, {}},
        {"LDSM.16.M88.4", {4}, {2}, {4, 5, 6, 7}, {2}},
        {"LDSM.16.MT88.2", {4}, {2}, {4, 5}, {2}},
        {"LDSM.16.M88", {4}, {2}, {4}, {2}},
        {"LDG.E.256", {8}, {2}, {8, 9, 10, 11, 12, 13, 14, 15}, {2, 3}, 100},
        // stores: data as wide as the access
        {"STG.E", {}, {6, 9}, {}, {6, 7, 9}},
        {"STG.E.64", {}, {6, 10}, {}, {6, 7, 10, 11}},
        {"STG.E.128", {}, {2, 12}, {}, {2, 3, 12, 13, 14, 15}},
        {"STG.E.U8", {}, {4, 255}, {}, {4, 5}},
        {"STG.E", {}, {9}, {}, {9}}, // address from uniform registers only
        {"STS.128", {}, {3, 8}, {}, {3, 8, 9, 10, 11}},
        {"STSM.16.M88.4", {}, {3, 8}, {}, {3, 8, 9, 10, 11}, 90},
        {"LDGSTS.E.BYPASS.128", {}, {3, 4}, {}, {3, 4, 5}},
        {"LDGSTS.E", {}, {4}, {}, {4, 5}},
        // atomics
        {"ATOMG.E.ADD.64.STRONG.GPU", {}, {2, 4, 6}, {2, 3}, {4, 5, 6, 7}},
        {"ATOMG.E.CAS.STRONG.GPU", {}, {2, 4, 6, 7}, {2}, {4, 5, 6, 7}},
        {"ATOMG.E.ADD.F32.FTZ.RN.STRONG.GPU", {3}, {4, 6}, {3}, {4, 5, 6}},
        {"ATOMG.E.EXCH.STRONG.GPU", {}, {255, 4, 6}, {}, {4, 5, 6}},
        {"ATOMS.CAST.SPIN.64", {8}, {4, 10, 12}, {8, 9}, {4, 10, 11, 12, 13}},
        {"ATOMS.POPC.INC.32", {8}, {4}, {8}, {4}},
        {"ATOMS.ADD", {8}, {4, 5}, {8}, {4, 5}},
        {"RED.E.ADD.F64.RN.STRONG.GPU", {}, {4, 6}, {}, {4, 5, 6, 7}},
        {"RED.E.ADD.F16x2.RN.STRONG.GPU", {}, {4, 6}, {}, {4, 5, 6}},
        // arithmetic
        {"IMAD", {6}, {6, 3}, {6}, {3, 6}},
        {"IMAD.WIDE", {4}, {6, 7}, {4, 5}, {6, 7}},
        {"IMAD.WIDE", {4}, {6, 8}, {4, 5}, {6, 8, 9}}, // the even second source may be the addend
        {"IMAD.WIDE.U32", {4}, {6, 7, 8}, {4, 5}, {6, 7, 8, 9}},
        {"DFMA", {4}, {6, 8, 10}, {4, 5}, {6, 7, 8, 9, 10, 11}},
        {"DSETP.MAX.AND", {}, {6, 8}, {}, {6, 7, 8, 9}},
        {"HFMA2.MMA", {7}, {255, 255}, {7}, {}},
        {"CS2R", {2}, {}, {2, 3}, {}},
        {"CS2R.32", {2}, {}, {2}, {}},
        {"MUFU.RCP64H", {3}, {5}, {3}, {5}},
        {"FFMA2", {4}, {6, 8, 10}, {4, 5}, {6, 7, 8, 9, 10, 11}, 100},
        {"MOV.64", {4}, {6}, {4, 5}, {6, 7}, 100},
        // conversions
        {"F2F.F64.F32", {4}, {6}, {4, 5}, {6}},
        {"F2F.F32.F64.RZ", {4}, {6}, {4}, {6, 7}},
        {"F2F.F16.F32", {4}, {6}, {4}, {6}},
        {"F2I.U64.TRUNC", {4}, {6}, {4, 5}, {6}},
        {"F2I.S64.F64", {4}, {6}, {4, 5}, {6, 7}},
        {"F2I.F64.TRUNC", {4}, {6}, {4}, {6, 7}},
        {"I2F.F64.S64", {4}, {6}, {4, 5}, {6, 7}},
        {"I2F.U64.RP", {4}, {6}, {4}, {6, 7}},
        {"I2F.F64", {4}, {6}, {4, 5}, {6}},
        {"FRND.F64.FLOOR", {4}, {6}, {4, 5}, {6, 7}},
        // shuffles: the predicate comes first, so a trace lists the result among the sources
        {"SHFL.BFLY", {}, {3, 2}, {3}, {2}},
        {"SHFL.IDX", {}, {255, 1, 2, 3}, {}, {1, 2, 3}},
        {"MATCH.ANY", {3}, {2}, {3}, {2}},
        {"MATCH.ALL", {}, {3, 2}, {3}, {2}},
        // matrix fragments
        {"HMMA.16816.F32", {4}, {8, 12, 16}, {4, 5, 6, 7}, {8, 9, 10, 11, 12, 13, 16, 17, 18, 19}},
        {"HMMA.16816.F16", {4}, {8, 12, 255}, {4, 5}, {8, 9, 10, 11, 12, 13}},
        {"HMMA.SP.16832.F16", {4}, {8, 12, 16, 20}, {4, 5}, {8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20}},
        {"IMMA.16832.S8.S8", {4}, {8, 12, 16}, {4, 5, 6, 7}, {8, 9, 10, 11, 12, 13, 16, 17, 18, 19}},
        {"DMMA.884", {4}, {8, 10, 12}, {4, 5, 6, 7}, {8, 9, 10, 11, 12, 13, 14, 15}},
        {"HMMA.884.F32.F32.STEP0", {8}, {24, 22, 8}, {8, 9}, {8, 9, 22, 23, 24, 25}, 70},
        {"HGMMA.64x8x16.F32", {24}, {24}, {24, 25, 26, 27}, {24, 25, 26, 27}, 90},
        {"HGMMA.64x8x16.F32", {24}, {4, 24}, {24, 25, 26, 27}, {4, 5, 6, 7, 24, 25, 26, 27}, 90},
        {"LDTM.x4", {8}, {}, {8, 9, 10, 11}, {}, 100},
    };
    for (const Width& c : cases) {
        INFO(c.text);
        const StaticInstruction s = traced(c.text, c.destinations, c.sources, c.architecture);
        CHECK(s.known);
        CHECK(registers(s.writes) == c.writes);
        CHECK(registers(s.reads) == c.reads);
    }
}

TEST_CASE("operand slots of a disassembler are taken as they are", "[decode]") {
    const auto slots = [](const char* text, Names d, Names s) { return decode_as(OperandNames::Form::Slots, text, d, s).instruction; };
    // IMAD.WIDE R4, R6, 0x4, R2 and IMAD.WIDE R4, R6, R2, c[]
    CHECK(registers(slots("IMAD.WIDE", {4}, {6, kNoRegister, 2}).reads) == List{2, 3, 6});
    CHECK(registers(slots("IMAD.WIDE", {4}, {6, 2, kNoRegister}).reads) == List{2, 6});
    // SHFL.BFLY PT, R3, R2, 0x10, 0x1f
    CHECK(registers(slots("SHFL.BFLY", {3}, {2, kNoRegister, kNoRegister}).reads) == List{2});
    // STG [UR4], R9
    const StaticInstruction store = slots("STG.E", {}, {kNoRegister, 9});
    CHECK(registers(store.reads) == List{9});
    CHECK(store.uniform_address);
    CHECK_FALSE(slots("STG.E", {}, {2, 9}).uniform_address);
}

TEST_CASE("operands keep their slot order and width", "[decode]") {
    const StaticInstruction s = traced("IMAD.WIDE.U32", {4}, {6, 7, 8});
    REQUIRE(s.source_count == 3);
    CHECK(s.sources[2].first == 8);
    CHECK(s.sources[2].count == 2);
    REQUIRE(s.destination_count == 1);
    CHECK(s.destinations[0].count == 2);
}

TEST_CASE("registers near the end of the file are clipped, not wrapped", "[decode]") {
    CHECK(registers(traced("LDG.E.128", {253}, {254}).writes) == List{253, 254});
    CHECK(registers(traced("LDG.E.128", {253}, {254}).reads) == List{254});
    CHECK(traced("LDG.E.128", {255}, {255}).writes.empty());
    CHECK(traced("LDG.E.128", {1000}, {kNoRegister}).writes.empty());
}

TEST_CASE("version 6 traces list every destination register", "[decode]") {
    CHECK(registers(traced("LDG.E.128", {4, 5, 6, 7}, {2}).writes) == List{4, 5, 6, 7});
    CHECK(traced("LDG.E.128", {4, 5, 6, 7}, {2}).destination_count == 1);
    CHECK(registers(traced("ATOMG.E.ADD", {4}, {2, 6}).writes) == List{4});
}

TEST_CASE("memory instructions: width, scope, space", "[decode]") {
    CHECK(traced("LDG.E.128", {4}, {2}).access_bytes == 16);
    CHECK(traced("LDG.E.U8.CONSTANT", {4}, {2}).access_bytes == 1);
    CHECK(traced("LDG.E.S16", {4}, {2}).access_bytes == 2);
    CHECK(traced("LDSM.16.M88.4", {4}, {2}).access_bytes == 16);
    CHECK(traced("ATOMG.E.ADD.S64.STRONG.GPU", {4}, {2, 6}).access_bytes == 8);
    CHECK(traced("LDGSTS.E.LTC128B.64", {}, {2, 4}).access_bytes == 8);
    CHECK_FALSE(traced("LDG.E", {4}, {2}).bypass_l1);
    CHECK_FALSE(traced("LDG.E.STRONG.SM", {4}, {2}).bypass_l1);
    CHECK(traced("LDG.E.STRONG.GPU", {4}, {2}).bypass_l1);
    CHECK(traced("STG.E.STRONG.SYS", {}, {4, 2}).bypass_l1);
    CHECK(traced("LDGSTS.E.BYPASS.128", {}, {2, 4}).bypass_l1);
    CHECK(traced("RED.E.ADD.STRONG.GPU", {}, {2, 4}).bypass_l1);
    CHECK_FALSE(traced("ATOMS.ADD", {2}, {4, 5}).bypass_l1);
    CHECK(traced("LDG.E", {4}, {}).uniform_address);
    CHECK(traced("LDS", {4}, {255}).uniform_address);
    CHECK_FALSE(traced("LDS", {4}, {5}).uniform_address);
    CHECK(needs_addresses(traced("LDS", {4}, {5})));
    CHECK(needs_addresses(traced("LDGSTS.E.128", {}, {4, 6})));
    CHECK_FALSE(needs_addresses(traced("LDC", {4}, {5})));
    CHECK_FALSE(needs_addresses(traced("SHFL.BFLY", {}, {3, 2})));
    CHECK(traced("MEMBAR.SC.SYS", {}, {}).immediate == 2);
    CHECK(traced("MEMBAR.ALL.GPU", {}, {}).immediate == 1);
    CHECK(traced("MEMBAR.SC.CTA", {}, {}).immediate == 0);
}

TEST_CASE("barriers from immediates", "[decode]") {
    const auto bar = [](const char* text, std::optional<std::int64_t> first, std::optional<std::int64_t> second = {}) {
        return decode_as(OperandNames::Form::Trace, text, {}, {}, 80, first, second);
    };
    const Decoded whole = bar("BAR.SYNC.DEFER_BLOCKING", 0);
    CHECK(whole.instruction.behaviour == Behaviour::Barrier);
    CHECK(whole.instruction.barrier == 0);
    CHECK(whole.instruction.barrier_threads == 0);
    CHECK_FALSE(whole.barrier_guessed);
    const Decoded both = bar("BAR.ARV", 3, 128);
    CHECK(both.instruction.barrier_action == BarrierAction::Arrive);
    CHECK(both.instruction.barrier == 3);
    CHECK(both.instruction.barrier_threads == 128);
    CHECK(bar("BAR.SYNC", 128, 3).instruction.barrier == 3); // the other order
    const Decoded lost = bar("BAR.SYNC", 96);
    CHECK(lost.barrier_guessed);
    CHECK(lost.instruction.barrier_threads == 96);
    CHECK(bar("BAR.SYNC", 17, 5000).barrier_guessed);
    CHECK(bar("BAR.ARV", {}).barrier_guessed);
    CHECK_FALSE(bar("BAR.SYNC", {}).barrier_guessed);
    CHECK(bar("BAR.RED.AND", 0).instruction.barrier_action == BarrierAction::Reduce);
}

TEST_CASE("groups and sleeps take their immediate", "[decode]") {
    const auto with = [](const char* text, std::int64_t n) {
        return decode_as(OperandNames::Form::Trace, text, {}, {}, 90, n).instruction;
    };
    CHECK(with("DEPBAR.LE", 2).behaviour == Behaviour::AsyncWait);
    CHECK(with("DEPBAR.LE", 2).immediate == 2);
    CHECK(with("WARPGROUP.DEPBAR.LE", 1).pipe == Pipe::Tensor);
    CHECK(with("NANOSLEEP", 40000000000).immediate == 0x7fffffff);
    CHECK(with("DEPBAR.LE", -5).immediate == 0);
}

TEST_CASE("an opcode without a row counts as an integer operation", "[decode]") {
    const StaticInstruction s = traced("FROB.E.128", {4}, {2, 3});
    CHECK_FALSE(s.known);
    CHECK(s.pipe == Pipe::Alu);
    CHECK(s.behaviour == Behaviour::Arithmetic);
    CHECK(registers(s.writes) == List{4});
    CHECK(registers(s.reads) == List{2, 3});
    CHECK(s.text == "FROB.E.128");
}

TEST_CASE("floating-point operations per lane", "[decode]") {
    CHECK(traced("FFMA", {1}, {2, 3, 4}).flops_per_lane == 2);
    CHECK(traced("FADD.FTZ", {1}, {2, 3}).flops_per_lane == 1);
    CHECK(traced("HFMA2", {1}, {2, 3, 4}).flops_per_lane == 4);
    CHECK(traced("DFMA", {2}, {4, 6, 8}).flops_per_lane == 2);
    CHECK(traced("IADD3", {1}, {2, 3}).flops_per_lane == 0);
    CHECK(traced("HMMA.16816.F32", {4}, {8, 12, 16}).mma.multiply_adds() == 16 * 8 * 16);
}
