#include "frontend/emulator/mbarrier.hpp"
#include "tests/frontend/emulator/memory_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;

namespace {

std::uint16_t half_at(WarpBench& bench, unsigned offset) {
    std::uint16_t value = 0;
    std::memcpy(&value, bench.cta().shared() + offset, 2);
    return value;
}

// LDGSTS.E [R4], [R8.64]: 0xfae with URZ
MemoryWord ldgsts(unsigned size) {
    return MemoryWord(0xfae).set(73, 3, size).set(84, 3, 1).set(87, 3, 7).set(91, 1, 1).set(64, 6, 63).set(70, 1, 1).set(16, 8, 4).a(8);
}

} // namespace

TEST_CASE("LDSM gives each lane the elements of its row, or of its column if transposed; STSM undoes it") {
    WarpBench bench(90);
    for (unsigned count = 0; count < 3; ++count) {
        const unsigned matrices = 1U << count;
        for (const unsigned transposed : {0U, 1U}) {
            std::mt19937 random(5);
            for (unsigned i = 0; i < 4096; ++i) bench.cta().shared()[i] = static_cast<std::byte>(random());
            bench.set(4, [](unsigned l) { return 1024 - 32 * l; }); // rows in reverse order, with gaps
            bench.run(MemoryWord(0x83b).set(72, 2, count).set(78, 2, transposed).d(8).a(4).offset(16));
            for (unsigned m = 0; m < matrices; ++m)
                for (unsigned l = 0; l < kLanes; ++l)
                    for (unsigned h = 0; h < 2; ++h) {
                        const unsigned row = transposed ? 2 * (l % 4) + h : l / 4, column = transposed ? l / 4 : 2 * (l % 4) + h;
                        REQUIRE((bench.reg(8 + m, l) >> 16 * h & 0xffff) == half_at(bench, 1024 - 32 * (8 * m + row) + 16 + 2 * column));
                    }
            std::vector<std::byte> before(bench.cta().shared(), bench.cta().shared() + 4096);
            for (unsigned i = 0; i < 8 * matrices; ++i) std::memset(bench.cta().shared() + 1024 - 32 * i + 16, 0, 16);
            bench.run(MemoryWord(0x844).set(72, 2, count).set(78, 2, transposed).a(4).b(8).offset(16));
            REQUIRE(std::memcmp(before.data(), bench.cta().shared(), 4096) == 0);
        }
    }
    bench.set(4, [](unsigned l) { return l == 3 ? 8U : 0U; });
    const DeviceFault fault = fault_of(bench, MemoryWord(0x83b).set(72, 2, 2).d(8).a(4));
    CHECK(fault.kind == FaultKind::MisalignedAddress);
    CHECK(fault.lane == 3);
}

TEST_CASE("LDGSTS copies, fills with zeros where its predicate is false, and honours ZFILL") {
    for (unsigned size = 4; size < 7; ++size) {
        const unsigned bytes = kSizeBytes[size];
        WarpBench bench;
        const Address memory = bench.device().memory().allocate(1024, AllocationKind::Device, "source");
        auto* const source = reinterpret_cast<std::uint8_t*>(memory);
        for (unsigned i = 0; i < 1024; ++i) source[i] = static_cast<std::uint8_t>(i * 7 + 1);
        std::array<Address, kLanes> address{};
        for (unsigned l = 0; l < kLanes; ++l) address[l] = memory + l * bytes;
        set_pair(bench, 8, address);
        bench.set(4, [](unsigned l) { return 16 * (31 - l); });
        std::memset(bench.cta().shared(), 0xee, 1024);
        bench.run(ldgsts(size).set(44, 20, 32).set(32, 12, 2 * bytes), 0x0fffffff);
        for (unsigned l = 0; l < kLanes; ++l)
            for (unsigned i = 0; i < bytes; ++i)
                REQUIRE(std::to_integer<unsigned>(bench.cta().shared()[16 * (31 - l) + 32 + i]) ==
                        (l < 28 ? source[(l + 2) * bytes + i] : 0xee));
        bench.warp().predicates[2] = 0x0000ffff;
        bench.run(ldgsts(size).set(87, 3, 2));
        for (unsigned l = 0; l < kLanes; ++l)
            for (unsigned i = 0; i < bytes; ++i)
                REQUIRE(std::to_integer<unsigned>(bench.cta().shared()[16 * (31 - l) + i]) == (l < 16 ? source[l * bytes + i] : 0));
        // n valid bytes: the address is increased by size - n
        for (unsigned l = 0; l < kLanes; ++l) address[l] = memory + l * bytes + l % bytes;
        set_pair(bench, 8, address);
        bench.run(ldgsts(size).set(82, 1, 1));
        for (unsigned l = 0; l < kLanes; ++l)
            for (unsigned i = 0; i < bytes; ++i)
                REQUIRE(std::to_integer<unsigned>(bench.cta().shared()[16 * (31 - l) + i]) ==
                        (i < bytes - l % bytes ? source[l * bytes + i] : 0));
        // without ZFILL the same addresses are misaligned
        CHECK(fault_of(bench, ldgsts(size)).kind == FaultKind::MisalignedAddress);
    }
}

TEST_CASE("LDGSTS with a uniform register on the shared side takes the descriptor after it") {
    WarpBench bench;
    const Address memory = bench.device().memory().allocate(1024, AllocationKind::Device, "source");
    std::memset(reinterpret_cast<void*>(memory), 0x5a, 1024);
    std::array<Address, kLanes> address{};
    for (unsigned l = 0; l < kLanes; ++l) address[l] = memory + 4 * l;
    set_pair(bench, 8, address);
    bench.set(4, [](unsigned l) { return 4 * l; });
    bench.set_ureg(6, 256);
    bench.run(MemoryWord(0xdae)
                  .set(73, 3, 4)
                  .set(76, 1, 1)
                  .set(84, 3, 1)
                  .set(87, 3, 7)
                  .set(91, 1, 1)
                  .set(64, 6, 6)
                  .set(70, 1, 1)
                  .set(81, 1, 1)
                  .set(16, 8, 4)
                  .a(8));
    CHECK(sass::text(bench.instruction()) == "LDGSTS.E [R4+UR6], desc[UR7][R8.64]");
    CHECK(std::to_integer<unsigned>(bench.cta().shared()[256 + 127]) == 0x5a);
    CHECK(std::to_integer<unsigned>(bench.cta().shared()[255]) == 0);
}

TEST_CASE("ARRIVES signals the mbarrier: arrivals, or transactions taken back") {
    const auto arrives = [](unsigned mode) {
        return MemoryWord(0x9b0).set(72, 8, 0x0a).set(70, 2, mode).set(91, 1, 1).set(64, 6, 63).a(255).offset(16);
    };
    WarpBench hopper(90);
    std::uint64_t word = mbarrier::init(40);
    const auto put = [&](WarpBench& bench) { std::memcpy(bench.cta().shared() + 16, &word, 8); };
    const auto get = [&](WarpBench& bench) { std::memcpy(&word, bench.cta().shared() + 16, 8); };
    put(hopper);
    hopper.run(arrives(1)); // ARVCNT
    get(hopper);
    CHECK(mbarrier::pending(word) == 8);
    word = mbarrier::init(1);
    mbarrier::expect_tx(word, 32);
    CHECK_FALSE(mbarrier::arrive(word, 1));
    put(hopper);
    hopper.run(arrives(2)); // TRANSCNT: 32 lanes take back one each
    get(hopper);
    CHECK(mbarrier::phase(word));
    WarpBench ampere(80);
    word = mbarrier::sm80::init(32);
    put(ampere);
    ampere.run(arrives(0));
    get(ampere);
    CHECK(mbarrier::sm80::phase(word));
}
