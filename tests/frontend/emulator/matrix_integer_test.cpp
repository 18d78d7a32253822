#include "tests/frontend/emulator/warp_bench.hpp"

#include <bit>
#include <cfenv>
#include <cmath>
#include <limits>
#include <random>

using namespace heddle;
using namespace heddle::emulator;

namespace {

constexpr unsigned kD = 40, kA = 8, kB = 24, kC = 60, kE = 30;

sass::Word word(unsigned opcode, std::uint64_t high, bool sparse = false, unsigned selector = 0) {
    return {opcode | 0x7000U | kD << 16 | std::uint64_t{kA} << 24 | std::uint64_t{kB} << 32 | (sparse ? std::uint64_t{kE} << 40 | std::uint64_t{selector} << 48 : 0), high | kC};
}

struct Case {
    const char* name;
    std::uint64_t high;
    unsigned rows, depth, bits;
    bool signed_a, signed_b, saturate, sparse;
};

// Words ptxas 13.0 makes for sm_80.
const Case kCases[] = {
    {"IMMA.8816.S8.S8", 0x5400, 8, 16, 8, true, true, false, false},
    {"IMMA.16816.U8.S8", 0x404400, 16, 16, 8, false, true, false, false},
    {"IMMA.16832.S8.U8", 0x401c00, 16, 32, 8, true, false, false, false},
    {"IMMA.16832.U8.U8.SAT", 0x440c00, 16, 32, 8, false, false, true, false},
    {"IMMA.16832.S8.S8.SAT", 0x445c00, 16, 32, 8, true, true, true, false},
    {"IMMA.8832.S4.S4", 0x385400, 8, 32, 4, true, true, false, false},
    {"IMMA.16832.U4.S4", 0x584400 | 0x800, 16, 32, 4, false, true, false, false},
    {"IMMA.16864.S4.U4", 0x781400, 16, 64, 4, true, false, false, false},
    {"IMMA.SP.16832.S8.S8", 0x405d00, 16, 32, 8, true, true, false, true},
    {"IMMA.SP.16864.S8.S8.SAT", 0x645500, 16, 64, 8, true, true, true, true},
    {"IMMA.SP.16864.U4.U4", 0x780500, 16, 64, 4, false, false, false, true},
    {"IMMA.SP.168128.S4.S4", 0x785d00, 16, 128, 4, true, true, false, true},
};

std::int64_t value(std::uint32_t raw, unsigned bits, bool is_signed) {
    return is_signed && (raw >> (bits - 1)) ? static_cast<std::int64_t>(raw) - (1LL << bits) : static_cast<std::int64_t>(raw);
}

void check_case(const Case& t, LaneLevel level, unsigned seed) {
    INFO(t.name << " " << name(level) << " seed " << seed);
    std::mt19937 random(seed);
    WarpBench bench(80, level);
    const unsigned per_word = 32 / t.bits, kept = t.sparse ? t.depth / 2 : t.depth, halves = t.rows / 8;
    std::vector<std::vector<std::uint32_t>> a(t.rows, std::vector<std::uint32_t>(kept)), b(t.depth, std::vector<std::uint32_t>(8)), c(t.rows, std::vector<std::uint32_t>(8));
    std::vector<std::vector<unsigned>> place(t.rows, std::vector<unsigned>(kept)), code(t.rows);
    const std::uint32_t extreme[] = {0, (1U << t.bits) - 1, 1U << (t.bits - 1), (1U << (t.bits - 1)) - 1};
    const auto draw = [&] { return random() % 4 ? random() & ((1U << t.bits) - 1) : extreme[random() % 4]; };
    for (auto& row : a) for (auto& v : row) v = seed == 1 ? extreme[1] : draw();
    for (auto& row : b) for (auto& v : row) v = seed == 1 ? extreme[1] : draw();
    for (auto& row : c) for (auto& v : row) v = random() % 3 == 0 ? 0x7fffffffU - random() % 1000 : random() % 3 == 0 ? 0x80000000U + random() % 1000 : random();
    const unsigned unit = t.bits == 4 ? 2 : 1; // elements that are kept together
    for (unsigned i = 0; i < t.rows; ++i)
        for (unsigned n = 0; n < kept / unit; n += 2) {
            static constexpr unsigned kPairs[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
            const auto& pair = kPairs[random() % 6];
            for (unsigned m = 0; m < 2; ++m) {
                for (unsigned u = 0; u < unit; ++u) {
                    const unsigned k = (n + m) * unit + u;
                    place[i][k] = t.sparse ? (n / 2 * 4 + pair[m]) * unit + u : k;
                }
                code[i].push_back(pair[m]);
            }
        }
    for (unsigned n = 8; n < 40; ++n) fill(bench.reg(n), 0);
    for (unsigned lane = 0; lane < 32; ++lane) {
        const unsigned group = lane / 4, in_group = lane % 4;
        const auto put = [&](unsigned base, unsigned i, std::uint32_t v) { bench.reg(base + i / per_word).lane[lane] |= v << (i % per_word * t.bits); };
        for (unsigned i = 0; i < t.rows * kept / 32; ++i) {
            const unsigned w = i / per_word;
            put(kA, i, a[group + 8 * (w % halves)][in_group * per_word + i % per_word + 4 * per_word * (w / halves)]);
        }
        for (unsigned i = 0; i < 8 * t.depth / 32; ++i) put(kB, i, b[in_group * per_word + i % per_word + 4 * per_word * (i / per_word)][group]);
        for (unsigned i = 0; i < 2 * halves; ++i) bench.reg(kC + i).lane[lane] = c[group + 8 * (i / 2)][2 * in_group + i % 2];
    }
    unsigned selector = 0;
    if (t.sparse) {
        const unsigned row_bits = static_cast<unsigned>(code[0].size()) * 2, lanes = 16 * row_bits / 256;
        selector = random() % (4 / lanes);
        for (unsigned l = 0; l < 32; ++l) bench.reg(kE).lane[l] = random();
        for (unsigned row = 0; row < 16; ++row) {
            std::uint64_t all = 0;
            for (std::size_t n = 0; n < code[row].size(); ++n) all |= std::uint64_t{code[row][n]} << (2 * n);
            for (unsigned part = 0; part < row_bits / 32; ++part)
                bench.reg(kE).lane[(row % 8) * 4 + selector * lanes + 2 * part + row / 8] = static_cast<std::uint32_t>(all >> (32 * part));
        }
    }
    bench.run(word(0x237, t.high, t.sparse, selector));
    CHECK(sass::opcode_text(bench.instruction()) == t.name);
    unsigned wrong = 0;
    for (unsigned row = 0; row < t.rows; ++row)
        for (unsigned column = 0; column < 8; ++column) {
            std::int64_t sum = static_cast<std::int32_t>(c[row][column]);
            for (unsigned k = 0; k < kept; ++k) sum += value(a[row][k], t.bits, t.signed_a) * value(b[place[row][k]][column], t.bits, t.signed_b);
            if (t.saturate) sum = std::min<std::int64_t>(std::max<std::int64_t>(sum, INT32_MIN), INT32_MAX);
            wrong += bench.reg(kD + column % 2 + 2 * (row / 8), (row % 8) * 4 + column / 2) != static_cast<std::uint32_t>(sum);
        }
    CHECK(wrong == 0);
}

} // namespace

TEST_CASE("IMMA of every shape and sign, wrapping and saturating, dense and sparse", "[matrix]") {
    for (const Case& t : kCases)
        for (const LaneLevel level : {LaneLevel::Portable, best_lane_level()})
            for (unsigned seed = 1; seed <= 4; ++seed) check_case(t, level, seed);
}

TEST_CASE("BMMA counts ones of XOR and AND", "[matrix]") {
    const struct {
        std::uint64_t high;
        unsigned rows, depth;
        bool both;
        const char* name;
    } cases[] = {{0x10400, 8, 128, false, "BMMA.88128.XOR.POPC"}, {0x10c00, 16, 128, false, "BMMA.168128.XOR.POPC"}, {0x11400, 16, 256, false, "BMMA.168256.XOR.POPC"},
                 {0x14400, 8, 128, true, "BMMA.88128.AND.POPC"},  {0x15400, 16, 256, true, "BMMA.168256.AND.POPC"}};
    for (const auto& t : cases) {
        std::mt19937 random(7);
        WarpBench bench(80);
        const unsigned halves = t.rows / 8;
        std::vector<std::vector<std::uint32_t>> a(t.rows, std::vector<std::uint32_t>(t.depth / 32)), b(8, std::vector<std::uint32_t>(t.depth / 32)), c(t.rows, std::vector<std::uint32_t>(8));
        for (auto* m : {&a, &b, &c}) for (auto& row : *m) for (auto& v : row) v = random();
        for (unsigned lane = 0; lane < 32; ++lane) {
            const unsigned group = lane / 4, in_group = lane % 4;
            for (unsigned w = 0; w < t.rows * t.depth / 1024; ++w) bench.reg(kA + w).lane[lane] = a[group + 8 * (w % halves)][in_group + 4 * (w / halves)];
            for (unsigned w = 0; w < t.depth / 128; ++w) bench.reg(kB + w).lane[lane] = b[group][in_group + 4 * w];
            for (unsigned i = 0; i < 2 * halves; ++i) bench.reg(kC + i).lane[lane] = c[group + 8 * (i / 2)][2 * in_group + i % 2];
        }
        bench.run(word(0x23d, t.high));
        CHECK(sass::opcode_text(bench.instruction()) == t.name);
        unsigned wrong = 0;
        for (unsigned row = 0; row < t.rows; ++row)
            for (unsigned column = 0; column < 8; ++column) {
                std::uint32_t sum = c[row][column];
                for (unsigned w = 0; w < t.depth / 32; ++w)
                    for (unsigned bit = 0; bit < 32; ++bit) {
                        const bool x = (a[row][w] >> bit) & 1, y = (b[column][w] >> bit) & 1;
                        sum += t.both ? x && y : x != y;
                    }
                wrong += bench.reg(kD + column % 2 + 2 * (row / 8), (row % 8) * 4 + column / 2) != sum;
            }
        CHECK(wrong == 0);
    }
}

TEST_CASE("DMMA is a chain of fused multiply-adds in its rounding mode, with signs", "[matrix]") {
    const struct {
        std::uint64_t high;
        unsigned rows, depth;
        unsigned architecture;
        int rounding;
        bool negate_a, absolute_c;
        const char* name;
    } cases[] = {{0x0000, 8, 4, 80, FE_TONEAREST, false, false, "DMMA.884"},    {0xc000, 8, 4, 80, FE_TOWARDZERO, false, false, "DMMA.884.RZ"},
                 {0x4000, 8, 4, 80, FE_DOWNWARD, true, false, "DMMA.884.RM"},   {0x8000, 8, 4, 80, FE_UPWARD, false, true, "DMMA.884.RP"},
                 {0x1000, 16, 4, 90, FE_TONEAREST, false, false, "DMMA.1684"},  {0x2000, 16, 8, 90, FE_TONEAREST, true, true, "DMMA.1688"},
                 {0x7000, 16, 16, 90, FE_DOWNWARD, false, false, "DMMA.16816.RM"}};
    for (const auto& t : cases) {
        INFO(t.name);
        std::mt19937_64 random(3);
        WarpBench bench(t.architecture);
        const unsigned halves = t.rows / 8;
        const auto number = [&] { return std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())), static_cast<int>(random() % 40) - 83); };
        double a[16][16], b[16][8], c[16][8];
        for (auto& row : a) for (double& v : row) v = number();
        for (auto& row : b) for (double& v : row) v = number();
        for (auto& row : c) for (double& v : row) v = number();
        a[1][2] = 0, b[2][1] = std::numeric_limits<double>::infinity(); // row 1, column 1: NaN by 0 * inf
        // A at R8 up to R39, B moved out of the way.
        const unsigned base_b = 100, base_c = 60, base_d = 150;
        for (unsigned lane = 0; lane < 32; ++lane) {
            const unsigned group = lane / 4, in_group = lane % 4;
            const auto put = [&](unsigned base, unsigned n, double v) {
                const auto bits = std::bit_cast<std::uint64_t>(v);
                bench.reg(base + 2 * n).lane[lane] = static_cast<std::uint32_t>(bits);
                bench.reg(base + 2 * n + 1).lane[lane] = static_cast<std::uint32_t>(bits >> 32);
            };
            for (unsigned n = 0; n < t.rows * t.depth / 32; ++n) put(kA, n, a[group + 8 * (n % halves)][in_group + 4 * (n / halves)]);
            for (unsigned n = 0; n < t.depth / 4; ++n) put(base_b, n, b[in_group + 4 * n][group]);
            for (unsigned n = 0; n < 2 * halves; ++n) put(base_c, n, c[group + 8 * (n / 2)][2 * in_group + n % 2]);
        }
        const std::uint64_t signs = (t.negate_a ? 1ULL << 8 : 0) | (t.absolute_c ? 1ULL << 10 : 0);
        bench.run(sass::Word{0x723fU | base_d << 16 | std::uint64_t{kA} << 24 | std::uint64_t{base_b} << 32, t.high | signs | base_c});
        CHECK(sass::opcode_text(bench.instruction()) == t.name);
        unsigned wrong = 0;
        for (unsigned row = 0; row < t.rows; ++row)
            for (unsigned column = 0; column < 8; ++column) {
                volatile double sum = t.absolute_c ? std::fabs(c[row][column]) : c[row][column];
                std::fesetround(t.rounding);
                for (unsigned k = 0; k < t.depth; ++k) {
                    volatile double x = t.negate_a ? -a[row][k] : a[row][k];
                    sum = std::fma(x, b[k][column], sum);
                }
                std::fesetround(FE_TONEAREST);
                const unsigned n = column % 2 + 2 * (row / 8), lane = (row % 8) * 4 + column / 2;
                const std::uint64_t got = bench.reg(base_d + 2 * n, lane) | std::uint64_t{bench.reg(base_d + 2 * n + 1, lane)} << 32;
                const bool nan = std::isnan(sum);
                wrong += nan ? got != 0xfff8'0000'0000'0000ULL : got != std::bit_cast<std::uint64_t>(static_cast<double>(sum));
            }
        CHECK(wrong == 0);
    }
}

TEST_CASE("MOVM transposes an 8x8 matrix of halves", "[matrix]") {
    WarpBench bench(80);
    bench.set(4, [](unsigned lane) { return (lane * 2) | (lane * 2 + 1) << 16; }); // element (r, c) = 8 r + c
    bench.run(sass::Word{0x723aU | 5 << 16 | 4U << 24, 0});
    for (unsigned lane = 0; lane < 32; ++lane) {
        const unsigned row = lane / 4, column = 2 * (lane % 4);
        CHECK(bench.reg(5, lane) == ((column * 8 + row) | ((column + 1) * 8 + row) << 16));
    }
}
