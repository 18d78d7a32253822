#include <catch2/catch.hpp>

#include "sim/isa/instruction.hpp"
#include "sim/isa/kernel_launch.hpp"
#include "sim/isa/warp_stream.hpp"

#include <random>
#include <set>

using namespace heddle;

TEST_CASE("pipes and latency classes have distinct names", "[isa]") {
    std::set<std::string> pipes, classes;
    for (unsigned i = 0; i < kPipes; ++i) pipes.insert(name(static_cast<Pipe>(i)));
    for (unsigned i = 0; i < kLatencyClasses; ++i) classes.insert(name(static_cast<LatencyClass>(i)));
    CHECK(pipes.size() == kPipes);
    CHECK(classes.size() == kLatencyClasses);
    CHECK(std::string(name(Pipe::Fp64)) == "fp64");
    CHECK(std::string(name(Pipe::Cbu)) == "cbu");
    CHECK(std::string(name(LatencyClass::UniformToVector)) == "uniform_to_vector");
    CHECK(std::string(name(LatencyClass::Memory)) == "memory");
}

TEST_CASE("register sets hold ranges and never RZ", "[isa]") {
    RegisterSet set;
    CHECK(set.empty());
    set.add({62, 4}); // over a word's end
    for (unsigned r = 0; r < 255; ++r) {
        RegisterSet one;
        one.add({static_cast<std::uint8_t>(r), 1});
        CHECK(set.meets(one) == (r >= 62 && r < 66));
    }
    RegisterSet end;
    end.add({253, 4}); // R253, R254; 255 is RZ and beyond is nothing
    CHECK(end.words[3] == (3ULL << 61));
    RegisterSet none;
    none.add({7, 0});
    none.add({255, 1});
    CHECK(none.empty());
}

TEST_CASE("register sets are sets", "[isa]") {
    std::mt19937 random(11);
    for (unsigned round = 0; round < 300; ++round) {
        RegisterSet a, b;
        std::set<unsigned> model_a, model_b;
        for (unsigned i = 0; i < 3; ++i) {
            const RegisterRange ra{static_cast<std::uint8_t>(random() % 255), static_cast<std::uint8_t>(random() % 9)};
            const RegisterRange rb{static_cast<std::uint8_t>(random() % 255), static_cast<std::uint8_t>(random() % 9)};
            a.add(ra);
            b.add(rb);
            for (unsigned r = ra.first; r < unsigned{ra.first} + ra.count && r < 255; ++r) model_a.insert(r);
            for (unsigned r = rb.first; r < unsigned{rb.first} + rb.count && r < 255; ++r) model_b.insert(r);
        }
        bool common = false;
        for (unsigned r : model_a) common |= model_b.count(r) != 0;
        REQUIRE(a.meets(b) == common);
        REQUIRE(b.meets(a) == common);
        RegisterSet both = a;
        both |= b;
        RegisterSet less = both;
        less -= a;
        REQUIRE_FALSE(less.meets(a));
        both -= b;
        both |= b;
        RegisterSet either = a;
        either |= b;
        REQUIRE(both == either);
        RegisterSet nothing = a;
        nothing -= a;
        REQUIRE(nothing.empty());
    }
}

TEST_CASE("lane addresses come from a stride or from a list of the active lanes", "[isa]") {
    const std::vector<Address> list{100, 200, 300, 400};
    const InstructionChunk chunk{{}, {}, list};
    const AddressPattern stride{AddressPattern::Kind::Stride, 1000, -8, 0};
    CHECK(chunk.lane_address(stride, 0, 0) == 1000);
    CHECK(chunk.lane_address(stride, 31, 4) == 1000 - 31 * 8); // by lane, not by its number among the active
    const AddressPattern some{AddressPattern::Kind::List, 0, 0, 1};
    CHECK(chunk.lane_address(some, 17, 0) == 200);
    CHECK(chunk.lane_address(some, 30, 2) == 400);
}

TEST_CASE("a launch counts its threads and warps", "[isa]") {
    KernelLaunch launch;
    launch.block = {33, 1, 1};
    CHECK(launch.threads_per_cta() == 33);
    CHECK(launch.warps_per_cta() == 2);
    launch.block = {8, 8, 16};
    CHECK(launch.warps_per_cta() == 32);
    launch.block = {0, 1, 1};
    CHECK(launch.warps_per_cta() == 0);
}

TEST_CASE("a matrix shape counts its multiply-adds", "[isa]") {
    CHECK(MmaShape{16, 8, 16, MmaType::F16}.multiply_adds() == 2048);
    CHECK(MmaShape{64, 256, 16, MmaType::F16}.multiply_adds() == 262144);
    CHECK(MmaShape{}.multiply_adds() == 0);
}
