#include <catch2/catch.hpp>

#include "sim/sm/register_file.hpp"

using namespace heddle;

namespace {

// An instruction that reads single registers; `reuse` flags slots a, b, c in bits 0 to 2.
StaticInstruction reads(std::initializer_list<std::uint8_t> registers, std::uint8_t reuse = 0) {
    StaticInstruction instruction;
    for (std::uint8_t r : registers) instruction.sources[instruction.source_count++] = {r, 1};
    instruction.control.reuse = reuse;
    return instruction;
}

constexpr bool kKnown = true, kUnknown = false;
constexpr unsigned kWarp = 3;

RegisterFile ampere(bool reuse_cache = true) { return {2, 1, 3, reuse_cache}; }

} // namespace

TEST_CASE("one instruction alone never waits: three reads of one bank fit the window of three", "[register_file]") {
    for (const auto& instruction : {reads({}), reads({2}), reads({2, 4}), reads({2, 4, 6}), reads({2, 3, 4}), reads({1, 3, 5})}) {
        RegisterFile file = ampere();
        CHECK(file.read(100, kWarp, instruction, kKnown) == 0);
    }
}

// The check Huerta et al. describe and others repeated on A100: after an instruction that takes the even bank for the
// whole window, another that reads one, two or three even registers elapses 5, 6 or 7 cycles.
TEST_CASE("the second of two instructions waits one cycle per extra read of a busy bank", "[register_file]") {
    const auto first = reads({10, 12, 14});
    const auto second_after = [&](const StaticInstruction& second) {
        RegisterFile file = ampere();
        CHECK(file.read(50, kWarp, first, kKnown) == 0);
        return file.read(51, kWarp, second, kKnown);
    };
    CHECK(second_after(reads({16, 17, 19})) == 0);
    CHECK(second_after(reads({16, 18, 19})) == 1);
    CHECK(second_after(reads({16, 18, 20})) == 2);
    CHECK(second_after(reads({17, 19, 21})) == 0); // the other bank is free
}

TEST_CASE("a delayed read delays the next, until the ports have caught up", "[register_file]") {
    RegisterFile file = ampere(false);
    const auto even = reads({10, 12, 14});
    CHECK(file.read(0, kWarp, even, kKnown) == 0); // port taken to 5
    CHECK(file.read(1, kWarp, even, kKnown) == 2); // to 8, in time would be 6
    CHECK(file.read(2, kWarp, even, kKnown) == 4); // to 11, 7
    CHECK(file.read(12, kWarp, even, kKnown) == 0);
}

TEST_CASE("at one instruction of three reads per two cycles mixed banks keep up, one bank does not", "[register_file]") {
    RegisterFile mixed = ampere(false), same = ampere(false);
    Cycles mixed_delay = 0, same_delay = 0;
    for (Cycle cycle = 0; cycle < 100; cycle += 2) {
        mixed_delay = mixed.read(cycle, kWarp, cycle % 4 == 0 ? reads({2, 4, 5}) : reads({3, 5, 6}), kKnown);
        same_delay = same.read(cycle, kWarp, reads({2, 4, 6}), kKnown);
    }
    CHECK(mixed_delay == 0);     // 1.5 reads per bank and two cycles
    CHECK(same_delay == 50 - 1); // one cycle more with each of the 49 after the first
}

TEST_CASE("more read ports and more banks spread the reads", "[register_file]") {
    RegisterFile two_ports(2, 2, 3, false), four_banks(4, 1, 3, false);
    const auto even = reads({8, 10, 12});
    CHECK(two_ports.read(0, kWarp, even, kKnown) == 0);
    CHECK(two_ports.read(1, kWarp, even, kKnown) == 0); // 6 reads by cycle 5
    CHECK(two_ports.read(2, kWarp, even, kKnown) == 0);
    CHECK(four_banks.read(0, kWarp, reads({8, 10, 12}), kKnown) == 0); // banks 0, 2, 0
    CHECK(four_banks.read(1, kWarp, reads({9, 11, 13}), kKnown) == 0);
    CHECK(four_banks.read(2, kWarp, reads({8, 12, 16}), kKnown) == 0); // free from cycle 4 on
    CHECK(four_banks.read(3, kWarp, reads({8, 12, 16}), kKnown) == 2);
}

TEST_CASE("a flagged operand is kept for the same warp, register and slot", "[register_file]") {
    const auto fill = reads({10, 12, 14}, 0b001); // keeps R10 in slot a
    const auto second_after = [&](const StaticInstruction& second, unsigned warp) {
        RegisterFile file = ampere();
        file.read(0, kWarp, fill, kKnown);
        return file.read(1, warp, second, kKnown);
    };
    CHECK(second_after(reads({10, 16, 18}), kWarp) == 1);     // one read less than 2
    CHECK(second_after(reads({16, 10, 18}), kWarp) == 2);     // another slot
    CHECK(second_after(reads({10, 16, 18}), kWarp + 1) == 2); // another warp
    CHECK(second_after(reads({20, 16, 18}), kWarp) == 2);     // another register
}

TEST_CASE("without the reuse cache flags mean nothing", "[register_file]") {
    RegisterFile file = ampere(false);
    file.read(0, kWarp, reads({10, 12, 14}, 0b111), kKnown);
    CHECK(file.read(1, kWarp, reads({10, 12, 14}, 0b111), kKnown) == 2);
}

TEST_CASE("a kept operand is dropped by the next read of its bank and slot unless flagged again", "[register_file]") {
    RegisterFile file = ampere();
    file.read(0, kWarp, reads({10, 12, 14}, 0b001), kKnown);
    file.read(100, kWarp, reads({10}, 0b000), kKnown); // hit, not flagged: gone
    file.read(200, kWarp, reads({12, 14, 16}), kKnown);
    CHECK(file.read(201, kWarp, reads({10, 18, 20}), kKnown) == 2);

    RegisterFile keeps = ampere();
    keeps.read(0, kWarp, reads({10, 12, 14}, 0b001), kKnown);
    keeps.read(100, kWarp, reads({10}, 0b001), kKnown);         // flagged again
    keeps.read(200, kWarp, reads({11, 12, 14}, 0b000), kKnown); // slot a of the other bank does not touch it
    keeps.read(300, kWarp, reads({10, 12, 14}, 0b001), kKnown);
    CHECK(keeps.read(301, kWarp, reads({10, 18, 20}), kKnown) == 0); // the first had two reads, this has two
}

TEST_CASE("without control bits every operand of slots a to c counts as flagged", "[register_file]") {
    RegisterFile file = ampere();
    file.read(0, kWarp, reads({10, 12, 14}), kUnknown);
    CHECK(file.read(1, kWarp, reads({10, 12, 14}), kUnknown) == 0);
    CHECK(file.read(2, kWarp, reads({10, 12, 16}), kUnknown) == 0); // one read
    RegisterFile known = ampere();
    known.read(0, kWarp, reads({10, 12, 14}), kKnown);
    CHECK(known.read(1, kWarp, reads({10, 12, 14}), kKnown) == 2);
}

TEST_CASE("a register pair reads both banks", "[register_file]") {
    StaticInstruction pairs;
    pairs.source_count = 3;
    pairs.sources = {RegisterRange{10, 2}, {12, 2}, {14, 2}};
    RegisterFile file = ampere(false);
    CHECK(file.read(0, kWarp, pairs, kKnown) == 0);
    CHECK(file.read(1, kWarp, pairs, kKnown) == 2);
    RegisterFile odd = ampere(false);
    odd.read(0, kWarp, pairs, kKnown);
    CHECK(odd.read(1, kWarp, reads({1, 3, 5}), kKnown) == 2); // the odd bank was taken as well
}
