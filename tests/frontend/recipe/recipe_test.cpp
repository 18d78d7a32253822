#include "frontend/recipe/recipe_workload.hpp"
#include "sim/base/error.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace heddle;
using namespace heddle::recipe;

namespace {

// A folder that vanishes with the test.
struct Folder {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("heddle_recipe_" + std::to_string(getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path write(const std::string& text, const std::string& name = "r.yaml") const {
        std::ofstream(path / name) << text;
        return path / name;
    }
};

std::string findings(const std::filesystem::path& path) {
    try {
        read_recipe(path);
    } catch (const UserError& error) {
        std::string all;
        for (const Diagnostic& d : error.findings()) all += std::to_string(d.line) + ": " + d.what + "\n";
        return all;
    }
    return {};
}

const std::string kCubins = HEDDLE_SOURCE_DIR "/traces/cubins/";

emulator::DeviceProperties gpu(unsigned architecture) {
    emulator::DeviceProperties p;
    p.architecture = architecture;
    return p;
}

} // namespace

TEST_CASE("A recipe is read with buffers, launches and arguments") {
    Folder folder;
    const Recipe r = read_recipe(folder.write("code: [a.cubin, b.cubin]\n"
                                              "buffers:\n"
                                              "  x: {type: f32, count: 4, value: 2.5, expect: 00000000000000ff}\n"
                                              "  y: {type: u16, count: 3, fill: iota}\n"
                                              "launches:\n"
                                              "  - {kernel: k, grid: [2, 3], block: 64, shared: 128, stream: 4, repeat: 2,\n"
                                              "     arguments: [i32 -5, u64 7, f64 0.5, buffer y + 2]}\n"));
    REQUIRE(r.code.size() == 2);
    CHECK(r.code[1] == folder.path / "b.cubin");
    REQUIRE(r.buffers.size() == 2);
    CHECK(r.buffers[0].expect == std::vector<std::uint64_t>{0xff});
    CHECK(r.buffers[1].bytes() == 6);
    REQUIRE(r.launches.size() == 2);
    const Launch& l = r.launches[1];
    CHECK(l.grid == Dim3{2, 3, 1});
    CHECK(l.block == Dim3{64, 1, 1});
    CHECK(l.dynamic_shared == 128);
    REQUIRE(l.arguments.size() == 4);
    std::int32_t minus_five = 0;
    std::memcpy(&minus_five, l.arguments[0].bytes.data(), 4);
    CHECK(minus_five == -5);
    CHECK(l.arguments[1].bytes.size() == 8);
    CHECK(l.arguments[3].buffer == "y");
    CHECK(l.arguments[3].offset == 2);
}

TEST_CASE("Buffers are filled as the recipe says") {
    Recipe r;
    Buffer b;
    b.type = ElementType::F16;
    b.count = 3;
    b.fill = Fill::Iota;
    const auto halves = fill(b, r);
    std::uint16_t h[3];
    std::memcpy(h, halves.data(), 6);
    CHECK(h[0] == 0);
    CHECK(h[1] == 0x3c00);
    CHECK(h[2] == 0x4000);
    b.type = ElementType::F32;
    b.count = 1000;
    b.fill = Fill::Random;
    const auto random = fill(b, r);
    float least = 9, most = -9;
    for (int i = 0; i < 1000; ++i) {
        float f = 0;
        std::memcpy(&f, random.data() + 4 * i, 4);
        least = std::min(least, f);
        most = std::max(most, f);
    }
    CHECK(least >= -1.0f);
    CHECK(least < -0.99f);
    CHECK(most < 1.0f);
    CHECK(most > 0.99f);
    b.seed = 1;
    CHECK(fill(b, r) != random);
    b.type = ElementType::U8;
    b.below = 3;
    for (const std::byte byte : fill(b, r)) CHECK(std::to_integer<int>(byte) < 3);
}

TEST_CASE("Every fault of a recipe is found at its place") {
    Folder folder;
    CHECK(findings(folder.write("- 1\n")).find("is no recipe") != std::string::npos);
    const std::string all = findings(folder.write("code: a.cubin\n"
                                                  "bufers: {}\n"
                                                  "buffers:\n"
                                                  "  x: {type: f33, count: 4}\n"
                                                  "  y: {type: f32, count: -1}\n"
                                                  "  z: {type: f32, count: 1, fill: noise}\n"
                                                  "launches:\n"
                                                  "  - {grid: 0, block: 64}\n"
                                                  "  - {kernel: k, grid: 1, block: [1, 2, 3, 4], arguments: [i32, f32 x, buffer q, i32 3000000000]}\n"));
    for (const char* wanted : {"2: unknown key 'bufers'", "4: needs a type", "5: '-1' is no whole number", "6: unknown filling 'noise'",
                               "8: needs a kernel", "8: '0' is no whole number", "9: an extent has one to three numbers", "9: 'i32' is no argument",
                               "9: 'x' is no number", "9: there is no buffer 'q'", "9: '3000000000' is no whole number"}) {
        INFO(all);
        CHECK(all.find(wanted) != std::string::npos);
    }
}

TEST_CASE("A recipe that does not fit its code is refused before anything runs") {
    Folder folder;
    const auto refused = [&](const std::string& text, unsigned architecture = 90) {
        try {
            RecipeWorkload workload(read_recipe(folder.write(text)), gpu(architecture));
        } catch (const UserError& error) {
            return error.findings().front().text();
        }
        return std::string{};
    };
    const std::string code = "code: " + kCubins + "vector_add_sm90a.cubin\nbuffers:\n  x: {type: f32, count: 4}\nlaunches:\n";
    CHECK(refused(code + "  - {kernel: nope, grid: 1, block: 1}\n").find("no kernel is called nope") != std::string::npos);
    CHECK(refused(code + "  - {kernel: vector_add, grid: 1, block: 1}\n").find("0 arguments") != std::string::npos);
    CHECK(refused(code + "  - {kernel: vector_add, grid: 1, block: 1, arguments: [buffer x, buffer x, buffer x, i64 4]}\n").find("argument 4 has 8 bytes") !=
          std::string::npos);
    CHECK(refused(code + "  - {kernel: vector_add, grid: 1, block: 1, arguments: [buffer x, buffer x, buffer x, i32 4]}\n", 80).find("no code for sm_80") !=
          std::string::npos);
    CHECK(refused("code: missing.cubin\nlaunches:\n  - {kernel: k, grid: 1, block: 1}\n").find("cannot read") != std::string::npos);
    folder.write("x", "short.bin");
    CHECK(refused("code: " + kCubins + "vector_add_sm90a.cubin\nbuffers:\n  x: {type: f32, count: 4, file: short.bin}\nlaunches:\n  - {kernel: k, grid: 1, block: 1}\n")
              .find("has not 16 bytes") != std::string::npos);
}

TEST_CASE("Kernels of cubins compute what the host computes, on sm_80 and sm_90") {
    const unsigned architecture = GENERATE(80U, 90U);
    RecipeWorkload workload(read_recipe(kCubins + "reduce.yaml"), gpu(architecture));
    const auto x = fill(workload.recipe().buffers[0], workload.recipe());
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < x.size(); i += 4) {
        std::uint32_t value = 0;
        std::memcpy(&value, x.data() + i, 4);
        sum += 2 * value; // launched twice
    }
    workload.execute();
    CHECK(workload.buffer_digest(1) == digest(reinterpret_cast<const std::byte*>(&sum), 4));
    CHECK(workload.device().launches == 2);
}

TEST_CASE("A single-precision product is exact against fused multiply-adds on the host") {
    const unsigned architecture = GENERATE(80U, 90U);
    RecipeWorkload workload(read_recipe(kCubins + "sgemm.yaml"), gpu(architecture));
    constexpr int n = 256;
    const auto bytes_a = fill(workload.recipe().buffers[0], workload.recipe()), bytes_b = fill(workload.recipe().buffers[1], workload.recipe());
    std::vector<float> a(n * n), b(n * n), c(n * n);
    std::memcpy(a.data(), bytes_a.data(), bytes_a.size());
    std::memcpy(b.data(), bytes_b.data(), bytes_b.size());
    for (int i = 0; i < n; ++i)
        for (int k = 0; k < n; ++k)
            for (int j = 0; j < n; ++j) c[i * n + j] = std::fma(a[i * n + k], b[k * n + j], c[i * n + j]);
    workload.execute();
    CHECK(workload.buffer_digest(2) == digest(reinterpret_cast<const std::byte*>(c.data()), c.size() * 4));
}

TEST_CASE("A buffer lies where the recipe wants it, and captured parameters are taken as they are") {
    Folder folder;
    std::ofstream(folder.path / "y.bin", std::ios::binary) << std::string("\x00\x00\x40\x40", 4); // 3.0f
    const auto recipe = [&](const std::string& address, const std::string& parameters) {
        return read_recipe(folder.write("code: [" + kCubins + "vector_add_sm80.cubin, " + kCubins + "vector_add_sm90a.cubin]\n"
                                        "buffers:\n"
                                        "  a: {type: f32, count: 1, value: 1, address: " + address + "0000}\n"
                                        "  b: {type: f32, count: 1, value: 2, address: " + address + "4000}\n"
                                        "  c: {type: f32, count: 1, address: " + address + "8000, expect_file: y.bin}\n"
                                        "launches:\n"
                                        "  - {kernel: vector_add, grid: 1, block: 32, parameters: \"" + parameters + "\"}\n"));
    };
    const std::string code = "code: [" + kCubins + "vector_add_sm80.cubin]\n";
    SECTION("in memory nothing else uses") {
        RecipeWorkload work(recipe("0x2ab00000", "00000000b02a0000" "00400000b02a0000" "00800000b02a0000" "01000000"), gpu(80));
        work.execute();
        CHECK(work.wrong().empty());
        CHECK(work.checked() == 1);
    }
    SECTION("where emulated memory lies anyway") {
        RecipeWorkload work(recipe("0x70000010", "0000100000700000" "0040100000700000" "0080100000700000" "01000000"), gpu(90));
        work.execute();
        CHECK(work.wrong().empty());
    }
    SECTION("the difference is told") {
        RecipeWorkload work(recipe("0x2ab00000", "00000000b02a0000" "00000000b02a0000" "00800000b02a0000" "01000000"), gpu(80));
        work.execute();
        REQUIRE(work.wrong().size() == 1);
        CHECK(work.wrong()[0] == "buffer c: 1 of 1 elements differ from y.bin, first element 0: 0x40000000, expected 0x40400000");
    }
    SECTION("an address that is taken") {
        std::ostringstream here;
        here << "0x" << std::hex << (reinterpret_cast<std::uintptr_t>(&folder) >> 16);
        CHECK_THROWS_AS(RecipeWorkload(recipe(here.str(), "00"), gpu(80)), UserError);
    }
    SECTION("parameters of another size") { CHECK_THROWS_AS(RecipeWorkload(recipe("0x2ab00000", "0011"), gpu(80)), UserError); }
    SECTION("not hexadecimal") { CHECK_THROWS_AS(recipe("0x2ab00000", "0x11"), UserError); }
}

TEST_CASE("Two buffers cannot lie at the same place") {
    Folder folder;
    const Recipe r = read_recipe(folder.write("code: " + kCubins + "vector_add_sm80.cubin\n"
                                              "buffers:\n"
                                              "  a: {type: u8, count: 100, address: 0x2ac0000000}\n"
                                              "  b: {type: u8, count: 100, address: 0x2ac0000063}\n"
                                              "launches: [{kernel: vector_add, grid: 1, block: 1, parameters: \"00\"}]\n"));
    CHECK_THROWS_AS(RecipeWorkload(r, gpu(80)), UserError);
}

TEST_CASE("A compressed file that is none, or of another size, is an error with its name") {
    Folder folder;
    std::ofstream(folder.path / "bad.bin.zst", std::ios::binary) << "no zstd at all";
    const Recipe r = read_recipe(folder.write("code: " + kCubins + "vector_add_sm80.cubin\n"
                                              "buffers:\n"
                                              "  a: {type: u8, count: 100, file: bad.bin.zst}\n"
                                              "launches: [{kernel: vector_add, grid: 1, block: 1, parameters: \"00\"}]\n"));
    CHECK_THROWS_AS(fill(r.buffers[0], r), UserError);
}
