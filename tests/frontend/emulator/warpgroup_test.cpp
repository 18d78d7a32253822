#include "tests/frontend/emulator/matrix_reference.hpp"
#include "tests/frontend/emulator/warp_bench.hpp"

#include "frontend/emulator/fault.hpp"

#include <random>

using namespace heddle;
using namespace heddle::emulator;
using reference::Format;
using reference::Number;

namespace {

constexpr unsigned kD = 24, kA = 200, kE = 220, kDescriptors = 8;
constexpr std::uint32_t kBaseA = 1024, kBaseB = 1024 * 13;

enum class Swizzle { None, B32, B64, B128 };

// Memory as a tensor copy leaves it: rows of a fixed length, one after another, bits 4 to 6 of addresses mixed with 7 to 9.
std::uint32_t mixed(std::uint32_t address, Swizzle s) {
    static constexpr std::uint32_t kMask[] = {0, 0x10, 0x30, 0x70};
    return address ^ ((address >> 3) & kMask[static_cast<unsigned>(s)]);
}

std::uint64_t descriptor(std::uint32_t start, std::uint32_t leading, std::uint32_t stride, Swizzle s) {
    static constexpr std::uint64_t kMode[] = {0, 3, 2, 1};
    return start >> 4 | std::uint64_t{leading >> 4} << 16 | std::uint64_t{stride >> 4} << 32 | kMode[static_cast<unsigned>(s)] << 62;
}

struct Bench : WarpBench {
    explicit Bench(LaneLevel level = best_lane_level()) : WarpBench(90, level, {}, 128) {}
    void put(std::uint32_t address, unsigned bits, std::uint32_t value) { std::memcpy(cta().shared() + address, &value, bits / 8); }
    void descriptors(std::uint64_t a, std::uint64_t b) {
        set_ureg(kDescriptors, static_cast<std::uint32_t>(a)), set_ureg(kDescriptors + 1, static_cast<std::uint32_t>(a >> 32));
        set_ureg(kDescriptors + 2, static_cast<std::uint32_t>(b)), set_ureg(kDescriptors + 3, static_cast<std::uint32_t>(b >> 32));
    }
};

// Rows (of A, or columns of B) of `k` elements in shared memory, K inner: boxes of as many bytes of K as the swizzle is wide
// (16 without), one after another. Returns the descriptor.
std::uint64_t place_k_inner(Bench& bench, std::uint32_t base, const std::vector<std::vector<std::uint32_t>>& rows, unsigned bits, Swizzle s) {
    const std::uint32_t width = 16U << static_cast<unsigned>(s), box = width * static_cast<std::uint32_t>(rows.size());
    for (std::uint32_t r = 0; r < rows.size(); ++r)
        for (std::uint32_t k = 0; k < rows[r].size(); ++k) {
            const std::uint32_t byte = k * bits / 8;
            bench.put(mixed(base + byte / width * box + r * width + byte % width, s), bits, rows[r][k]);
        }
    return descriptor(base, box, 8 * width, s);
}

// 16-bit elements, rows inner: boxes of [k][as many rows as the swizzle is wide].
std::uint64_t place_rows_inner(Bench& bench, std::uint32_t base, const std::vector<std::vector<std::uint32_t>>& rows, Swizzle s) {
    const auto depth = static_cast<std::uint32_t>(rows[0].size());
    const std::uint32_t width = 16U << static_cast<unsigned>(s), per_box = width / 2, box = width * depth;
    for (std::uint32_t r = 0; r < rows.size(); ++r)
        for (std::uint32_t k = 0; k < depth; ++k) bench.put(mixed(base + r / per_box * box + k * width + r % per_box * 2, s), 16, rows[r][k]);
    // Without swizzle the strides change their names.
    return s == Swizzle::None ? descriptor(base, 8 * width, box, s) : descriptor(base, box, 8 * width, s);
}

struct Case {
    const char* name;
    unsigned opcode;      // of the form with both matrices in shared memory
    unsigned shape;       // 7-bit field
    std::uint64_t high;
    Format a, b;
    unsigned columns, depth;
    bool half, sparse;
    int fraction, kept_fraction;
};

const Case kCases[] = {
    {"HGMMA.64x16x16.F32", 0x9f0, 1, 0x800, reference::kF16, reference::kF16, 16, 16, false, false, 25, 23},
    {"HGMMA.64x24x16.F16", 0x9f0, 2, 0, reference::kF16, reference::kF16, 24, 16, true, false, 25, 10},
    {"HGMMA.64x64x16.F32.BF16", 0x9f0, 7, 0x1800, reference::kBf16, reference::kBf16, 64, 16, false, false, 25, 23},
    {"HGMMA.64x32x8.F32.TF32", 0x9f0, 35, 0x2800, reference::kTf32, reference::kTf32, 32, 8, false, false, 25, 23},
    {"QGMMA.64x16x32.F32.E4M3.E5M2", 0x9f3, 1, 0x2800, reference::kE4m3, reference::kE5m2, 16, 32, false, false, 13, 13},
    {"QGMMA.64x16x32.F16.E5M2.E4M3", 0x9f3, 1, 0x1000, reference::kE5m2, reference::kE4m3, 16, 32, true, false, 13, 10},
    {"HGMMA.SP.64x16x32.F32", 0x9f0, 65, 0xa00, reference::kF16, reference::kF16, 16, 32, false, true, 25, 23},
    {"HGMMA.SP.64x8x16.F32.TF32", 0x9f0, 0, 0x2a00, reference::kTf32, reference::kTf32, 8, 16, false, true, 25, 23},
    {"QGMMA.SP.64x8x64.F32.E4M3.E4M3", 0x9f3, 32, 0xa00, reference::kE4m3, reference::kE4m3, 8, 64, false, true, 13, 13},
};

unsigned bits_of(const Format& f) { return static_cast<unsigned>(1 + f.exponent_bits + f.fraction_bits + f.dropped_bits); }

struct Variant {
    bool registers = false, transpose_a = false, transpose_b = false, negate_a = false, negate_b = false;
    int accumulate = 1; // 0: predicate false; 1: always; 2: predicate true
};

void check_case(const Case& t, Swizzle swizzle, const Variant& v, LaneLevel level, unsigned seed) {
    INFO(t.name << " swizzle " << static_cast<int>(swizzle) << " registers " << v.registers << " transposed " << v.transpose_a << v.transpose_b << " accumulate " << v.accumulate
                << " seed " << seed);
    std::mt19937 random(seed);
    Bench bench(level);
    const unsigned bits = bits_of(t.a), kept = t.sparse ? t.depth / 2 : t.depth;
    const auto draw = [&](const Format& f) {
        const std::uint32_t one = static_cast<std::uint32_t>((1 << (f.exponent_bits - 1)) - 1) << (f.fraction_bits + f.dropped_bits);
        const std::uint32_t step = 1U << (f.fraction_bits + f.dropped_bits);
        const std::uint32_t sign = 1U << (bits_of(f) - 1);
        return random() % 8 == 0 ? 0U : (random() & ((step - 1) | sign)) | (one + step * (random() % 4) - step * 2);
    };
    std::vector<std::vector<std::uint32_t>> a(64, std::vector<std::uint32_t>(kept)), b(t.columns, std::vector<std::uint32_t>(t.depth));
    std::vector<std::vector<std::uint32_t>> c(64, std::vector<std::uint32_t>(t.columns));
    std::vector<std::vector<unsigned>> place(64, std::vector<unsigned>(kept)), code(64, std::vector<unsigned>(kept));
    for (auto& row : a) for (auto& x : row) x = draw(t.a);
    for (auto& row : b) for (auto& x : row) x = draw(t.b);
    for (auto& row : c) for (auto& x : row) x = draw(t.half ? reference::kF16 : reference::kF32);
    for (unsigned i = 0; i < 64; ++i)
        for (unsigned k = 0; k < kept; ++k) {
            if (!t.sparse) place[i][k] = k;
            else if (bits == 32) {
                const unsigned which = random() & 1;
                place[i][k] = 2 * k + which, code[i][k] = which ? 0xe : 0x4;
            } else if (k % 2 == 0) {
                static constexpr unsigned kPairs[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
                const auto& pair = kPairs[random() % 6];
                for (unsigned n = 0; n < 2; ++n) place[i][k + n] = k / 2 * 4 + pair[n], code[i][k + n] = pair[n];
            }
        }
    const std::uint64_t da = v.transpose_a ? place_rows_inner(bench, kBaseA, a, swizzle) : place_k_inner(bench, kBaseA, a, bits, swizzle);
    const std::uint64_t db = v.transpose_b ? place_rows_inner(bench, kBaseB, b, swizzle) : place_k_inner(bench, kBaseB, b, bits_of(t.b), swizzle);
    std::uint64_t low = t.opcode | 0x7000U | kD << 16 | std::uint64_t{t.shape} << 53 | std::uint64_t{v.transpose_a} << 61 | std::uint64_t{v.transpose_b} << 62 | std::uint64_t{v.negate_b} << 63;
    std::uint64_t high = t.high | kD | std::uint64_t{v.negate_a} << 8 | 7ULL << 20 | 1ULL << 27;
    if (v.registers) low = (low | 0x400) & ~0x800ULL, low |= 0x800 | std::uint64_t{kA} << 24 | std::uint64_t{kDescriptors} << 32; // B's descriptor is the quad's second half
    else low |= std::uint64_t{kDescriptors} << 24;
    if (v.accumulate != 1) high |= std::uint64_t{7 - 2} << 23; // UP2
    const unsigned width = bits == 32 ? 4 : 2, row_bits = kept * width, lanes = 16 * row_bits / 256;
    const unsigned selector = t.sparse ? random() % (4 / lanes) : 0;
    if (t.sparse) low |= std::uint64_t{kE} << 40 | std::uint64_t{selector} << 48;
    const unsigned per_word = 32 / bits;
    for (unsigned warp = 0; warp < 4; ++warp) {
        bench.use_warp(warp);
        bench.descriptors(da, db);
        bench.warp().set_uniform_predicate({2, false, true}, v.accumulate == 2);
        for (unsigned n = 0; n < 4; ++n) fill(bench.reg(kA + n), 0);
        for (unsigned lane = 0; lane < 32; ++lane) {
            const unsigned group = lane / 4, in_group = lane % 4;
            for (unsigned n = 0; n < t.columns / 2; ++n) {
                const std::uint32_t value = c[16 * warp + group + 8 * (n / 2 % 2)][n / 4 * 8 + 2 * in_group + n % 2];
                if (!t.half) bench.reg(kD + n).lane[lane] = value;
                else if (n % 2 == 0) bench.reg(kD + n / 2).lane[lane] = value;
                else bench.reg(kD + n / 2).lane[lane] |= value << 16;
            }
            for (unsigned n = 0; v.registers && n < 4 * per_word; ++n) {
                const unsigned word = n / per_word;
                bench.reg(kA + word).lane[lane] |= a[16 * warp + group + 8 * (word % 2)][in_group * per_word + n % per_word + 4 * per_word * (word / 2)] << (n % per_word * bits);
            }
        }
        for (unsigned row = 0; t.sparse && row < 16; ++row) {
            std::uint64_t all = 0;
            for (unsigned k = 0; k < kept; ++k) all |= std::uint64_t{code[16 * warp + row][k]} << (k * width);
            for (unsigned part = 0; part < row_bits / (bits >= 16 ? 16 : 32); ++part) {
                std::uint32_t& word = bench.reg(kE).lane[(row % 8) * 4 + selector * lanes + (bits >= 16 ? part : 2 * part + row / 8)];
                if (bits >= 16) word = (word & ~(0xffffU << (row < 8 ? 0 : 16))) | static_cast<std::uint32_t>((all >> (16 * part)) & 0xffff) << (row < 8 ? 0 : 16);
                else word = static_cast<std::uint32_t>(all >> (32 * part));
            }
        }
        bench.run(sass::Word{low, high});
        CHECK(sass::opcode_text(bench.instruction()) == t.name);
        unsigned wrong = 0;
        for (unsigned row = 0; row < 16; ++row)
            for (unsigned column = 0; column < t.columns; ++column) {
                std::vector<Number> left, right;
                for (unsigned k = 0; k < kept; ++k) {
                    left.push_back(reference::decode(a[16 * warp + row][k], t.a));
                    right.push_back(reference::decode(b[column][place[16 * warp + row][k]], t.b));
                    left.back().negative ^= v.negate_a;
                    right.back().negative ^= v.negate_b;
                }
                const std::uint32_t expected =
                    reference::dot(left, right, v.accumulate == 0 ? 0 : c[16 * warp + row][column], {t.fraction, t.half, t.kept_fraction});
                const unsigned lane = (row % 8) * 4 + column % 8 / 2, n = column / 8 * 4 + column % 2 + 2 * (row / 8);
                const std::uint32_t got = t.half ? (bench.reg(kD + n / 2, lane) >> (16 * (n % 2))) & 0xffff : bench.reg(kD + n, lane);
                wrong += got != expected;
            }
        CHECK(wrong == 0);
    }
}

} // namespace

TEST_CASE("warpgroup matrices of every type, swizzle and form equal the integer model", "[warpgroup]") {
    for (const Case& t : kCases)
        for (const Swizzle s : {Swizzle::None, Swizzle::B32, Swizzle::B64, Swizzle::B128}) {
            check_case(t, s, {}, best_lane_level(), 1);
            check_case(t, s, {.registers = true, .negate_a = true, .accumulate = 2}, best_lane_level(), 2);
        }
    check_case(kCases[0], Swizzle::B128, {.accumulate = 0}, LaneLevel::Portable, 3);
    check_case(kCases[5], Swizzle::B64, {.negate_b = true}, LaneLevel::Portable, 4);
}

TEST_CASE("transposed matrices of 16-bit elements", "[warpgroup]") {
    for (const unsigned n : {0U, 2U})
        for (const Swizzle s : {Swizzle::None, Swizzle::B32, Swizzle::B64, Swizzle::B128}) {
            check_case(kCases[n], s, {.transpose_b = true}, best_lane_level(), 5);
            check_case(kCases[n], s, {.transpose_a = true}, best_lane_level(), 6);
            check_case(kCases[n], s, {.transpose_a = true, .transpose_b = true, .negate_b = true}, best_lane_level(), 7);
            check_case(kCases[n], s, {.registers = true, .transpose_b = true}, best_lane_level(), 8);
        }
}

TEST_CASE("IGMMA and BGMMA", "[warpgroup]") {
    for (const bool is_signed : {false, true})
        for (const bool saturate : {false, true}) {
            std::mt19937 random(9);
            Bench bench;
            std::vector<std::vector<std::uint32_t>> a(64, std::vector<std::uint32_t>(32)), b(48, std::vector<std::uint32_t>(32)), c(64, std::vector<std::uint32_t>(48));
            for (auto* m : {&a, &b}) for (auto& row : *m) for (auto& x : row) x = random() & 0xff;
            for (auto& row : c) for (auto& x : row) x = random() % 2 ? 0x7fffffffU - random() % 9999 : 0x80000000U + random() % 9999;
            bench.use_warp(2);
            bench.descriptors(place_k_inner(bench, kBaseA, a, 8, Swizzle::B128), place_k_inner(bench, kBaseB, b, 8, Swizzle::B32));
            for (unsigned lane = 0; lane < 32; ++lane)
                for (unsigned n = 0; n < 24; ++n) bench.reg(kD + n).lane[lane] = c[32 + lane / 4 + 8 * (n / 2 % 2)][n / 4 * 8 + 2 * (lane % 4) + n % 2];
            bench.run(sass::Word{0x79f1U | kD << 16 | std::uint64_t{kDescriptors} << 24 | 12ULL << 53,
                                 kD | (saturate ? 0x800ULL : 0) | (is_signed ? 0x41000ULL : 0) | 7ULL << 20 | 1ULL << 27});
            CHECK(sass::opcode_text(bench.instruction()) == std::string("IGMMA.64x48x32") + (is_signed ? ".S8.S8" : ".U8.U8") + (saturate ? ".SAT" : ""));
            unsigned wrong = 0;
            for (unsigned row = 0; row < 16; ++row)
                for (unsigned column = 0; column < 48; ++column) {
                    std::int64_t sum = static_cast<std::int32_t>(c[32 + row][column]);
                    for (unsigned k = 0; k < 32; ++k)
                        sum += is_signed ? std::int64_t{static_cast<std::int8_t>(a[32 + row][k])} * static_cast<std::int8_t>(b[column][k]) : std::int64_t{a[32 + row][k]} * b[column][k];
                    if (saturate) sum = std::max<std::int64_t>(INT32_MIN, std::min<std::int64_t>(INT32_MAX, sum));
                    wrong += bench.reg(kD + column / 8 * 4 + column % 2 + 2 * (row / 8), (row % 8) * 4 + column % 8 / 2) != static_cast<std::uint32_t>(sum);
                }
            CHECK(wrong == 0);
        }
    std::mt19937 random(10);
    Bench bench;
    std::vector<std::vector<std::uint32_t>> a(64, std::vector<std::uint32_t>(8)), b(8, std::vector<std::uint32_t>(8));
    for (auto* m : {&a, &b}) for (auto& row : *m) for (auto& x : row) x = random();
    bench.descriptors(place_k_inner(bench, kBaseA, a, 32, Swizzle::None), place_k_inner(bench, kBaseB, b, 32, Swizzle::B64));
    bench.run(sass::Word{0x79f2U | kD << 16 | std::uint64_t{kDescriptors} << 24, 0xff | 0x14000 | 7ULL << 20 | 1ULL << 27});
    CHECK(sass::opcode_text(bench.instruction()) == "BGMMA.64x8x256.AND.POPC");
    for (unsigned row = 0; row < 16; ++row)
        for (unsigned column = 0; column < 8; ++column) {
            unsigned count = 0;
            for (unsigned k = 0; k < 8; ++k) count += static_cast<unsigned>(std::popcount(a[row][k] & b[column][k]));
            CHECK(bench.reg(kD + column % 2 + 2 * (row / 8), (row % 8) * 4 + column / 2) == count);
        }
}

TEST_CASE("a bad matrix descriptor is a fault, and a group marker touches nothing", "[warpgroup]") {
    Bench bench;
    const sass::Word word{0x79f0U | kD << 16 | std::uint64_t{kDescriptors} << 24, 0xff | 0x800 | 7ULL << 20 | 1ULL << 27};
    bench.descriptors(descriptor(kBaseA, 16, 128, Swizzle::None), descriptor(0x3fff0, 16, 128, Swizzle::None)); // beyond the block's memory
    CHECK_THROWS_AS(bench.run(word), DeviceFault);
    bench.descriptors(descriptor(kBaseA, 16, 128, Swizzle::None) | 1ULL << 46, descriptor(kBaseB, 16, 128, Swizzle::None));
    CHECK_THROWS_AS(bench.run(word), DeviceFault);
    bench.descriptors(~0ULL, ~0ULL);
    CHECK_NOTHROW(bench.run(sass::Word{0x000000003fff79f0, 0x000000000c0000ff})); // what ptxas closes an empty group with
}
