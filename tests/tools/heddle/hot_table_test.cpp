#include "tools/heddle/hot_table.hpp"

#include "tests/sim/gpu/sample_record.hpp"
#include "tools/heddle/summary.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

TEST_CASE("the hottest instructions of the slowest kernel are shown", "[summary]") {
    RunRecord record = test::sample_record();
    CHECK(hot_table(record).empty());
    InstructionCounts load, add;
    load.warp_cycles[static_cast<unsigned>(Stall::Selected)] = 10;
    load.warp_cycles[static_cast<unsigned>(Stall::LongScoreboard)] = 890;
    add.warp_cycles[static_cast<unsigned>(Stall::Selected)] = 60;
    add.warp_cycles[static_cast<unsigned>(Stall::Wait)] = 40;
    HotInstructions hot{{{{"LDG.E R2, [R4]", "", 0x40}, load}, {{"FADD R2, R2, R3", "_Z4helpf", 0x10}, add}}, 3, load};
    hot.total += add;
    record.kernels[0].hot_instructions = hot;
    const std::string text = hot_table(record);
    CHECK(text.starts_with("hottest 2 of 3 instructions of kernel 1 vectorAdd, by share of its 1,000 warp-cycles\n"));
    CHECK(text.find("   90.0 %  00040  LDG.E R2, [R4] ") != std::string::npos);
    CHECK(text.find("10 x  long_scoreboard 98.9 %\n") != std::string::npos);
    CHECK(text.find("60 x  selected 60.0 %, in help\n") != std::string::npos);
    CHECK(summary(record).ends_with("\n\n" + text));
}
