// The bars of the format: bytes per warp instruction. The cost of decoding is measured by tools outside, see the hidden
// test at the end.
#include "frontend/trace/accelsim.hpp"
#include "frontend/trace/heddle_reader.hpp"
#include "frontend/trace/heddle_writer.hpp"
#include "tests/frontend/trace/heddle_workloads.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

using namespace heddle;
using namespace heddle::test;

namespace {

struct Size {
    std::uint64_t warp_instructions = 0;
    double bytes_each = 0;
};

Size size_of(Workload& workload, const std::string& path) {
    write_heddle_trace(workload, path);
    const HeddleTraceFacts facts = open_heddle_file(path)->facts();
    return {facts.warp_instructions, static_cast<double>(facts.file_bytes) / static_cast<double>(facts.warp_instructions)};
}

Size size_of(TestKernel kernel, const std::string& path) {
    TestWorkload workload({{0, 0, std::move(kernel)}});
    return size_of(workload, path);
}

} // namespace

TEST_CASE("regular code takes a small part of a byte per warp instruction") {
    const TemporaryPath path("size");
    CHECK(size_of(streaming_kernel(2000), path.text()).bytes_each < 0.02);
    CHECK(size_of(gemm_kernel(16, 16, 32), path.text()).bytes_each < 0.02);
    CHECK(size_of(ffma_kernel(1000, 64), path.text()).bytes_each < 0.002);
}

TEST_CASE("32 random addresses in 4 GiB take little more than their 120 bytes of information") {
    const TemporaryPath path("gather");
    const Size size = size_of(gather_kernel(64, 50), path.text());
    const double each_load = size.bytes_each * static_cast<double>(size.warp_instructions) / (64 * 8 * 50);
    CHECK(each_load < 128);
    CHECK(each_load > 110);
}

TEST_CASE("captures take a small part of their text, and of the budget of 1.5 bytes when they are not tiny") {
    const TemporaryPath path("capture");
    REQUIRE_FALSE(captures().empty());
    for (const std::filesystem::path& capture : captures()) {
        CAPTURE(capture);
        const auto workload = open_accelsim(capture);
        const Size size = size_of(*workload, path.text());
        CHECK(size.warp_instructions > 0);
        // Some 1200 bytes are header, code and notes.
        CHECK(size.bytes_each < 1.5 + 1500.0 / static_cast<double>(size.warp_instructions));
    }
}

// Run under callgrind: HEDDLE_DECODE=streaming|gemm|gather|ffma|FILE writes (if made up) and drains a trace.
TEST_CASE("drains a trace for counting host instructions", "[.decode]") {
    const char* what = std::getenv("HEDDLE_DECODE");
    REQUIRE(what);
    const std::string name = what;
    const auto trace = open_heddle_trace(name);
    std::uint64_t instructions = 0;
    while (auto command = trace->next_command()) {
        if (!command->kernel) continue;
        while (auto cta = command->kernel->next_cta())
            for (const auto& stream : cta->warps)
                for (auto chunk = stream->next_chunk(); !chunk.instructions.empty(); chunk = stream->next_chunk())
                    instructions += chunk.instructions.size();
    }
    WARN(instructions << " warp instructions");
}

TEST_CASE("writes a made-up trace for counting host instructions", "[.made-up]") {
    const char* what = std::getenv("HEDDLE_DECODE");
    REQUIRE(what);
    const std::string name = what;
    const std::string kind = std::filesystem::path(name).stem().string();
    const TestKernel kernel = kind == "gemm"     ? gemm_kernel(16, 16, 32)
                              : kind == "gather" ? gather_kernel(64, 50)
                              : kind == "ffma"   ? ffma_kernel(1000, 64)
                                                 : streaming_kernel(2000);
    TestWorkload workload({{0, 0, kernel}});
    write_heddle_trace(workload, name);
}
