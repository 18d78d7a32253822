// Real captures and the traces committed in traces/. Captures are looked for in the folder that HEDDLE_TRACES names and
// left out if it is not set.
#include "tests/frontend/trace/accelsim_fixture.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>

using namespace heddle;

namespace {

std::filesystem::path captures() {
    const char* folder = std::getenv("HEDDLE_TRACES");
    return folder ? std::filesystem::path(folder) / "nvbit" : std::filesystem::path();
}

// The numbers behind "insts = " of a grouped trace, in order.
std::vector<std::uint64_t> announced(const std::filesystem::path& trace) {
    std::ifstream file(trace);
    std::vector<std::uint64_t> counts;
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("insts = ")) counts.push_back(std::stoull(line.substr(8)));
    return counts;
}

std::vector<std::uint64_t> counted(const FlatKernel& kernel) {
    std::vector<std::uint64_t> counts;
    for (const auto& block : kernel.warps)
        for (const auto& warp : block) counts.push_back(warp.size());
    return counts;
}

} // namespace

TEST_CASE("capture: vectorAdd executes 26,601 warp instructions in 196 blocks", "[accelsim]") {
    if (captures().empty()) {
        WARN("HEDDLE_TRACES is not set");
        return;
    }
    const auto flat = read_trace(captures() / "vectoradd_sm80", true); // no blemish, no unknown opcode
    REQUIRE(flat.kernels.size() == 1);
    CHECK(flat.kernels[0].blocks.size() == 196);
    CHECK(flat.kernels[0].instructions == 26'601);
    CHECK(flat.copies.size() == 2);
    CHECK(counted(flat.kernels[0]) == announced(captures() / "vectoradd_sm80" / "kernel-1.traceg"));
    // 50,000 elements: each array is read or written once, 4 bytes apart.
    std::uint64_t loads = 0, stores = 0;
    for (const auto& block : flat.kernels[0].warps)
        for (const auto& warp : block)
            for (const FlatInstruction& i : warp) {
                if (i.code->behaviour == Behaviour::Load) loads += i.addresses.size();
                if (i.code->behaviour == Behaviour::Store) stores += i.addresses.size();
            }
    CHECK(loads == 100'000);
    CHECK(stores == 50'000);
}

TEST_CASE("capture: all 16 kernels of bfs are read, warp by warp as long as they say", "[accelsim]") {
    if (captures().empty()) {
        WARN("HEDDLE_TRACES is not set");
        return;
    }
    const auto flat = read_trace(captures() / "bfs_sm80");
    REQUIRE(flat.kernels.size() == 16);
    CHECK(flat.copies.size() == 14);
    CHECK(flat.notes.unmodelled.empty());
    CHECK(flat.notes.anomalies.empty());
    for (unsigned k = 0; k < 16; ++k) {
        INFO("kernel " << k + 1);
        CHECK(counted(flat.kernels[k]) == announced(captures() / "bfs_sm80" / ("kernel-" + std::to_string(k + 1) + ".traceg")));
    }
    // Kernel 11, block 0, warp 8: node 256 + lane of an array of pairs at 0x7fc841500000, second word.
    unsigned seen = 0;
    for (const FlatInstruction& i : flat.kernels[10].warps[0][8])
        if (i.code->pc == 0x290 && i.mask == 0x600) {
            CHECK(i.addresses == std::vector<Address>{0x7fc841500000 + (256 + 9) * 8 + 4, 0x7fc841500000 + (256 + 10) * 8 + 4});
            ++seen;
        }
    CHECK(seen == 1);
}

TEST_CASE("committed traces are read without a blemish, and compressed as plain", "[accelsim]") {
    const std::filesystem::path folder = HEDDLE_SOURCE_DIR "/traces";
    const auto plain = read_trace(folder / "vectoradd", true);
    const auto compressed = read_trace(folder / "vectoradd_xz", true);
    REQUIRE(plain.kernels.size() == 1);
    REQUIRE(compressed.kernels.size() == 1);
    CHECK(plain.kernels[0].blocks.size() == 8);
    CHECK(plain.kernels[0].instructions == 8 * 8 * 16 - 3 * 10); // 1950 of 2048 elements: the last three warps leave early
    CHECK(counted(plain.kernels[0]) == counted(compressed.kernels[0]));
    CHECK(counted(plain.kernels[0]) == announced(folder / "vectoradd" / "kernel-1.traceg"));
    const auto reduction = read_trace(folder / "reduction", true);
    REQUIRE(reduction.kernels.size() == 2);
    unsigned barriers = 0, shared = 0;
    for (const auto& warp : reduction.kernels[0].warps[0])
        for (const FlatInstruction& i : warp) {
            barriers += i.code->behaviour == Behaviour::Barrier;
            shared += i.code->space == Space::Shared;
            if (i.code->space == Space::Shared)
                for (const Address a : i.addresses) CHECK(a < 1024);
        }
    CHECK(barriers == 8 * 4);
    CHECK(shared > 20);
}
