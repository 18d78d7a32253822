#include "frontend/emulator/atomic_arithmetic.hpp"
#include "frontend/emulator/mbarrier.hpp"
#include "tests/frontend/emulator/memory_bench.hpp"

#include <cmath>
#include <limits>

using namespace heddle;
using namespace heddle::emulator;

namespace {

enum Function { ADD, MIN, MAX, INC, DEC, AND, OR, XOR, EXCH };

MemoryWord atomg(unsigned function, unsigned type) { // ATOMG.E.<function> R8, desc[UR4][R4.64], R12
    return MemoryWord(0x9a8)
        .set(72, 1, 1)
        .set(73, 4, type)
        .set(77, 4, 7)
        .set(81, 3, 7)
        .set(84, 3, 1)
        .set(87, 4, function)
        .set(70, 2, 3)
        .set(64, 6, 4)
        .set(91, 1, 1)
        .d(8)
        .a(4)
        .b(12);
}
MemoryWord atoms(unsigned function, unsigned type) { return MemoryWord(0x38c).set(73, 4, type).set(87, 4, function).d(8).a(4).b(12); }

std::uint64_t reference(unsigned function, bool wide, bool is_signed, std::uint64_t old, std::uint64_t v) {
    const auto s = [&](std::uint64_t x) { return wide ? static_cast<std::int64_t>(x) : std::int64_t{static_cast<std::int32_t>(x)}; };
    switch (function) {
    case ADD: return old + v;
    case MIN: return is_signed ? (s(v) < s(old) ? v : old) : std::min(old, v);
    case MAX: return is_signed ? (s(v) > s(old) ? v : old) : std::max(old, v);
    case INC: return old >= v ? 0 : old + 1;
    case DEC: return old == 0 || old > v ? v : old - 1;
    case AND: return old & v;
    case OR: return old | v;
    case XOR: return old ^ v;
    default: return v;
    }
}

Address allocate(WarpBench& bench, Bytes bytes) { return bench.device().memory().allocate(bytes, AllocationKind::Device, "atomics"); }
template <class T> T& at(Address address) { return *reinterpret_cast<T*>(address); }

void set_value(WarpBench& bench, unsigned number, unsigned lane, std::uint64_t value) {
    bench.reg(number).lane[lane] = static_cast<std::uint32_t>(value);
    bench.reg(number + 1).lane[lane] = static_cast<std::uint32_t>(value >> 32);
}

} // namespace

TEST_CASE("integer atomics on global and shared memory agree with a serial loop over the lanes") {
    constexpr std::uint64_t values[] = {
        0, 1, 2, 5, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x100000000ULL, 0x8000000000000000ULL, 0xffffffffffffffffULL};
    struct Type {
        unsigned architecture, code;
        bool wide, is_signed;
    };
    for (const Type type :
         {Type{80, 0, false, false}, {80, 1, false, true}, {80, 2, true, false}, {80, 5, true, true}, {90, 3, true, true}}) {
        for (unsigned function = ADD; function <= EXCH; ++function) {
            if (type.wide && (function == INC || function == DEC)) continue;
            if (type.is_signed && function > MAX) continue;
            for (const bool shared : {false, true}) {
                if (shared && type.wide && function != EXCH) continue; // software does these
                for (const Mask mask : {kAllLanes, 0x00f0f00fU}) {
                    WarpBench bench(type.architecture);
                    const Address memory = allocate(bench, 64);
                    std::uint64_t cells[3] = {7, 0x80000000, 0};
                    std::byte* const base = shared ? bench.cta().shared() : reinterpret_cast<std::byte*>(memory);
                    const unsigned bytes = type.wide ? 8 : 4;
                    for (unsigned i = 0; i < 3; ++i) std::memcpy(base + i * bytes, &cells[i], bytes);
                    std::array<Address, kLanes> address{};
                    for (unsigned l = 0; l < kLanes; ++l) {
                        address[l] = (shared ? 0 : memory) + l % 3 * bytes;
                        set_value(bench, 12, l, values[(l * 5 + function) % std::size(values)]);
                    }
                    set_pair(bench, 4, address);
                    bench.run(shared ? atoms(function, type.code) : atomg(function, type.code), mask);
                    for (unsigned l = 0; l < kLanes; ++l) {
                        if (!(mask >> l & 1)) continue;
                        std::uint64_t& cell = cells[l % 3];
                        const std::uint64_t keep = type.wide ? ~0ULL : 0xffffffffULL;
                        REQUIRE(bench.reg(8, l) == static_cast<std::uint32_t>(cell));
                        if (type.wide) REQUIRE(bench.reg(9, l) == cell >> 32);
                        cell = reference(function, type.wide, type.is_signed, cell, values[(l * 5 + function) % std::size(values)] & keep) &
                               keep;
                    }
                    for (unsigned i = 0; i < 3; ++i) {
                        std::uint64_t got = 0;
                        std::memcpy(&got, base + i * bytes, bytes);
                        REQUIRE(got == cells[i]);
                    }
                }
            }
        }
    }
}

TEST_CASE("FP32 atomics flush subnormals and give the canonical NaN; FP64 ones do not") {
    using arithmetic::add_f32;
    const auto bits = [](float f) { return std::bit_cast<std::uint32_t>(f); };
    CHECK(add_f32(bits(1.5f), bits(2.25f)) == bits(3.75f));
    CHECK(add_f32(1, bits(1.0f)) == bits(1.0f));
    CHECK(add_f32(0x00400000, 0x00400000) == 0);          // subnormal operands
    CHECK(add_f32(0x80000001, 0x80000001) == 0x80000000); // keep their sign
    CHECK(add_f32(0x00800001, 0x80800000) == 0);          // a subnormal result
    CHECK(add_f32(bits(INFINITY), bits(-INFINITY)) == 0x7fffffff);
    CHECK(add_f32(0xffc00001, bits(1.0f)) == 0x7fffffff);
    CHECK(add_f32(bits(16777216.0f), bits(1.0f)) == bits(16777216.0f)); // ties to even
    CHECK(arithmetic::add_f64(1, 1) == 2);

    WarpBench bench(90);
    const Address memory = allocate(bench, 64);
    at<float>(memory) = 0.5f;
    std::array<Address, kLanes> address{};
    address.fill(memory);
    set_pair(bench, 4, address);
    bench.set(12, [&](unsigned) { return bits(1.0f); });
    // sm_90: RED.E.ADD.F32.FTZ.RN and F32x4
    const auto red = [](unsigned type) {
        return MemoryWord(0x9a6)
            .set(72, 1, 1)
            .set(73, 4, type)
            .set(77, 4, 7)
            .set(84, 3, 1)
            .set(90, 2, 3)
            .set(71, 1, 1)
            .set(64, 6, 4)
            .a(4)
            .b(12);
    };
    bench.run(red(9));
    CHECK(at<float>(memory) == 32.5f);
    for (unsigned i = 0; i < 4; ++i) bench.set(12 + i, [&](unsigned l) { return bits(static_cast<float>(i * l)); });
    at<std::array<float, 4>>(memory) = {};
    bench.run(red(11));
    CHECK(at<std::array<float, 4>>(memory) == std::array<float, 4>{0, 496, 992, 1488});
    address[3] = memory + 8; // vectors are aligned as a whole
    set_pair(bench, 4, address);
    CHECK(fault_of(bench, red(11)).kind == FaultKind::MisalignedAddress);
    // sm_80: type 3
    WarpBench old(80);
    const Address there = allocate(old, 8);
    address.fill(there);
    set_pair(old, 4, address);
    old.set(12, [&](unsigned) { return bits(0.25f); });
    old.run(MemoryWord(0x98e).set(72, 1, 1).set(73, 4, 3).set(77, 4, 7).set(84, 3, 1).set(90, 2, 3).set(71, 1, 1).set(64, 6, 4).a(4).b(12));
    CHECK(at<float>(there) == 8.0f);
}

TEST_CASE("half and bfloat arithmetic is exact for every operand pair of a sample, against a search of the nearest value") {
    const auto nearest = [](double x, double (*value)(std::uint16_t), std::uint16_t infinity) {
        // Bits of the representable value nearest to x >= 0, ties to even; beyond half an ulp above the largest: infinity.
        std::uint16_t best = 0;
        double distance = x;
        for (std::uint32_t b = 0; b < infinity; ++b) {
            const double d = std::fabs(value(static_cast<std::uint16_t>(b)) - x);
            if (d < distance || (d == distance && b % 2 == 0)) {
                best = static_cast<std::uint16_t>(b);
                distance = d;
            }
        }
        const double largest = value(static_cast<std::uint16_t>(infinity - 1)),
                     step = largest - value(static_cast<std::uint16_t>(infinity - 2));
        return x >= largest + step / 2 ? infinity : best;
    };
    constexpr std::uint16_t samples[] = {0x0000, 0x0001, 0x0003, 0x03ff, 0x0400, 0x0401, 0x3c00, 0x3c01, 0x3bff, 0x7bff, 0x7800, 0x1234};
    for (const std::uint16_t a : samples)
        for (const std::uint16_t b : samples) {
            const double h = arithmetic::from_half(a) + arithmetic::from_half(b);
            REQUIRE((arithmetic::add_f16x2(a, b) & 0xffff) == nearest(h, arithmetic::from_half, 0x7c00));
            const std::uint16_t c = a | 0x8000, d = b;
            const double difference = arithmetic::from_half(c) + arithmetic::from_half(d);
            if (difference > 0) REQUIRE((arithmetic::add_f16x2(c, d) & 0xffff) == nearest(difference, arithmetic::from_half, 0x7c00));
        }
    constexpr std::uint16_t bsamples[] = {0x0000, 0x0001, 0x007f, 0x0080, 0x3f80, 0x3f81, 0x4000, 0x7f7f, 0x7f00, 0x3b80};
    for (const std::uint16_t a : bsamples)
        for (const std::uint16_t b : bsamples)
            REQUIRE((arithmetic::add_bf16x2(a, b) & 0xffff) == nearest(
                                                                   arithmetic::from_bfloat(a) + arithmetic::from_bfloat(b),
                                                                   [](std::uint16_t x) { return arithmetic::from_bfloat(x); }, 0x7f80));
    CHECK(arithmetic::add_f16x2(0x7c00'3c00, 0xfc00'3c00) == 0x7fff'4000); // inf - inf | 1 + 1
    CHECK(arithmetic::min_f16x2(0x0000'7e00, 0x8000'3c00) == 0x8000'3c00); // -0 < +0; NaN loses
    CHECK(arithmetic::max_f16x2(0x0000'7e00, 0x8000'7e01) == 0x0000'7fff);
    CHECK(arithmetic::max_bf16x2(0x3f80'bf80, 0x4000'c000) == 0x4000'bf80);
}

TEST_CASE("compare-and-swap, exchange and CAST of 32 to 128 bits") {
    WarpBench bench(90);
    const Address memory = allocate(bench, 1024);
    std::array<Address, kLanes> address{};
    for (unsigned l = 0; l < kLanes; ++l) address[l] = memory + 16 * (l / 2);
    set_pair(bench, 4, address);
    for (unsigned i = 0; i < 4; ++i) {
        bench.set(12 + i, [](unsigned) { return 0; });                    // compared
        bench.set(16 + i, [&](unsigned l) { return 100 * (l + 1) + i; }); // new
    }
    const auto cas = [](unsigned size) {
        return MemoryWord(0x3a9).set(72, 1, 1).set(73, 4, size).set(77, 4, 7).set(81, 3, 7).set(84, 3, 1).d(8).a(4).b(12).c(16);
    };
    bench.run(cas(4)); // of two lanes at one place the first wins
    for (unsigned l = 0; l < kLanes; ++l)
        for (unsigned i = 0; i < 4; ++i) CHECK(bench.reg(8 + i, l) == (l % 2 == 0 ? 0 : 100 * l + i));
    CHECK(at<std::uint32_t>(memory + 12) == 103);
    // ATOMS.CAST.SPIN.64: 1 for the lane that stored, 0 for the other
    bench.set(4, [](unsigned l) { return 8 * (l / 2); });
    bench.run(MemoryWord(0x38d).set(73, 4, 2).set(87, 2, 3).d(8).a(4).b(12).c(16));
    for (unsigned l = 0; l < kLanes; ++l) {
        CHECK(bench.reg(8, l) == (l % 2 == 0));
        CHECK(bench.reg(9, l) == 0);
    }
    bench.run(MemoryWord(0x38c).set(73, 4, 2).set(87, 4, EXCH).d(8).a(4).b(16)); // ATOMS.EXCH.64
    CHECK(bench.reg(8, 0) == 100);
    CHECK(bench.reg(9, 1) == 101);
}

TEST_CASE("ATOM on generic addresses leaves to software what shared and local memory cannot do") {
    WarpBench bench(80);
    const Address memory = allocate(bench, 64);
    std::array<Address, kLanes> address{};
    for (unsigned l = 0; l < kLanes; ++l)
        address[l] = l % 4 == 0 ? memory : l % 4 == 1 ? DeviceMemory::kSharedWindow : l % 4 == 2 ? DeviceMemory::kLocalWindow : memory + 8;
    set_pair(bench, 4, address);
    bench.set(12, [](unsigned) { return 1; });
    bench.set(13, [](unsigned) { return 0; });
    const auto atom = [](unsigned type, unsigned pd) {
        return MemoryWord(0x98a)
            .set(72, 1, 1)
            .set(73, 4, type)
            .set(77, 4, 7)
            .set(81, 3, pd)
            .set(84, 3, 1)
            .set(70, 2, 3)
            .set(64, 6, 4)
            .set(91, 1, 1)
            .d(8)
            .a(4)
            .b(12);
    };
    bench.run(atom(2, 0)); // ATOM.E.ADD.64 P0
    CHECK(bench.warp().predicates[0] == 0x99999999);
    CHECK(at<std::uint64_t>(memory) == 8);
    CHECK(at<std::uint64_t>(memory + 8) == 8);
    CHECK(std::to_integer<int>(bench.cta().shared()[0]) == 0);
    bench.run(atom(0, 7)); // 32 bits work everywhere
    CHECK(std::to_integer<int>(bench.cta().shared()[0]) == 8);
    CHECK(std::to_integer<int>(bench.cta().local(2)[0]) == 1);
}

TEST_CASE("POPC.INC counts active lanes; ARRIVE counts down an mbarrier of sm_80") {
    WarpBench bench(80);
    const auto counts = [](unsigned function, unsigned size) {
        return MemoryWord(0xf8c).set(73, 3, size).set(87, 4, function).set(91, 1, 1).set(64, 6, 63).d(8).a(255).offset(8);
    };
    bench.run(counts(10, 0), 0x0000ff01);
    std::uint32_t count = 0;
    std::memcpy(&count, bench.cta().shared() + 8, 4);
    CHECK(count == 9);
    const std::uint64_t start = mbarrier::sm80::init(40);
    std::memcpy(bench.cta().shared() + 8, &start, 8);
    bench.run(counts(9, 2));
    std::uint64_t word = 0;
    std::memcpy(&word, bench.cta().shared() + 8, 8);
    CHECK(mbarrier::sm80::pending(word) == 8);
    CHECK(bench.reg(9, 3) == (start >> 32) + 3);
    bench.run(counts(9, 2), 0xff);
    std::memcpy(&word, bench.cta().shared() + 8, 8);
    CHECK(mbarrier::sm80::phase(word));
}
