#include "frontend/isa/mma_shape.hpp"

#include "frontend/isa/modifiers.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace heddle {
namespace {

struct NamedShape {
    std::string_view digits;
    std::uint16_t m, n, k;
};
// The digits of m, n and k run together; these are all the shapes of warp-level instructions.
constexpr auto kShapes = std::to_array<NamedShape>({{"884", 8, 8, 4},
                                                    {"8816", 8, 8, 16},
                                                    {"8832", 8, 8, 32},
                                                    {"88128", 8, 8, 128},
                                                    {"1684", 16, 8, 4},
                                                    {"1688", 16, 8, 8},
                                                    {"16816", 16, 8, 16},
                                                    {"16832", 16, 8, 32},
                                                    {"16864", 16, 8, 64},
                                                    {"168128", 16, 8, 128},
                                                    {"168256", 16, 8, 256}});

// "64x128x16"; false if `part` is no such thing.
bool parse_crossed(std::string_view part, MmaShape& shape) {
    std::uint16_t* const fields[3] = {&shape.m, &shape.n, &shape.k};
    const char* at = part.data();
    const char* const end = at + part.size();
    std::array<std::uint16_t, 3> values{};
    for (unsigned i = 0; i < 3; ++i) {
        const auto [next, error] = std::from_chars(at, end, values[i]);
        if (error != std::errc{} || values[i] == 0 || values[i] > 256) return false;
        if (i < 2 && (next == end || *next != 'x')) return false;
        if (i == 2 && next != end) return false;
        at = next + 1;
    }
    for (unsigned i = 0; i < 3; ++i) *fields[i] = values[i];
    return true;
}

MmaType type_named(std::string_view part) {
    if (part == "BF16") return MmaType::Bf16;
    if (part == "TF32") return MmaType::Tf32;
    if (part == "S8" || part == "U8") return MmaType::S8;
    if (part == "S4" || part == "U4") return MmaType::S4;
    if (part == "E4M3") return MmaType::E4M3;
    if (part == "E5M2") return MmaType::E5M2;
    return MmaType::None;
}

MmaType default_type(std::string_view base) {
    if (base == "DMMA") return MmaType::F64;
    if (base == "BMMA" || base == "BGMMA") return MmaType::B1;
    if (base == "IMMA" || base == "IGMMA") return MmaType::S8;
    if (base == "QMMA" || base == "QGMMA") return MmaType::E4M3;
    if (base == "OMMA") return MmaType::S4; // 4-bit floating point: as wide as S4
    return MmaType::F16;
}

unsigned element_bits(MmaType type) {
    switch (type) {
    case MmaType::None: return 0;
    case MmaType::F64: return 64;
    case MmaType::Tf32: return 32;
    case MmaType::F16:
    case MmaType::Bf16: return 16;
    case MmaType::S8:
    case MmaType::E4M3:
    case MmaType::E5M2: return 8;
    case MmaType::S4: return 4;
    case MmaType::B1: return 1;
    }
    return 0;
}

std::uint8_t registers(std::uint64_t elements, unsigned bits, unsigned threads) {
    const std::uint64_t per_thread = elements * bits / (std::uint64_t{threads} * 32);
    return static_cast<std::uint8_t>(std::clamp<std::uint64_t>(per_thread, 1, 128));
}

} // namespace

MmaShape mma_shape(std::string_view text) {
    MmaShape shape;
    const std::string_view base = base_mnemonic(text);
    bool f32 = false;
    MmaType type = MmaType::None;
    for_each_modifier(text, [&](std::string_view part) {
        const auto named = std::find_if(kShapes.begin(), kShapes.end(), [&](const NamedShape& s) { return s.digits == part; });
        if (shape.m == 0 && named != kShapes.end()) {
            shape.m = named->m;
            shape.n = named->n;
            shape.k = named->k;
        } else if (shape.m == 0 && parse_crossed(part, shape)) {
        } else if (part == "SP") {
            shape.sparse = true;
        } else if (part == "F32") {
            f32 = true;
        } else if (type == MmaType::None) {
            type = type_named(part);
        }
    });
    if (shape.m == 0) return {};
    shape.type = type == MmaType::None ? default_type(base) : type;
    // Integer and binary products accumulate in 32 bits, double precision in 64.
    shape.f32_accumulate = f32 || shape.type == MmaType::S8 || shape.type == MmaType::S4 || shape.type == MmaType::B1;
    return shape;
}

MmaFragments mma_fragments(const MmaShape& shape, std::string_view text, unsigned threads) {
    if (shape.m == 0) return {};
    // Volta's HMMA.884 is one of two or four steps; each reads and writes pairs.
    if (base_mnemonic(text) == "HMMA" && shape.m == 8) return {2, 2, 2};
    const unsigned bits = element_bits(shape.type);
    const unsigned accumulator_bits = shape.type == MmaType::F64 ? 64 : shape.f32_accumulate ? 32 : 16;
    MmaFragments fragments;
    fragments.a = registers(std::uint64_t{shape.m} * shape.k / (shape.sparse ? 2 : 1), bits, threads);
    fragments.b = registers(std::uint64_t{shape.n} * shape.k, bits, threads);
    fragments.c = registers(std::uint64_t{shape.m} * shape.n, accumulator_bits, threads);
    return fragments;
}

} // namespace heddle
