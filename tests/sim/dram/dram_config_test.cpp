#include "tests/sim/dram/channel_bench.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

TEST_CASE("shipped DRAM tables load and state a source for every timing") {
    for (const std::string standard : {"hbm2", "hbm2e", "hbm3", "hbm3e"}) {
        INFO(standard);
        DramConfig c;
        const auto loaded = config::load(c, std::string(HEDDLE_SOURCE_DIR) + "/configs/dram/" + standard + ".yaml");
        const config::Section section = config::describe(c);
        for (const auto& child : section.children())
            for (const auto& field : child.section->fields()) CHECK(loaded.origins().count(child.name + "." + field.name) == 1);
    }
}

TEST_CASE("shipped tables have the capacities and peak rates of their products") {
    // Channels per stack, stacks and bytes of a GPU; GB/s from the memory clock (ticks per second).
    struct Product {
        const char* standard;
        unsigned channels;
        double gibibytes, megahertz, gigabytes_per_second;
    };
    for (const Product& p : {Product{"hbm2", 40, 40, 1215, 1555}, Product{"hbm2e", 40, 80, 1593, 2039}, Product{"hbm3", 80, 80, 2619, 3352},
                             Product{"hbm3e", 96, 144, 3201, 4917}}) {
        INFO(p.standard);
        const DramConfig c = shipped(p.standard);
        CHECK(static_cast<double>(c.organisation.capacity()) * p.channels == p.gibibytes * static_cast<double>(kGiB));
        CHECK(c.peak_bytes_per_tick() * p.channels * p.megahertz / 1000 == Approx(p.gigabytes_per_second).epsilon(0.001));
    }
}

TEST_CASE("contradictions are refused at the field that is wrong") {
    const auto refused = [](const char* text) {
        DramConfig c;
        try {
            config::load_text(c, text, "dram.yaml");
        } catch (const UserError& error) {
            return error.findings().front().text();
        }
        return std::string{};
    };
    CHECK(refused("timings: {ccd_s: !paper 1 cycles}").find("burst") != std::string::npos);
    CHECK(refused("timings: {refi: !paper 100 cycles}").find("does not fit") != std::string::npos);
    CHECK(refused("timings: {rtw: !paper 5 cycles}").find("read data ends") != std::string::npos);
    CHECK(refused("write_high: !assumed 127").find("room for a line") != std::string::npos);
    CHECK(refused("write_low: !assumed 112").find("write_low") != std::string::npos);
    CHECK(refused("mapping: \"col pc row\"").find("missing") != std::string::npos);
    CHECK(refused("organisation: {bank_groups: !paper 3}").find("powers of two") != std::string::npos);
    CHECK(refused("organisation: {stack_ids: !paper 4, banks_per_group: !paper 16}").find("at most 64") != std::string::npos);
    CHECK(refused("write_low: !assumed 8") == "");
}
