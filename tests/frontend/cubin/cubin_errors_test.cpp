// Damaged, foreign and absurd images: each gives one UserError that names the file and the place.
#include "tests/frontend/cubin/cubin_fixture.hpp"

#include <filesystem>
#include <fstream>

using namespace heddle;
using namespace heddle::cubin;
using namespace heddle::test;

namespace {

const char* const kFile = "features_sm90a.cubin";

// The error of an image after `damage`.
template <class Damage> std::string error_after(Damage damage, const char* file = kFile) {
    Blob bytes = cubin_bytes(file);
    damage(bytes);
    return error_of([&] { Cubin::parse(bytes, "bad.cubin"); });
}

// Field of entry `index` of the symbol table.
std::size_t symbol_field(const Blob& bytes, const char* name, std::size_t field) {
    const Cubin cubin = Cubin::parse(bytes, "test");
    for (std::size_t i = 0; i < cubin.symbols().size(); ++i)
        if (cubin.symbols()[i].name == name && cubin.symbols()[i].kind != SymbolKind::Section)
            return section_offset(bytes, ".symtab") + i * 24 + field;
    FAIL("no symbol " << name);
    return 0;
}

// Where the value of the first attribute `kind` of a section lies in the file.
std::size_t attribute_value(const Blob& bytes, const char* section, std::uint8_t kind) {
    const std::size_t start = section_offset(bytes, section);
    const auto size = number_at<std::uint64_t>(bytes, section_field(bytes, section, 32));
    for (std::size_t at = start; at < start + size;) {
        if (bytes[at + 1] == std::byte{kind}) return at + (bytes[at] == std::byte{4} ? 4 : 2);
        at += 4 + (bytes[at] == std::byte{4} ? number_at<std::uint16_t>(bytes, at + 2) : 0);
    }
    FAIL("no attribute");
    return 0;
}

using Catch::Contains;

} // namespace

TEST_CASE("what is no image for a GPU") {
    CHECK(error_of([] { Cubin::parse({}, "empty.cubin"); }) == "empty.cubin: not an ELF file");
    CHECK(error_of([] { Cubin::parse(blob("//\n.version 8.0\n"), "a.ptx"); }) == "a.ptx: not an ELF file");
    CHECK_THAT(error_of([] { Cubin::parse(elf_file({}), "a.out"); }),
               Contains("a.out: an ELF file for machine 62") && Contains("fat binaries"));
    CHECK_THAT(error_after([](Blob& b) { b[4] = std::byte{1}; }), Contains("32-bit"));
    CHECK_THAT(error_after([](Blob& b) { b[5] = std::byte{2}; }), Contains("big-endian"));
    CHECK_THAT(error_after([](Blob& b) { b[8] = std::byte{9}; }), Contains("ABI version 9"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, 48, 0x06003c04); }), Contains("code for sm_60; sm_70 is the oldest"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint16_t>(b, 16, 3); }), Contains("ELF type 3"));
    CHECK_THAT(error_of([] { Cubin::parse(elf_file({}, kMachineCuda), "a"); }), Contains("ABI version 0"));
}

TEST_CASE("files cut off anywhere") {
    for (const char* file : {"vector_add_sm80.cubin", "features_sm90_linked.cubin"}) {
        const Blob whole = cubin_bytes(file);
        // The program headers, which nothing needs, stand at the end.
        const auto needed = number_at<std::uint64_t>(whole, 40) + 64 * number_at<std::uint16_t>(whole, 60);
        for (std::size_t size = 0; size < needed; size += size < 200 ? 1 : 41) {
            const std::string error = error_of([&] { Cubin::parse(std::span(whole).first(size), "cut.cubin"); });
            CHECK_THAT(error, Catch::StartsWith("cut.cubin: "));
            if (size >= 64) CHECK_THAT(error, Contains("truncated"));
        }
        CHECK_NOTHROW(Cubin::parse(std::span(whole).first(needed), "cut.cubin"));
    }
}

TEST_CASE("section headers") {
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, 40, ~0ULL); }), Contains("truncated"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint16_t>(b, 58, 40); }), Contains("section headers of 40 bytes"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint16_t>(b, 60, 5000); }), Contains("5000 section headers"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint16_t>(b, 62, 4); }), Contains("section names should be in section 4"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, section_field(b, ".text.everything", 24), ~0ULL - 5); }),
               Contains("truncated"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, section_field(b, ".text.everything", 32), 1ULL << 40); }),
               Contains("1099511627776 bytes") && Contains("truncated"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, section_field(b, ".text.everything", 0), 1 << 20); }),
               Contains("the name of section") && Contains("is not in string table"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, section_field(b, ".text.everything", 48), 3); }),
               Contains("(.text.everything): alignment 3"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, section_field(b, ".text.everything", 32), 0x108); }),
               Contains("no whole number of code words"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, section_field(b, ".text.everything", 4), 8); }), Contains("no content"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, section_field(b, ".nv.global", 32), 1ULL << 50); }), Contains("absurd"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, section_field(b, ".nv.shared.everything", 32), 1ULL << 30); }),
               Contains("kernel everything: 1073741824 bytes of static shared memory are absurd"));
    CHECK_THAT(error_after([](Blob& b) { b.resize(1 << 18), put<std::uint64_t>(b, section_field(b, ".nv.constant3", 32), 70000); }),
               Contains("a constant bank of 70000 bytes"));
}

TEST_CASE("symbols") {
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, section_field(b, ".symtab", 4), 1); }), Contains("no symbol table"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, section_field(b, ".nv.callgraph", 4), 2); }),
               Contains("are both symbol tables"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, section_field(b, ".symtab", 56), 16); }),
               Contains("no symbols of 24 bytes"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, section_field(b, ".symtab", 40), 1000); }),
               Contains("the name of a symbol"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint16_t>(b, symbol_field(b, "counter", 6), 500); }),
               Contains("(counter): it is in section 500"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint16_t>(b, symbol_field(b, "counter", 6), 0xff10); }),
               Contains("reserved section 0xff10"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint16_t>(b, symbol_field(b, "counter", 6), 0xffff); }),
               Contains("section number is missing"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, symbol_field(b, "counter", 8), 1000); }),
               Contains("bytes 1000 to 1004 lie outside") && Contains(".nv.global.init"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, symbol_field(b, "counter", 16), ~0ULL); }), Contains("lie outside"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, symbol_field(b, "everything", 16), 24); }),
               Contains("kernel everything: bytes 0 + 24"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, symbol_field(b, "everything", 8), 8); }), Contains("lie outside"));
    CHECK_THAT(error_after([](Blob& b) {
                   put(b, symbol_field(b, "everything", 6), number_at<std::uint16_t>(b, symbol_field(b, "coefficients", 6)));
               }),
               Contains("lie outside") || Contains("holds no code"));
    CHECK_THAT(error_after([](Blob& b) {
                   put(b, symbol_field(b, "everything", 0), number_at<std::uint32_t>(b, symbol_field(b, "_Z4fillIiEvPT_S0_", 0)));
               }),
               Contains("two kernels of this name"));
}

TEST_CASE("relocations") {
    const auto relocation = [](const Blob& b, std::size_t field) { return section_offset(b, ".rela.nv.constant4") + field; };
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint32_t>(b, relocation(b, 12), 999); }),
               Contains("(.rela.nv.constant4), entry 0: symbol 999"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint64_t>(b, relocation(b, 0), 0x39); }),
               Contains("byte 57 of") && Contains(".nv.constant4"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint64_t>(b, relocation(b, 0), ~0ULL); }), Contains("byte 18446744073709551615 of"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint32_t>(b, section_field(b, ".rela.nv.constant4", 44), 99); }),
               Contains("relocations of section 99"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint64_t>(b, section_field(b, ".rela.nv.constant4", 56), 16); }),
               Contains("no relocations of 24 bytes"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint64_t>(b, section_offset(b, ".rela.text.everything"), 0xd8); },
                           "features_sm90_linked.cubin"),
               Contains("no code word"));
}

TEST_CASE("attributes") {
    const char* const info = ".nv.info.everything";
    CHECK_THAT(error_after([&](Blob& b) { b[section_offset(b, info)] = std::byte{7}; }), Contains(info) && Contains("unknown format 7"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint16_t>(b, section_offset(b, info) + 2, 0x7fff); }), Contains("is cut off"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint64_t>(b, section_field(b, info, 32), 10); }), Contains("an attribute is cut off"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint32_t>(b, attribute_value(b, ".nv.info", 0x2f) + 4, 300); }),
               Contains("300 registers, at most 255"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint32_t>(b, attribute_value(b, ".nv.info", 0x12) + 4, 1 << 30); }),
               Contains("1073741824 bytes of stack"));
    CHECK_THAT(error_after([&](Blob& b) { b[attribute_value(b, info, 0x4c)] = std::byte{17}; }), Contains("17 barriers, at most 16"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint32_t>(b, attribute_value(b, info, 0x1c), 0x10000); }),
               Contains("names byte 65536 of") && Contains(".text.everything"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint32_t>(b, attribute_value(b, info, 0x05), 0); }), Contains("the extent 0 x 1 x 1"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint32_t>(b, attribute_value(b, info, 0x0f), 12345); }),
               Contains("it calls symbol 12345"));
    // The register count is missing: its attribute gets an unknown number.
    CHECK_THAT(error_after([&](Blob& b) { b[attribute_value(b, ".nv.info", 0x2f) - 3] = std::byte{0x7f}; }),
               Contains("its number of registers is missing"));
}

TEST_CASE("parameters") {
    const char* const info = ".nv.info.everything";
    // ptxas lists them last to first: ordinal 3, 32 + 4 bytes.
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint16_t>(b, attribute_value(b, info, 0x17) + 4, 2); }),
               Contains("kernel everything: parameter 2 is missing or described twice") || Contains("parameter 3 is missing"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint16_t>(b, attribute_value(b, info, 0x17) + 6, 33); }),
               Contains("parameter 3, 4 bytes at 33, lies outside the 36 bytes"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint16_t>(b, attribute_value(b, info, 0x0a) + 6, 100); }),
               Contains("parameters up to byte"));
    CHECK_THAT(error_after([&](Blob& b) { put<std::uint32_t>(b, attribute_value(b, info, 0x0a) + 4, 0xfffffff0); }),
               Contains("outside constant bank 0"));
}

TEST_CASE("registers in the section header, as CUDA 9 wrote them") {
    Blob bytes = cubin_bytes("vector_add_sm80.cubin");
    bytes[attribute_value(bytes, ".nv.info", 0x2f) - 3] = std::byte{0x7f};
    CHECK(Cubin::parse(bytes, "old.cubin").kernels()[0].registers == 12);
}

TEST_CASE("files") {
    CHECK(error_of([] { Cubin::read_file("no/such.cubin"); }) == "no/such.cubin: no such file");
    CHECK_THAT(error_of([] { Cubin::read_file(HEDDLE_SOURCE_DIR); }), Contains("not a regular file"));
    CHECK(Cubin::read_file(cubin_path("vector_add_sm80.cubin")).name() == cubin_path("vector_add_sm80.cubin"));
}
