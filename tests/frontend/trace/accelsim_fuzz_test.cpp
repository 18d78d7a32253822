// Thousands of spoilt traces, the same ones each run: reading either works or ends in a UserError, nothing else.
#include "tests/frontend/trace/accelsim_fixture.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace heddle;

namespace {

std::string seed_of_version(unsigned version) {
    HeaderText h;
    h.version = version;
    h.grid = "(2,1,1)";
    h.block = "(64,1,1)";
    h.architecture = version == 6 ? 90 : 80;
    const std::string tail = version == 6 ? " 0 0 NoVal" : version == 5 ? " 0 " : " ";
    std::string text = header_text(h);
    for (unsigned block = 0; block < 2; ++block) {
        std::string warps;
        for (unsigned warp = 0; warp < 2; ++warp) {
            std::vector<std::string> lines{"0000 ffffffff 1 R1 IMAD.WIDE 2 R2 R3 0" + tail,
                                           "0010 ffffffff 1 R4 LDG.E.128 1 R2 16 1 0x7fb0fc430e00 16" + tail,
                                           "0020 0000000d 1 R4 LD.E 1 R2 4 2 0x7f0002000040 8 -24" + tail,
                                           "0030 00000003 0 STS.64 2 R3 R8 8 0 0x100 0x200" + tail,
                                           "0040 ffffffff 0 BAR.SYNC 0 0" + tail,
                                           "0050 ffffffff 1 R4 HMMA.16816.F32 3 R4 R8 R4 0" + tail,
                                           "0060 00000000 0 ATOMG.E.ADD 3 R3 R4 R6 4 1 0x0 0" + tail};
            if (version == 6) lines.push_back("0070 00000001 0 UTMALDG.2D 2 UR4 UR8 16 0x8000 0 4096 0 4 0x7f5500001000 3 128 128" + tail);
            lines.push_back("0080 ffffffff 0 EXIT 0 0" + tail);
            if (version < 3)
                for (std::string& line : lines) line = std::to_string(block) + " 0 0 " + std::to_string(warp) + " " + line;
            warps += warp_text(warp, lines);
        }
        text += block_text(std::to_string(block) + ",0,0", warps);
    }
    return text;
}

std::string spoilt(std::string text, std::mt19937& random) {
    static const char* const kPieces[] = {"0x",
                                          "ffffffffffffffff",
                                          "-1",
                                          "R255",
                                          "R4",
                                          "UR4",
                                          "P0",
                                          "EXIT",
                                          "insts = 9000000000000000000",
                                          "#BEGIN_TB",
                                          "#END_TB",
                                          "warp = 3",
                                          "99999999999999999999",
                                          "\n",
                                          "\r\n",
                                          " ",
                                          "",
                                          "thread block = 1,0,0",
                                          "Val 32",
                                          "LDG.E.128",
                                          "(1,1,1)",
                                          "= ",
                                          "HGMMA.64x256x16.F32",
                                          "MATCH.ALL",
                                          "LDSM.16.M88.4",
                                          "BAR.ARV",
                                          "\t"};
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    for (std::size_t edits = 1 + pick(4); edits > 0; --edits) {
        if (text.empty()) return text;
        const std::size_t at = pick(text.size());
        switch (pick(7)) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text[at] = "0123456789abcdefxR -.,=\n"[pick(24)]; break;
        case 2: text.erase(at, 1 + pick(40)); break;
        case 3: text.insert(at, kPieces[pick(std::size(kPieces))]); break;
        case 4: text.replace(at, std::min<std::size_t>(pick(8), text.size() - at), kPieces[pick(std::size(kPieces))]); break;
        case 5: text.insert(at, text.substr(pick(text.size()), pick(200))); break;
        case 6: text.resize(at); break;
        }
    }
    return text;
}

} // namespace

TEST_CASE("spoilt traces give a result or a UserError", "[accelsim][fuzz]") {
    TestFolder folder;
    std::mt19937 random(20240801);
    unsigned read = 0, refused = 0;
    for (unsigned version = 1; version <= 6; ++version) {
        const std::string seed = seed_of_version(version);
        INFO("version " << version);
        REQUIRE(error_of(folder.write("seed.traceg", seed)).empty());
        for (unsigned i = 0; i < 1500; ++i) {
            const std::string text = spoilt(seed, random);
            INFO(text);
            const auto path = folder.write("k.traceg", text);
            bool fine = true;
            try {
                const FlatWorkload flat = read_trace(path, i % 4 == 0);
                ++read;
                for (const FlatKernel& kernel : flat.kernels)
                    for (const auto& block : kernel.warps)
                        for (const auto& warp : block)
                            for (const FlatInstruction& instruction : warp) fine &= instruction.code != nullptr;
            } catch (const UserError& error) {
                ++refused;
                fine = std::string(error.what()).find("k.traceg") != std::string::npos;
            }
            if (!fine) FAIL("an instruction without code, or an error without file");
        }
    }
    CHECK(read > 300);
    CHECK(refused > 3000);
}

TEST_CASE("spoilt compressed traces give a result or a UserError", "[accelsim][fuzz]") {
    TestFolder folder;
    std::mt19937 random(7);
    const std::string seed = seed_of_version(5);
    const std::pair<const char*, std::string> files[] = {
        {"k.traceg.gz", gzip(seed)}, {"k.traceg.xz", xz(seed)}, {"k.traceg.zst", zstd(seed)}};
    unsigned refused = 0;
    for (const auto& [name, bytes] : files) {
        for (unsigned i = 0; i < 300; ++i) refused += !error_of(folder.write(name, spoilt(bytes, random))).empty();
        REQUIRE(error_of(folder.write(name, bytes)).empty());
    }
    CHECK(refused > 600);
}

TEST_CASE("spoilt kernel lists give a result or a UserError", "[accelsim][fuzz]") {
    TestFolder folder;
    std::mt19937 random(11);
    folder.write("kernel-1.traceg", seed_of_version(3));
    const std::string seed = "MemcpyHtoD,0x00007fb0fc400000,200000\nkernel-1.traceg\nMemcpyDtoH,0x1,4\nkernel-1.traceg\n";
    unsigned refused = 0;
    for (unsigned i = 0; i < 500; ++i) refused += !error_of(folder.write("kernelslist.g", spoilt(seed, random))).empty();
    CHECK(refused > 50);
}
