#include "tests/frontend/emulator/matrix_reference.hpp"
#include "tests/frontend/emulator/warp_bench.hpp"

#include <random>

using namespace heddle;
using namespace heddle::emulator;
using reference::Format;
using reference::Number;

namespace {

// Words ptxas 13.0 makes of mma.sync and mma.sp; the registers are R24 (D, where accumulators are four), ...: patched below.
struct Case {
    const char* name;
    unsigned architecture;
    std::uint64_t high; // without control bits; C in bits 0-7
    unsigned opcode;
    Format a, b;
    unsigned depth;     // K of the dense matrices
    bool half, sparse;
    int fraction, kept_fraction;
    unsigned steps;
};

constexpr unsigned kD = 40, kA = 8, kB = 16, kC = 48, kE = 30;

std::uint64_t low_word(const Case& c, unsigned selector) {
    return c.opcode | 0x7000U | kD << 16 | std::uint64_t{kA} << 24 | std::uint64_t{kB} << 32 | (c.sparse ? std::uint64_t{kE} << 40 | std::uint64_t{selector} << 48 : 0);
}

unsigned bits_of(const Format& f) { return static_cast<unsigned>(1 + f.exponent_bits + f.fraction_bits + f.dropped_bits); }

const Case kCases[] = {
    {"HMMA.16816.F32", 80, 0x1800, 0x23c, reference::kF16, reference::kF16, 16, false, false, 24, 23, 2},
    {"HMMA.16816.F32", 90, 0x1800, 0x23c, reference::kF16, reference::kF16, 16, false, false, 25, 23, 1},
    {"HMMA.1688.F32", 80, 0x1000, 0x23c, reference::kF16, reference::kF16, 8, false, false, 24, 23, 1},
    {"HMMA.16816.F16", 80, 0x0800, 0x23c, reference::kF16, reference::kF16, 16, true, false, 24, 10, 2},
    {"HMMA.16816.F16", 90, 0x0800, 0x23c, reference::kF16, reference::kF16, 16, true, false, 25, 10, 1},
    {"HMMA.1688.F16", 86, 0x0000, 0x23c, reference::kF16, reference::kF16, 8, true, false, 24, 10, 1},
    {"HMMA.16816.F32.BF16", 80, 0x41800, 0x23c, reference::kBf16, reference::kBf16, 16, false, false, 24, 23, 2},
    {"HMMA.16816.F32.BF16", 90, 0x41800, 0x23c, reference::kBf16, reference::kBf16, 16, false, false, 25, 23, 1},
    {"HMMA.1688.F32.BF16", 89, 0x41000, 0x23c, reference::kBf16, reference::kBf16, 8, false, false, 24, 23, 1},
    {"HMMA.1688.F32.TF32", 80, 0x81000, 0x23c, reference::kTf32, reference::kTf32, 8, false, false, 24, 23, 2},
    {"HMMA.1688.F32.TF32", 90, 0x81000, 0x23c, reference::kTf32, reference::kTf32, 8, false, false, 25, 23, 1},
    {"HMMA.1684.F32.TF32", 80, 0x85000, 0x23c, reference::kTf32, reference::kTf32, 4, false, false, 24, 23, 1},
    {"QMMA.16832.F32.E4M3.E4M3", 89, 0x2c00, 0x27a, reference::kE4m3, reference::kE4m3, 32, false, false, 13, 13, 2},
    {"QMMA.16832.F32.E5M2.E4M3", 89, 0x6c00, 0x27a, reference::kE5m2, reference::kE4m3, 32, false, false, 13, 13, 2},
    {"QMMA.16832.F16.E4M3.E5M2", 89, 0x8c00, 0x27a, reference::kE4m3, reference::kE5m2, 32, true, false, 13, 10, 2},
    {"QMMA.16816.F32.E5M2.E5M2", 89, 0xe400, 0x27a, reference::kE5m2, reference::kE5m2, 16, false, false, 13, 13, 1},
    {"HMMA.SP.16832.F32", 80, 0x5a00, 0x23c, reference::kF16, reference::kF16, 32, false, true, 24, 23, 2},
    {"HMMA.SP.16832.F32.BF16", 90, 0x45a00, 0x23c, reference::kBf16, reference::kBf16, 32, false, true, 25, 23, 1},
    {"HMMA.SP.16816.F16", 80, 0x0a00, 0x23c, reference::kF16, reference::kF16, 16, true, true, 24, 10, 1},
    {"HMMA.SP.16816.F32.TF32", 80, 0x81a00, 0x23c, reference::kTf32, reference::kTf32, 16, false, true, 24, 23, 2},
    {"HMMA.SP.1688.F32.TF32", 80, 0x81200, 0x23c, reference::kTf32, reference::kTf32, 8, false, true, 24, 23, 1},
    {"QMMA.SP.16864.F32.E4M3.E4M3", 89, 0x13400, 0x27a, reference::kE4m3, reference::kE4m3, 64, false, true, 13, 13, 2},
};

// What kinds of numbers the matrices hold.
enum class Values { Near, Any, Special, Zeros };

class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}
    std::uint32_t word(const Format& f, Values values) {
        const unsigned bits = bits_of(f);
        const std::uint32_t any = random_() & (bits == 32 ? 0xffffffffU : (1U << bits) - 1);
        const std::uint32_t one = static_cast<std::uint32_t>((1 << (f.exponent_bits - 1)) - 1) << (f.fraction_bits + f.dropped_bits);
        switch (values) {
        case Values::Near: {
            // Around one: any fraction and sign, a few exponents.
            const std::uint32_t keep = ((1U << (f.fraction_bits + f.dropped_bits)) - 1) | 1U << (bits - 1);
            const std::uint32_t step = 1U << (f.fraction_bits + f.dropped_bits);
            return (any & keep) | (one + step * (random_() % 5) - step * 3);
        }
        case Values::Zeros: return random_() % 3 ? any & (1U << (bits - 1)) : word(f, Values::Near);
        case Values::Special: {
            if (random_() % 6) return word(f, Values::Near);
            const std::uint32_t infinity = (((1U << f.exponent_bits) - 1) << (f.fraction_bits + f.dropped_bits)) | (any & (1U << (bits - 1)));
            return random_() % 2 ? infinity : any;
        }
        default: {
            if (f.has_infinity && ((any >> (f.fraction_bits + f.dropped_bits)) & ((1U << f.exponent_bits) - 1)) == (1U << f.exponent_bits) - 1) return one;
            return !f.has_infinity && (any & 0x7f) == 0x7f ? one : any;
        }
        }
    }
    std::uint32_t number() { return random_(); }

  private:
    std::mt19937 random_;
};

// Fills the warp from whole matrices by the PTX manual's formulas, runs the word, compares every element of D.
void check_case(const Case& test, Values values, LaneLevel level, unsigned seed) {
    INFO(test.name << " sm_" << test.architecture << " level " << name(level) << " seed " << seed);
    Generator g(seed);
    WarpBench bench(test.architecture, level);
    const unsigned bits = bits_of(test.a), per_word = 32 / bits, kept = test.sparse ? test.depth / 2 : test.depth;
    std::vector<std::vector<std::uint32_t>> a(16, std::vector<std::uint32_t>(kept)), b(test.depth, std::vector<std::uint32_t>(8)), c(16, std::vector<std::uint32_t>(8));
    std::vector<std::vector<unsigned>> place(16, std::vector<unsigned>(kept));
    std::vector<std::vector<unsigned>> code(16, std::vector<unsigned>(kept)); // 2-bit (TF32: 4-bit) metadata of each kept element
    for (auto& row : a) for (auto& v : row) v = g.word(test.a, values);
    for (auto& row : b) for (auto& v : row) v = g.word(test.b, values);
    for (auto& row : c) for (auto& v : row) v = g.word(test.half ? reference::kF16 : reference::kF32, values == Values::Any ? Values::Near : values);
    for (unsigned i = 0; i < 16; ++i)
        for (unsigned k = 0; k < kept; ++k) {
            if (!test.sparse) {
                place[i][k] = k;
            } else if (bits == 32) {
                const unsigned which = g.number() & 1;
                place[i][k] = 2 * k + which;
                code[i][k] = which ? 0xe : 0x4;
            } else if (k % 2 == 0) {
                static constexpr unsigned kPairs[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
                const auto& pair = kPairs[g.number() % 6];
                for (unsigned n = 0; n < 2; ++n) place[i][k + n] = k / 2 * 4 + pair[n], code[i][k + n] = pair[n];
            }
        }
    const auto put = [&](unsigned base, unsigned lane, unsigned index, unsigned width, std::uint32_t v) {
        const unsigned reg = base + index * width / 32, shift = index * width % 32;
        bench.reg(reg).lane[lane] |= v << shift;
    };
    for (unsigned n = 0; n < 32; ++n) fill(bench.reg(n), 0), fill(bench.reg(n + 32), 0);
    for (unsigned lane = 0; lane < 32; ++lane) {
        const unsigned group = lane >> 2, in_group = lane % 4;
        // a_i: row group or group + 8 by word parity; K by element and by pair of words
        for (unsigned i = 0; i < 16 * kept / 32; ++i) {
            const unsigned word = i / per_word, row = group + 8 * (word % 2), k = in_group * per_word + i % per_word + 4 * per_word * (word / 2);
            put(kA, lane, i, bits, a[row][k]);
        }
        for (unsigned i = 0; i < 8 * test.depth / 32; ++i) put(kB, lane, i, bits, b[in_group * per_word + i % per_word + 4 * per_word * (i / per_word)][group]);
        for (unsigned i = 0; i < 4; ++i) put(kC, lane, i, test.half ? 16 : 32, c[group + 8 * (i / 2)][2 * in_group + i % 2]);
    }
    unsigned selector = 0;
    if (test.sparse) {
        // The PTX manual's figures: who holds the metadata of which rows and columns.
        const unsigned width = bits == 32 ? 4 : 2, row_bits = kept * width;
        const unsigned lanes = 16 * row_bits / 256;
        selector = g.number() % (4 / lanes);
        for (unsigned n = 0; n < 32; ++n) bench.reg(kE).lane[n] = g.number(); // what the others hold does not matter
        for (unsigned row = 0; row < 16; ++row) {
            std::uint64_t all = 0;
            for (unsigned k = 0; k < kept; ++k) all |= std::uint64_t{code[row][k]} << (k * width);
            for (unsigned part = 0; part < row_bits / (bits >= 16 ? 16 : 32); ++part) {
                if (bits >= 16) {
                    std::uint32_t& word = bench.reg(kE).lane[(row % 8) * 4 + selector * lanes + part];
                    const unsigned shift = row < 8 ? 0 : 16;
                    word = (word & ~(0xffffU << shift)) | static_cast<std::uint32_t>((all >> (16 * part)) & 0xffff) << shift;
                } else {
                    bench.reg(kE).lane[(row % 8) * 4 + selector * lanes + 2 * part + row / 8] = static_cast<std::uint32_t>(all >> (32 * part));
                }
            }
        }
    }
    bench.run(sass::Word{low_word(test, selector), test.high | kC});
    CHECK(sass::opcode_text(bench.instruction()) == test.name);
    const reference::Rule rule{test.fraction, test.half, test.kept_fraction};
    unsigned wrong = 0;
    for (unsigned row = 0; row < 16; ++row)
        for (unsigned column = 0; column < 8; ++column) {
            std::vector<Number> left, right;
            for (unsigned k = 0; k < kept; ++k) {
                left.push_back(reference::decode(a[row][k], test.a));
                right.push_back(reference::decode(b[place[row][k]][column], test.b));
            }
            const std::uint32_t expected = reference::dot_in_steps(left, right, c[row][column], rule, test.steps);
            const unsigned lane = (row % 8) * 4 + column / 2, i = column % 2 + 2 * (row / 8);
            const std::uint32_t got = test.half ? (bench.reg(kD + i / 2, lane) >> (16 * (i % 2))) & 0xffff : bench.reg(kD + i, lane);
            if (got != expected && wrong++ == 0) {
                INFO("row " << row << " column " << column << " expected " << std::hex << expected << " got " << got);
                CHECK(got == expected);
            }
        }
    CHECK(wrong == 0);
}

std::vector<LaneLevel> levels() {
    std::vector<LaneLevel> all{LaneLevel::Portable};
    if (best_lane_level() >= LaneLevel::Avx2) all.push_back(LaneLevel::Avx2);
    if (best_lane_level() >= LaneLevel::Avx512) all.push_back(LaneLevel::Avx512);
    return all;
}

} // namespace

TEST_CASE("the dot products of HMMA and QMMA equal the integer model bit for bit", "[matrix]") {
    for (const Case& test : kCases)
        for (const LaneLevel level : levels())
            for (const Values values : {Values::Near, Values::Any, Values::Zeros, Values::Special})
                for (unsigned seed = 1; seed <= 3; ++seed) check_case(test, values, level, seed * 17);
}

TEST_CASE("HMMA writes the lanes that execute only, and takes RZ as zeros", "[matrix]") {
    WarpBench bench(80);
    for (unsigned n = 0; n < 4; ++n) fill(bench.reg(kA + n), 0x3c003c00), fill(bench.reg(kD + n), 0x12345678);
    for (unsigned n = 0; n < 2; ++n) fill(bench.reg(kB + n), 0x3c003c00);
    bench.run(sass::Word{low_word(kCases[0], 0), 0x1800 | 0xff}, 0x0000ffff); // C = RZ
    CHECK(bench.reg(kD, 3) == 0x41800000);                                    // 16.0f
    CHECK(bench.reg(kD + 3, 15) == 0x41800000);
    CHECK(bench.reg(kD, 16) == 0x12345678);
    bench.run(sass::Word{low_word(kCases[0], 0) | 0xff0000, 0x1800 | 0xff}); // D = RZ: nobody reads it
    CHECK(bench.reg(kD, 3) == 0x41800000);
}

TEST_CASE("sm_90 keeps one bit more than sm_80", "[matrix]") {
    // 2^24 in the first half, -2^24 in the second, 2^-1 in both: aligned to 2^24, sm_80 keeps 24 bits more, sm_90 25.
    for (const unsigned architecture : {80U, 90U}) {
        WarpBench bench(architecture);
        for (unsigned n = 0; n < 4; ++n) fill(bench.reg(kA + n), 0), fill(bench.reg(kC + n), 0);
        for (unsigned n = 0; n < 2; ++n) fill(bench.reg(kB + n), 0);
        bench.reg(kA).lane[0] = 0x38006c00;     // row 0: k 0: 2^12, k 1: 0.5
        bench.reg(kA + 2).lane[0] = 0x3800ec00; // k 8: -2^12, k 9: 0.5
        bench.reg(kB).lane[0] = 0x3c006c00;     // column 0: k 0: 2^12, k 1: 1
        bench.reg(kB + 1).lane[0] = 0x3c006c00;
        bench.run(sass::Word{low_word(kCases[0], 0), 0x1800 | kC});
        CHECK(std::bit_cast<float>(bench.reg(kD, 0)) == (architecture == 80 ? 0.0f : 1.0f));
    }
}
