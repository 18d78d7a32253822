// Where atoms lie, and that no two lie in one place.
#include "tests/sim/dram/channel_bench.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace heddle;
using namespace heddle::test;

namespace {

DramConfig mapped(std::string mapping, BankXor bank_xor, unsigned stack_ids = 1) {
    DramConfig c;
    c.mapping = std::move(mapping);
    c.bank_xor = bank_xor;
    c.organisation.stack_ids = stack_ids;
    return c;
}

} // namespace

TEST_CASE("fields are taken in the order written") {
    const ChannelMap low(mapped("col pc bg bank sid row", BankXor::None));
    CHECK(low.locate(0x20) == DramAddress{0, 0, 1, 0});
    CHECK(low.locate(0x400) == DramAddress{1, 0, 0, 0});
    CHECK(low.locate(0x800) == DramAddress{0, 4, 0, 0});
    CHECK(low.locate(0x2000) == DramAddress{0, 1, 0, 0});
    CHECK(low.locate(0x8000) == DramAddress{0, 0, 0, 1});
    CHECK(low.line_in_one_row());
    const ChannelMap split(mapped("pc col2 bg col bank row", BankXor::None));
    CHECK(split.locate(0x20) == DramAddress{1, 0, 0, 0});
    CHECK(split.locate(0x40) == DramAddress{0, 0, 1, 0});
    CHECK(split.locate(0x100) == DramAddress{0, 4, 0, 0});
    CHECK(split.locate(0x400) == DramAddress{0, 0, 4, 0}); // the third column bit, above bank group
    CHECK_FALSE(split.line_in_one_row());
}

TEST_CASE("a number of stack ids that is no power of two is taken by remainder") {
    const ChannelMap map(mapped("col pc bg bank sid row", BankXor::None, 3));
    CHECK(map.locate(2 * 0x8000) == DramAddress{0, 32, 0, 0});
    CHECK(map.locate(3 * 0x8000) == DramAddress{0, 0, 0, 1});
    CHECK(map.locate(7 * 0x8000) == DramAddress{0, 16, 0, 2});
}

TEST_CASE("column bits permute the banks as in MOP4CLXOR") {
    DramConfig c = reference_hbm3();
    c.mapping = "col2 pc sid bg bank col row";
    c.bank_xor = BankXor::Column;
    const ChannelMap map(c);
    CHECK(map.locate(0x20) == DramAddress{1, 0, 1, 0});  // column 1: other pseudo-channel
    CHECK(map.locate(0x40) == DramAddress{0, 16, 2, 0}); // column 2: other stack id
    CHECK(map.locate(0x80) == DramAddress{1, 0, 0, 0});
    CHECK_FALSE(map.line_in_one_row());
}

TEST_CASE("every mapping is one to one") {
    std::vector<DramConfig> configs;
    for (const unsigned stack_ids : {1U, 2U, 3U, 4U})
        for (const BankXor bank_xor : {BankXor::None, BankXor::Row, BankXor::Column}) {
            if (stack_ids == 3 && bank_xor == BankXor::Column) continue;
            for (const char* mapping : {"col2 pc bg col bank sid row", "pc col1 sid bg col bank row", "col pc sid bg bank row"})
                configs.push_back(mapped(mapping, bank_xor, stack_ids));
        }
    for (DramConfig& config : configs) {
        config.organisation.row_bytes = 256;
        const ChannelMap map(config);
        const unsigned rows = 64, atoms = 2 * config.organisation.banks() * 8 * rows;
        std::set<std::tuple<unsigned, unsigned, unsigned, unsigned>> seen;
        for (unsigned i = 0; i < atoms; ++i) {
            const DramAddress a = map.locate(Address{i} * kSectorBytes);
            REQUIRE(a.pseudo_channel < 2);
            REQUIRE(a.bank < config.organisation.banks());
            REQUIRE(a.column < 8);
            REQUIRE(a.row < rows);
            seen.insert({a.pseudo_channel, a.bank, a.column, a.row});
        }
        CHECK(seen.size() == atoms);
    }
}

TEST_CASE("row bits keep arrays at power-of-two distances in different banks") {
    const ChannelMap map(shipped("hbm3"));
    for (unsigned shift = 20; shift < 30; ++shift) CHECK(map.locate(0).bank != map.locate(Address{1} << shift).bank);
}

TEST_CASE("rows beyond the capacity are rows of their own") {
    const DramConfig config = mapped("col pc bg bank row", BankXor::None);
    const ChannelMap map(config);
    CHECK(map.locate(config.organisation.capacity()).row == config.organisation.rows);
}

TEST_CASE("a wrong mapping is explained") {
    const auto error = [](std::string mapping, BankXor bank_xor = BankXor::None, unsigned stack_ids = 1) {
        return ChannelMap::mapping_error(mapped(std::move(mapping), bank_xor, stack_ids));
    };
    CHECK(error("col pc bg bank row") == ""); // one stack id needs no bits
    CHECK(error("col pc bg bank row", BankXor::None, 2) == "`sid` is missing or incomplete");
    CHECK(error("col2 pc bg bank row") == "`col` is missing or incomplete");
    CHECK(error("col pc bg bnk row") == "`bnk` is none of col, pc, bg, bank, sid, row");
    CHECK(error("col pc bg row bank") == "`bank` after `row`, which takes all that is left");
    CHECK(error("col9 pc bg bank row") == "`col9` takes more than the field has");
    CHECK(error("col pc col bg bank row") == "`col` is already complete");
    CHECK(error("col pc bg bank") == "`row` is missing or incomplete");
    CHECK(error("col2x pc bg col bank row") == "`col2x`: the word must end in a number of bits");
    CHECK(error("col pc bg bank sid1 row", BankXor::None, 3) == "`sid` cannot be split");
    CHECK_FALSE(error("col pc bg bank sid row", BankXor::Column, 3).empty());
    CHECK_FALSE(error("").empty());
}
