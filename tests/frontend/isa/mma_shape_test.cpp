#include "frontend/isa/mma_shape.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

namespace {

struct Expected {
    const char* text;
    unsigned m, n, k;
    MmaType type;
    unsigned a, b, c;
};

} // namespace

// Registers per thread as the PTX manual gives them for the fragments of mma.sync.
TEST_CASE("shapes, types and fragment sizes of warp-level instructions", "[mma_shape]") {
    const Expected cases[] = {
        {"HMMA.16816.F32", 16, 8, 16, MmaType::F16, 4, 2, 4},
        {"HMMA.16816.F16", 16, 8, 16, MmaType::F16, 4, 2, 2},
        {"HMMA.16816.F32.BF16", 16, 8, 16, MmaType::Bf16, 4, 2, 4},
        {"HMMA.1688.F32", 16, 8, 8, MmaType::F16, 2, 1, 4},
        {"HMMA.1688.F16", 16, 8, 8, MmaType::F16, 2, 1, 2},
        {"HMMA.1688.F32.TF32", 16, 8, 8, MmaType::Tf32, 4, 2, 4},
        {"HMMA.1684.F32.TF32", 16, 8, 4, MmaType::Tf32, 2, 1, 4},
        {"HMMA.884.F32.F32.STEP0", 8, 8, 4, MmaType::F16, 2, 2, 2},
        {"HMMA.SP.16832.F16", 16, 8, 32, MmaType::F16, 4, 4, 2},
        {"IMMA.8816.S8.S8.SAT", 8, 8, 16, MmaType::S8, 1, 1, 2},
        {"IMMA.16816.U8.U8", 16, 8, 16, MmaType::S8, 2, 1, 4},
        {"IMMA.16832.S8.S8", 16, 8, 32, MmaType::S8, 4, 2, 4},
        {"IMMA.8832.U4.U4", 8, 8, 32, MmaType::S4, 1, 1, 2},
        {"IMMA.16864.S4.S4", 16, 8, 64, MmaType::S4, 4, 2, 4},
        {"BMMA.88128.XOR.POPC", 8, 8, 128, MmaType::B1, 1, 1, 2},
        {"BMMA.168256.AND.POPC", 16, 8, 256, MmaType::B1, 4, 2, 4},
        {"DMMA.884", 8, 8, 4, MmaType::F64, 2, 2, 4},
        {"DMMA.16x8x16", 16, 8, 16, MmaType::F64, 16, 8, 8},
        {"QMMA.16832.F32.E4M3.E5M2", 16, 8, 32, MmaType::E4M3, 4, 2, 4},
    };
    for (const Expected& e : cases) {
        INFO(e.text);
        const MmaShape shape = mma_shape(e.text);
        CHECK(shape.m == e.m);
        CHECK(shape.n == e.n);
        CHECK(shape.k == e.k);
        CHECK(shape.type == e.type);
        const MmaFragments fragments = mma_fragments(shape, e.text);
        CHECK(fragments.a == e.a);
        CHECK(fragments.b == e.b);
        CHECK(fragments.c == e.c);
    }
    CHECK(mma_shape("HMMA.SP.16832.F16").sparse);
    CHECK_FALSE(mma_shape("HMMA.16816.F16").f32_accumulate);
}

TEST_CASE("fragments of one warp of a warpgroup", "[mma_shape]") {
    const MmaShape shape = mma_shape("HGMMA.64x256x16.F32.BF16");
    CHECK(shape.multiply_adds() == 64 * 256 * 16);
    CHECK(shape.type == MmaType::Bf16);
    const MmaFragments fragments = mma_fragments(shape, "HGMMA.64x256x16.F32.BF16", 128);
    CHECK(fragments.a == 4);
    CHECK(fragments.c == 128);
    CHECK(mma_fragments(mma_shape("HGMMA.64x64x16.F16"), "HGMMA.64x64x16.F16", 128).c == 16);
}

TEST_CASE("text without a shape has none", "[mma_shape]") {
    for (const char* text :
         {"HMMA", "HMMA.F32", "HMMA.12345", "HGMMA.64x", "HGMMA.64x0x16", "HGMMA.64x128x16x1", "HGMMA.64x99999x16", ""}) {
        INFO(text);
        CHECK(mma_shape(text) == MmaShape{});
        CHECK(mma_fragments(MmaShape{}, text).c == 1);
    }
}
