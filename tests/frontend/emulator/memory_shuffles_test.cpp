#include "frontend/emulator/recorder.hpp"
#include "tests/frontend/emulator/memory_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;

namespace {

MemoryWord shfl(unsigned opcode, unsigned mode) { return MemoryWord(opcode).set(58, 2, mode).d(8).a(4); }

// The algorithm of the PTX manual, with signed arithmetic as it is written there.
struct Source {
    int lane;
    bool valid;
};
Source source_of(unsigned mode, int lane, int b, int c) {
    const int clamp = c & 0x1f, segment = (c >> 8) & 0x1f;
    const int last = (lane & segment) | (clamp & ~segment), first = lane & segment;
    int j = 0;
    bool valid = false;
    switch (mode) {
    case 1:
        j = lane - b;
        valid = j >= last;
        break;
    case 2:
        j = lane + b;
        valid = j <= last;
        break;
    case 3:
        j = lane ^ b;
        valid = j <= last;
        break;
    default:
        j = first | (b & ~segment);
        valid = j <= last;
        break;
    }
    return {valid ? j : lane, valid};
}

} // namespace

TEST_CASE("SHFL follows the PTX manual in all modes and forms, and inactive lanes give zero") {
    std::mt19937 random(1);
    for (unsigned mode = 0; mode < 4; ++mode) {
        for (unsigned round = 0; round < 60; ++round) {
            WarpBench bench;
            const int lane_value = static_cast<int>(random() % 32), control = round % 3 == 0   ? 0x1f
                                                                              : round % 3 == 1 ? 0
                                                                                               : static_cast<int>(random() & 0x1f1f);
            const Mask mask = round % 4 == 0 ? static_cast<Mask>(random()) | 1 : kAllLanes;
            bench.set(4, [](unsigned l) { return 1000 + l; });
            bench.set(5, [&](unsigned l) { return round % 2 ? static_cast<std::uint32_t>(lane_value) : (lane_value + 3 * l) % 64; });
            bench.set(6, [&](unsigned) { return static_cast<std::uint32_t>(control); });
            for (const unsigned opcode : {0x389U, 0x589U, 0x989U, 0xf89U}) {
                MemoryWord word = shfl(opcode, mode);
                const bool lane_immediate = opcode == 0x989 || opcode == 0xf89, control_immediate = opcode == 0x589 || opcode == 0xf89;
                if (lane_immediate) word.set(53, 5, static_cast<unsigned>(lane_value));
                else word.b(5);
                if (control_immediate) word.set(40, 13, static_cast<unsigned>(control));
                else word.c(6);
                bench.set(8, [](unsigned) { return 77; });
                bench.warp().predicates[0] = 0x12345678;
                bench.run(word, mask);
                for (unsigned l = 0; l < kLanes; ++l) {
                    const int b = (lane_immediate ? lane_value : static_cast<int>(bench.reg(5, l))) & 31;
                    const Source from = source_of(mode, static_cast<int>(l), b, control);
                    const bool on = mask >> l & 1;
                    REQUIRE(bench.reg(8, l) == (!on ? 77 : mask >> from.lane & 1 ? 1000U + static_cast<unsigned>(from.lane) : 0U));
                    REQUIRE((bench.warp().predicates[0] >> l & 1) == (on ? from.valid : 0x12345678U >> l & 1));
                }
            }
        }
    }
}

TEST_CASE("MATCH finds lanes with equal values") {
    WarpBench bench;
    bench.set(4, [](unsigned l) { return l % 3; });
    bench.set(5, [](unsigned l) { return l / 16; });
    const auto match = [](unsigned any, unsigned wide) {
        return MemoryWord(0x3a1).set(79, 1, any).set(73, 1, wide).set(81, 3, any ? 7 : 0).d(8).a(4);
    };
    bench.run(match(1, 0), 0xfffffff0);
    CHECK(bench.reg(8, 6) == (0x49249249U & 0xfffffff0));
    CHECK(bench.reg(8, 0) == 0);
    bench.run(match(1, 1));
    CHECK(bench.reg(8, 0) == (0x49249249U & 0xffff));
    CHECK(bench.reg(8, 18) == (0x49249249U & 0xffff0000));
    bench.run(match(0, 0));
    CHECK(bench.reg(8, 5) == 0);
    CHECK(bench.warp().predicates[0] == 0);
    bench.run(match(0, 0), 0x00000049);
    CHECK(bench.reg(8, 3) == 0x49);
    CHECK(bench.warp().predicates[0] == 0x49);
    bench.set(5, [](unsigned) { return 9; });
    bench.set(4, [](unsigned) { return 1; });
    bench.run(match(0, 1));
    CHECK(bench.reg(8, 31) == kAllLanes);
}

TEST_CASE("REDUX reduces the executing lanes into a uniform register") {
    WarpBench bench;
    bench.set(4, [](unsigned l) { return l == 7 ? 0x80000005U : l + 1; });
    const Mask mask = 0x000000f6; // lanes 1 2 4 5 6 7
    const auto run = [&](unsigned function, unsigned with_sign) {
        bench.run(MemoryWord(0x3c4).set(78, 3, function).set(73, 1, with_sign).set(16, 6, 9).a(4), mask);
        return bench.ureg(9).lane[0];
    };
    CHECK(run(0, 0) == (2U & 3 & 5 & 6 & 7 & 0x80000005U));
    CHECK(run(1, 0) == (2U | 3 | 5 | 6 | 7 | 0x80000005U));
    CHECK(run(2, 0) == (2U ^ 3 ^ 5 ^ 6 ^ 7 ^ 0x80000005U));
    CHECK(run(3, 0) == 2U + 3 + 5 + 6 + 7 + 0x80000005U);
    CHECK(run(4, 0) == 2);
    CHECK(run(5, 0) == 0x80000005U);
    CHECK(run(4, 1) == 0x80000005U);
    CHECK(run(5, 1) == 7);
    CHECK(bench.ureg(9).lane[31] == 7);
}

TEST_CASE("the recorder keeps a base and a stride where that says it all, else a list") {
    WarpRecorder recorder;
    Address address[kLanes] = {};
    recorder.instruction(10, kAllLanes);
    recorder.instruction(11, kAllLanes);
    for (unsigned l = 0; l < kLanes; ++l) address[l] = 0x7000'0000'1000 + 8 * l;
    recorder.addresses(address, kAllLanes);
    recorder.instruction(12, kAllLanes); // no addresses
    recorder.instruction(5, 0xf0);       // a new run
    for (unsigned l = 0; l < kLanes; ++l) address[l] = 0x2000 - 16 * l;
    recorder.addresses(address, 0xf0);
    recorder.instruction(6, 0xf0);
    recorder.addresses(address, 0x08); // one lane
    recorder.instruction(7, 0xf0);
    address[5] += 4;
    recorder.addresses(address, 0xf0);
    CHECK(recorder.instructions() == 6);
    CHECK(recorder.pattern_owners() == std::vector<std::uint32_t>{1, 3, 4, 5});
    const auto& p = recorder.patterns();
    CHECK(p[0].kind == AddressPattern::Kind::Stride);
    CHECK(p[0].base == 0x7000'0000'1000);
    CHECK(p[0].stride == 8);
    CHECK(p[1].base == 0x2000);
    CHECK(p[1].stride == -16);
    CHECK(p[2].kind == AddressPattern::Kind::Stride);
    CHECK(p[2].base + static_cast<Address>(p[2].stride) * 3 == address[3]);
    CHECK(p[3].kind == AddressPattern::Kind::List);
    CHECK(std::vector<Address>(recorder.list().begin(), recorder.list().end()) ==
          std::vector<Address>{address[4], address[5], address[6], address[7]});
    recorder.instruction(50, 1);
    recorder.forget_last();
    recorder.instruction(8, 0xf0);
    recorder.addresses(address, 0x30);
    CHECK(recorder.pattern_owners().back() == 6);
}

TEST_CASE("memory instructions record the addresses of the lanes that access memory") {
    WarpBench bench;
    WarpRecorder recorder;
    bench.warp().recorder = &recorder;
    const Address memory = bench.device().memory().allocate(1024, AllocationKind::Device, "");
    std::array<Address, kLanes> address{};
    for (unsigned l = 0; l < kLanes; ++l) address[l] = memory + 4 * l;
    set_pair(bench, 4, address);
    recorder.instruction(0, 0xff);
    bench.run(ldg(4, 8, 4).offset(64), 0xff);
    recorder.instruction(1, kAllLanes);
    bench.set(4, [](unsigned l) { return 128 * (l % 2) + l; });
    bench.run(sts(0, 4, 8));
    REQUIRE(recorder.patterns().size() == 2);
    CHECK(recorder.patterns()[0].base == memory + 64);
    CHECK(recorder.patterns()[0].stride == 4);
    CHECK(recorder.patterns()[1].kind == AddressPattern::Kind::List);
    CHECK(recorder.list()[1] == 129);
    // LDSM of one matrix asks for eight rows; the list still has an entry for each executing lane.
    recorder.instruction(2, kAllLanes);
    bench.set(4, [](unsigned l) { return 16 * (l * l % 8); });
    bench.run(MemoryWord(0x83b).set(72, 2, 0).d(8).a(4));
    REQUIRE(recorder.patterns().size() == 3);
    CHECK(recorder.list().size() == 64);
    CHECK(recorder.list()[32 + 3] == 16);
    CHECK(recorder.list()[32 + 20] == 0);
}
