// Fat binaries: alone, in host programs, compressed, damaged; and which image a GPU runs.
#include "frontend/cubin/fatbin.hpp"
#include "tests/frontend/cubin/cubin_fixture.hpp"

#include <zstd.h>

using namespace heddle;
using namespace heddle::cubin;
using namespace heddle::test;
using Catch::Contains;

namespace {

std::string text_of(const Blob& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

struct Made {
    std::uint16_t kind = 2;
    std::uint32_t architecture = 90;
    std::uint64_t flags = 0x11;
    Blob payload = blob("payload!");
    std::uint64_t image_bytes = 0;
    std::string name = {}, options = {};
};

// A container with the entries given.
Blob container(const std::vector<Made>& entries) {
    Blob body;
    for (const Made& entry : entries) {
        Blob header(64);
        put(header, 0, entry.kind);
        put<std::uint16_t>(header, 2, 0x101);
        put(header, 28, entry.architecture);
        put(header, 40, entry.flags);
        if (!entry.name.empty()) {
            put(header, 32, static_cast<std::uint32_t>(header.size()));
            put(header, 36, static_cast<std::uint32_t>(entry.name.size()));
            for (const char c : entry.name) header.push_back(std::byte(c));
        }
        if (!entry.options.empty()) {
            put(header, 20, static_cast<std::uint32_t>(header.size()));
            append(header, static_cast<std::uint32_t>(header.size() + 8));
            append(header, static_cast<std::uint32_t>(entry.options.size()));
            for (const char c : entry.options) header.push_back(std::byte(c));
        }
        header.resize((header.size() + 7) / 8 * 8);
        Blob payload = entry.payload;
        payload.resize((payload.size() + 7) / 8 * 8);
        put(header, 4, static_cast<std::uint32_t>(header.size()));
        put<std::uint64_t>(header, 8, payload.size());
        if (entry.flags & 0xa000) put(header, 16, static_cast<std::uint32_t>(entry.payload.size()));
        put(header, 56, entry.image_bytes);
        body.insert(body.end(), header.begin(), header.end());
        body.insert(body.end(), payload.begin(), payload.end());
    }
    Blob bytes;
    append(bytes, kFatbinMagic);
    append<std::uint16_t>(bytes, 1);
    append<std::uint16_t>(bytes, 16);
    append<std::uint64_t>(bytes, body.size());
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

Made target(std::uint16_t kind, std::uint32_t architecture, std::uint64_t flags = 0) { return {kind, architecture, flags | 0x11}; }

// What a GPU picks among entries, as text.
std::string choice(const std::vector<Made>& made, unsigned architecture) {
    const Blob bytes = container(made);
    const auto entries = read_fatbin(bytes, "f");
    const FatbinEntry* entry = choose_image(entries, architecture);
    return entry ? entry->target() : "none";
}

constexpr std::uint64_t kA = 0x100000, kF = 0x200000, kLz4 = 0x2000, kZstd = 0x8000;
constexpr std::uint16_t kPtx = 1, kElf = 2, kLto = 8;

} // namespace

TEST_CASE("a fat binary of nvcc, all zstd") {
    const Blob bytes = cubin_bytes("vector_add_zstd.fatbin");
    const auto entries = read_fatbin(bytes, "v.fatbin");
    REQUIRE(entries.size() == 4);
    std::vector<std::string> targets;
    for (const FatbinEntry& entry : entries) {
        targets.push_back(entry.target());
        CHECK(entry.compression == Compression::Zstd);
        const Blob image = entry.decompress();
        if (entry.kind == ImageKind::Elf) {
            CHECK(image.size() == entry.image_bytes);
            CHECK(Cubin::parse(image, "v").find_kernel("vector_add"));
        } else {
            CHECK_THAT(text_of(image), Contains(".visible .entry vector_add"));
            CHECK(image.back() != std::byte{0});
        }
    }
    std::ranges::sort(targets);
    CHECK(targets == std::vector<std::string>{"compute_75", "compute_90", "sm_80", "sm_90a"});
    CHECK(choose_image(entries, 90)->target() == "sm_90a");
    CHECK(choose_image(entries, 80)->target() == "sm_80");
    CHECK(choose_image(entries, 89)->target() == "sm_80");
    CHECK(choose_image(entries, 100)->target() == "compute_90");
    CHECK(choose_image(entries, 75)->target() == "compute_75");
    CHECK(choose_image(entries, 70) == nullptr);
    CHECK_THAT(why_no_image(entries, 70), Contains("nothing for sm_70") && Contains("sm_90a"));
    const Blob alone = cubin_bytes("vector_add_sm80.cubin");
    CHECK(choose_image(entries, 80)->decompress() == alone);
}

TEST_CASE("a fat binary of nvcc, code as it is and PTX as LZ4") {
    const Blob bytes = cubin_bytes("vector_add_lz4.fatbin");
    const auto entries = read_fatbin(bytes, "v.fatbin");
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].compression == Compression::None);
    CHECK(Cubin::parse(entries[0].decompress(), "v").architecture() == 90);
    CHECK(entries[1].compression == Compression::Lz4);
    const std::string ptx = text_of(entries[1].decompress());
    CHECK_THAT(ptx, Contains(".target sm_90") && Contains("ret;"));
    CHECK(ptx.back() == '\n');
}

TEST_CASE("names, options and flags") {
    const Blob bytes = container({{kPtx, 100, 0x11 | kF, blob("ptx"), 0, "kernel.cu", " -O1 --generate-line-info "},
                                  {kLto, 90, 0x11, blob("lto"), 0},
                                  {77, 90, 0x11, blob("?"), 0}});
    const auto entries = read_fatbin(bytes, "f", 1000);
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].name == "kernel.cu");
    CHECK(entries[0].options == "-O1 --generate-line-info");
    CHECK(entries[0].family);
    CHECK_FALSE(entries[0].accelerated);
    CHECK(entries[0].target() == "compute_100f");
    CHECK(entries[0].offset == 1016);
    CHECK(text_of(entries[0].decompress()) == "ptx");
    CHECK(entries[1].target() == "lto_90");
    CHECK_THAT(error_of([&] { entries[1].decompress(); }), Contains("f: byte 1") && Contains("link-time optimisation"));
    CHECK(entries[2].kind == ImageKind::Other);
    CHECK(entries[2].raw_kind == 77);
    CHECK(choose_image(std::span(entries).subspan(1), 90) == nullptr);
}

TEST_CASE("which image a GPU runs") {
    // Exactly this GPU, 'a' before plain; never the 'a' of another, never a higher minor version.
    CHECK(choice({target(kElf, 80), target(kElf, 90), target(kElf, 90, kA)}, 90) == "sm_90a");
    CHECK(choice({target(kElf, 90, kA), target(kElf, 90)}, 90) == "sm_90a");
    CHECK(choice({target(kElf, 80), target(kElf, 86), target(kElf, 89)}, 87) == "sm_86");
    CHECK(choice({target(kElf, 86), target(kElf, 89)}, 80) == "none");
    CHECK(choice({target(kElf, 90, kA)}, 100) == "none");
    CHECK(choice({target(kElf, 80)}, 90) == "none");
    CHECK(choice({target(kElf, 100, kF)}, 103) == "sm_100f");
    CHECK(choice({target(kElf, 100, kA)}, 103) == "none");
    // Machine code before PTX, the highest PTX otherwise.
    CHECK(choice({target(kPtx, 89), target(kElf, 80)}, 89) == "sm_80");
    CHECK(choice({target(kPtx, 75), target(kPtx, 80), target(kPtx, 100)}, 90) == "compute_80");
    CHECK(choice({target(kPtx, 90, kA), target(kPtx, 80)}, 90) == "compute_90a");
    CHECK(choice({target(kPtx, 90, kA), target(kPtx, 80)}, 100) == "compute_80");
    CHECK(choice({target(kPtx, 100, kF), target(kPtx, 80)}, 120) == "compute_80");
    CHECK(choice({}, 90) == "none");
    CHECK(why_no_image({}, 90) == "the fat binary is empty");
}

TEST_CASE("several containers behind one another") {
    Blob bytes = container({target(kElf, 80)});
    bytes.resize(bytes.size() + 24);
    const Blob second = container({target(kPtx, 90), target(kElf, 90)}), empty = container({});
    bytes.insert(bytes.end(), empty.begin(), empty.end());
    bytes.insert(bytes.end(), second.begin(), second.end());
    CHECK(read_fatbin(bytes, "f").size() == 3);
    CHECK(read_fatbin({}, "f").empty());
    CHECK(fatbin_bytes(second, "f") == second.size());
}

TEST_CASE("fat binaries in host programs") {
    const Blob first = container({target(kElf, 80)}), second = container({target(kElf, 90), target(kPtx, 90)});
    Blob section = first;
    section.resize(section.size() + 8);
    section.insert(section.end(), second.begin(), second.end());
    const Blob program =
        elf_file({{".text", blob("code")}, {".nv_fatbin", section}, {"__nv_relfatbin", first}, {".nvFatBinSegment", Blob(48)}});
    const auto found = find_fatbins(program, "app");
    REQUIRE(found.size() == 3);
    CHECK(found[0].section == ".nv_fatbin");
    CHECK(found[0].entries.size() == 1);
    CHECK(found[0].size == first.size());
    CHECK(number_at<std::uint32_t>(program, found[0].offset) == kFatbinMagic);
    CHECK(found[1].entries.size() == 2);
    CHECK(found[1].offset == found[0].offset + first.size() + 8);
    CHECK(found[1].entries[0].offset == found[1].offset + 16);
    CHECK(found[2].section == "__nv_relfatbin");
    CHECK(find_fatbins(elf_file({{".text", blob("code")}}), "app").empty());

    CHECK(error_of([] { find_fatbins(blob("#!/bin/sh\n"), "app"); }) == "app: not an ELF file");
    CHECK_THAT(error_of([&] {
                   find_fatbins(elf_file({{".nv_fatbin", blob("nonsense and more of it")}}), "app");
               }),
               Contains("app: byte ") && Contains("not a fat binary"));
    Blob cut = section;
    cut.resize(cut.size() - 8);
    CHECK_THAT(error_of([&] { find_fatbins(elf_file({{".nv_fatbin", cut}}), "app"); }), Contains("is cut off"));
}

TEST_CASE("damaged containers") {
    const auto error_after = [](auto damage) {
        Blob bytes = container({{kPtx, 90, 0x11, blob("ptx ptx!"), 0, "a.cu", "-O1"}});
        damage(bytes);
        return error_of([&] { read_fatbin(bytes, "f.fatbin"); });
    };
    CHECK(error_after([](Blob& b) { b[0] = std::byte{1}; }) == "f.fatbin: byte 0: not a fat binary");
    CHECK_THAT(error_after([](Blob& b) { put<std::uint16_t>(b, 4, 2); }), Contains("version 2"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint16_t>(b, 6, 8); }), Contains("a header of 8 bytes"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, 8, ~0ULL); }), Contains("a fat binary of 18446744073709551615 bytes"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, 8, 1 << 20); }), Contains("is cut off"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, 8, 40); }), Contains("byte 16: an entry of a fat binary is cut off"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, 16 + 4, 8); }), Contains("an entry's header of 8 bytes"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, 16 + 4, 4000); }), Contains("an entry's header of 4000 bytes"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, 16 + 8, ~0ULL); }), Contains("reaches beyond its fat binary"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, 16 + 36, 4000); }), Contains("a text of 4000 bytes"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint32_t>(b, 16 + 20, 0xfffffff0); }), Contains("options at"));
    CHECK_THAT(error_after([](Blob& b) { put<std::uint64_t>(b, 16 + 40, 0x8011), put<std::uint32_t>(b, 16 + 16, 4000); }),
               Contains("4000 compressed bytes"));
    CHECK_THAT(error_after([](Blob& b) { b.resize(10); }), Contains("a fat binary is cut off"));
    // Cut anywhere.
    const Blob whole = cubin_bytes("vector_add_zstd.fatbin");
    for (std::size_t size = 1; size < whole.size(); size += 7)
        CHECK_THAT(error_of([&] { read_fatbin(std::span(whole).first(size), "f"); }), Catch::StartsWith("f: byte "));
}

TEST_CASE("LZ4 blocks") {
    const auto image = [](const Blob& data, std::uint64_t size) {
        const Blob bytes = container({{kElf, 90, 0x11 | kLz4, data, size}});
        return text_of(read_fatbin(bytes, "f")[0].decompress());
    };
    const auto block = [](std::initializer_list<int> values) {
        Blob bytes;
        for (const int value : values) bytes.push_back(std::byte(value));
        return bytes;
    };
    CHECK(image(block({0x30, 'a', 'b', 'c'}), 3) == "abc");
    CHECK(image(block({0x32, 'a', 'b', 'c', 3, 0, 0x10, 'z'}), 10) == "abcabcabcz"); // 6 bytes from 3 before, overlapping
    // Long lengths: 15 + 3 literals, 4 + 15 + 255 + 1 copied.
    std::string expected = "0123456789abcdefgh" + std::string(275, 'h') + "!";
    Blob data = block({0xff, 3});
    for (const char c : std::string("0123456789abcdefgh")) data.push_back(std::byte(c));
    for (const int value : {1, 0, 255, 1, 0x10, int{'!'}}) data.push_back(std::byte(value));
    CHECK(image(data, expected.size()) == expected);

    const auto error = [&](const Blob& bytes, std::uint64_t size) { return error_of([&] { image(bytes, size); }); };
    CHECK_THAT(error(block({0x30, 'a'}), 3), Contains("f: byte 16, image for sm_90: the LZ4 data are damaged: they end too early"));
    CHECK_THAT(error(block({0x12, 'a', 2, 0, 0x10, 'z'}), 8), Contains("a copy from 2 bytes before byte 1"));
    CHECK_THAT(error(block({0x12, 'a', 0, 0, 0x10, 'z'}), 8), Contains("a copy from 0 bytes"));
    CHECK_THAT(error(block({0x30, 'a', 'b', 'c'}), 2), Contains("more than the promised 2 bytes"));
    CHECK_THAT(error(block({0x1f, 'a', 1, 0, 255, 255, 0, 0}), 100), Contains("more than the promised 100 bytes"));
    CHECK_THAT(error(block({0x30, 'a', 'b', 'c'}), 4), Contains("3 bytes came out instead of 4"));
    CHECK_THAT(error(block({0x30, 'a', 'b', 'c'}), 1 << 20), Contains("4 bytes of LZ4 data cannot hold 1048576 bytes"));
    CHECK_THAT(error(block({}), 0), Contains("end too early"));
    CHECK_THAT(error(block({0xff, 255}), 400), Contains("end too early"));
}

TEST_CASE("zstd frames") {
    const std::string text = std::string(100000, 'x') + "end";
    Blob data(ZSTD_compressBound(text.size()));
    data.resize(ZSTD_compress(data.data(), data.size(), text.data(), text.size(), 3));
    const auto image = [](const Blob& bytes, std::uint64_t size) {
        const Blob whole = container({{kElf, 90, 0x11 | kZstd, bytes, size}});
        return text_of(read_fatbin(whole, "f")[0].decompress());
    };
    const auto error = [&](const Blob& bytes, std::uint64_t size) { return error_of([&] { image(bytes, size); }); };
    CHECK(image(data, text.size()) == text);
    CHECK_THAT(error(data, text.size() - 1), Contains("100003 bytes came out instead of 100002"));
    CHECK_THAT(error(data, text.size() + 1), Contains("100003 bytes came out instead of 100004"));
    CHECK_THAT(error(data, 10), Contains("more than the promised 10 bytes"));
    Blob cut = data;
    cut.resize(cut.size() - 3);
    CHECK_THAT(error(cut, text.size()), Contains("they end too early"));
    Blob damaged = data;
    damaged[0] = std::byte{0};
    CHECK_THAT(error(damaged, text.size()), Contains("the zstd data are damaged"));
    CHECK_THAT(error(data, 1ULL << 40), Contains("1099511627776 bytes when decompressed"));
    // A promise far beyond the data costs no memory.
    CHECK_THAT(error(data, kMaxImageBytes), Contains("came out instead of"));
}
