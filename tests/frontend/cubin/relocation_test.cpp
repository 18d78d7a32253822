// Each relocation kind against words that ptxas left open and nvlink filled in, and against its own inverse.
#include "frontend/cubin/relocation.hpp"
#include "tests/frontend/cubin/cubin_fixture.hpp"

#include <array>

using namespace heddle;
using namespace heddle::cubin;
using namespace heddle::test;
using enum RelocationKind;

namespace {

struct Word {
    std::uint64_t high, low;
    friend bool operator==(const Word&, const Word&) = default;
};

Blob bytes_of(Word word) {
    Blob bytes;
    append(bytes, word.low);
    append(bytes, word.high);
    return bytes;
}

Word patched(RelocationKind kind, Word word, std::uint64_t value, unsigned bank = 0) {
    Blob bytes = bytes_of(word);
    apply(kind, bytes, value, bank, "a.cubin", ".text.k+0x10");
    return {number_at<std::uint64_t>(bytes, 8), number_at<std::uint64_t>(bytes, 0)};
}

std::string refused(RelocationKind kind, std::uint64_t value, std::size_t bytes = 16) {
    Blob word(bytes);
    return error_of([&] { apply(kind, word, value, 0, "a.cubin", ".text.k+0x10"); });
}

} // namespace

TEST_CASE("code words are patched as nvlink patches them") {
    // nvcc 13.0 -dc against the same instruction after nvlink.
    CHECK(patched(Immediate32, {0x000fe40000000000, 0x0000000000047882}, 0x100) == Word{0x000fe40000000000, 0x0000010000047882});
    CHECK(patched(SharedOffset, {0x0000640000004800, 0x0000000006117984}, 0x100) == Word{0x0000640000004800, 0x0001000006117984});
    CHECK(patched(SharedOffset, {0x0011e80000004800, 0x0000000512007388}, 0x100) == Word{0x0011e80000004800, 0x0001000512007388});
    CHECK(patched(ConstantWord, {0x001e0c0000000004, 0x000000000e04762b}, 0xb8, 2) == Word{0x001e0c0000000004, 0x00802e000e04762b});
    CHECK(patched(ConstantWord, {0x00004a0000000000, 0x0000000012047629}, 8, 2) == Word{0x00004a0000000000, 0x0080020012047629});
    CHECK(patched(BindlessWord, {0x000fe2000010a900, 0x7000000606007b9d}, 0x16c) == Word{0x000fe2000010a900, 0x70005b0606007b9d});
    // sm_80, a table of branch offsets behind a base register: the addend is -0x8000.
    const std::uint64_t behind = 0xc + static_cast<std::uint64_t>(std::int64_t{-0x8000});
    CHECK(patched(ConstantByte, {0x000e240000000800, 0x0000000000087b82}, behind, 2) == Word{0x000e240000000800, 0x00a0030000087b82});
    CHECK(patched(ConstantByte, {0x000e640000000800, 0x0080000000087b82}, behind, 2) == Word{0x000e640000000800, 0x00a0030000087b82});
}

TEST_CASE("the halves of an address go to MOV and UMOV") {
    const Word mov{0x000fe40000000f00, 0x0000000000147802};
    CHECK(patched(ImmediateLow, mov, 0x123456789abcdef0) == Word{0x000fe40000000f00, 0x9abcdef000147802});
    CHECK(patched(ImmediateHigh, mov, 0x1234567889abcdef) == Word{0x000fe40000000f00, 0x1234567800147802});
    // Nothing of an earlier value stays.
    CHECK(patched(ImmediateLow, {0x000fe40000000f00, 0xffffffff00147802}, 5) == Word{0x000fe40000000f00, 0x0000000500147802});
    CHECK(patched(DescriptorLow, mov, 0x1234567889abcdef) == patched(ImmediateLow, mov, 0x1234567889abcdef));
    CHECK(patched(DescriptorHigh, mov, 0x1234567889abcdef) == patched(ImmediateHigh, mov, 0x1234567889abcdef));
}

TEST_CASE("call targets use the fields of relative branches") {
    const Word call{0x000fea0003c00000, 0x0000000000007943};
    // Up to sm_89: target / 4 in bits 34 to 80.
    CHECK(patched(CallTarget47, call, 0x123456789ab0) == Word{0x000fea0003c00000 | 0x1234, 0x56789ab000007943});
    // From sm_90: the lowest 8 bits of target / 4 in bits 16 to 23, the rest in 34 to 80.
    const std::uint64_t target = 0x123456789ab0, quarter = target / 4;
    CHECK(patched(CallTarget55, call, target) ==
          Word{0x000fea0003c00000 | (quarter >> 8) >> 30, 0x7943 | (quarter & 0xff) << 16 | (quarter >> 8) << 34});
    // The relative CALL of sm_90 from 0x50 to 0x0, as ptxas encodes it, has the same low byte and sign-extended rest.
    const std::int64_t back = -0x60;
    CHECK((patched(CallTarget55, {0, 0x0000000002007344}, static_cast<std::uint64_t>(back)).low & 0xfffffffcffffffff) ==
          0xfffffffc02e87344);
    CHECK(patched(CallTarget55, call, static_cast<std::uint64_t>(back)).high == (0x000fea0003c00000 | 0x1ffff));
}

TEST_CASE("data words and bytes") {
    Blob data(8, std::byte{0x55});
    apply(Data64, data, 0x1122334455667788, 0, "f", "p");
    CHECK(number_at<std::uint64_t>(data, 0) == 0x1122334455667788);
    apply(Generic64, data, 0x99, 0, "f", "p");
    CHECK(number_at<std::uint64_t>(data, 0) == 0x99);
    Blob word(4);
    apply(TextureHeader, word, 0xdeadbeef, 0, "f", "p");
    CHECK(number_at<std::uint32_t>(word, 0) == 0xdeadbeef);
    apply(High32, word, 0x1122334455667788, 0, "f", "p");
    CHECK(number_at<std::uint32_t>(word, 0) == 0x11223344);
    for (unsigned i = 0; i < 8; ++i)
        for (const RelocationKind first : {DataByte0, GenericByte0, DescriptorByte0, UnifiedByte0}) {
            const auto kind = RelocationKind{static_cast<std::uint32_t>(first) + i};
            Blob byte(1);
            apply(kind, byte, 0x1122334455667788, 0, "f", "p");
            CHECK(std::to_integer<unsigned>(byte[0]) == 0x88 - 0x11 * i);
            CHECK(patched_bytes(kind) == 1);
        }
}

TEST_CASE("kinds that change nothing need no bytes") {
    for (const RelocationKind kind : {None, YieldOpcode, YieldPredicate, Unused32, Unused64}) {
        Blob none;
        apply(kind, none, ~0ULL, 0, "f", "p");
        CHECK(patched_bytes(kind) == 0);
        CHECK(known(kind));
    }
}

TEST_CASE("field() reads what apply() wrote") {
    for (std::uint32_t number = 0; number < 128; ++number) {
        const auto kind = RelocationKind{number};
        if (!known(kind) || patched_bytes(kind) == 0) continue;
        for (const std::int64_t value : {std::int64_t{0}, std::int64_t{0x40}, std::int64_t{0x3ffc}, std::int64_t{-4}}) {
            INFO(name(kind) << " " << value);
            Blob bytes(patched_bytes(kind), std::byte{0xa5});
            apply(kind, bytes, static_cast<std::uint64_t>(value), 2, "f", "p");
            Blob again = bytes;
            apply(kind, again, static_cast<std::uint64_t>(field(kind, bytes)), 2, "f", "p");
            CHECK(again == bytes);
            const bool whole = kind == Data64 || kind == Data32 || kind == CallTarget47 || kind == CallTarget55 || kind == SharedOffset;
            if (whole) CHECK(field(kind, bytes) == value);
        }
    }
}

TEST_CASE("values that do not fit are refused, those at the limit are not") {
    CHECK(patched(Immediate16, {0, 0}, 0xffff).low == 0x0000ffff00000000);
    CHECK(refused(Immediate16, 0x10000) == "a.cubin: .text.k+0x10: 0x10000 does not fit the field of relocation ABS16_32");
    CHECK(patched(Immediate16, {0, 0}, static_cast<std::uint64_t>(-0x8000LL)).low == 0x0000800000000000);
    CHECK_THAT(refused(Immediate16, static_cast<std::uint64_t>(-0x8001LL)), Catch::Contains("does not fit"));
    CHECK(patched(Immediate32, {0, 0}, 0xffffffff).low == 0xffffffff00000000);
    CHECK_THAT(refused(Immediate32, 0x100000000), Catch::Contains("does not fit"));
    CHECK_THAT(refused(CallTarget47, 0x12), Catch::Contains("does not fit")); // no multiple of 4
    CHECK_THAT(refused(CallTarget47, 1ULL << 49), Catch::Contains("does not fit"));
    CHECK_NOTHROW(patched(CallTarget47, {0, 0}, (1ULL << 49) - 4));
    CHECK_THAT(refused(CallTarget55, 1ULL << 57), Catch::Contains("does not fit"));
    CHECK_THAT(refused(ConstantWord, 0x10000), Catch::Contains("does not fit"));
    CHECK_THAT(refused(Data32, 1ULL << 32, 4), Catch::Contains("does not fit"));
    CHECK_THAT(error_of([] { patched(ConstantByte, {0, 0}, 0, 32); }), Catch::Contains("constant bank 32"));
}

TEST_CASE("unknown kinds and short words are refused by name") {
    CHECK(name(RelocationKind{40}) == "number 40");
    CHECK(name(RelocationKind{93}) == "FUNC_DESC_8_8");
    CHECK(name(ImmediateLow) == "ABS32_LO_32");
    CHECK_FALSE(known(RelocationKind{40}));
    CHECK_FALSE(known(RelocationKind{100}));
    CHECK_FALSE(known(RelocationKind{0xffffffff}));
    CHECK(patched_bytes(RelocationKind{40}) == 0);
    CHECK_THAT(refused(RelocationKind{40}, 0), Catch::Contains("relocation number 40 is not known"));
    CHECK_THAT(refused(ImmediateLow, 0, 15), Catch::Contains("needs 16 bytes, the section has 15"));
    CHECK_THAT(refused(Data64, 0, 4), Catch::Contains("needs 8 bytes"));
}

TEST_CASE("only generic addresses are generic") {
    CHECK(is_generic(Generic64));
    CHECK(is_generic(RelocationKind{static_cast<std::uint32_t>(GenericByte0) + 7}));
    CHECK_FALSE(is_generic(Data64));
    CHECK_FALSE(is_generic(DescriptorByte0));
    CHECK_FALSE(is_generic(RelocationKind{200}));
}
