#include "frontend/trace/heddle_reader.hpp"
#include "frontend/trace/heddle_writer.hpp"
#include "sim/base/error.hpp"
#include "tests/frontend/trace/heddle_workloads.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

namespace {

std::string written(std::vector<TestCommand> commands, const std::string& path, HeddleWriteOptions options = {}, FrontendNotes notes = {}) {
    TestWorkload workload(std::move(commands), std::move(notes));
    write_heddle_trace(workload, path, options);
    return read_all(path);
}

} // namespace

TEST_CASE("whatever the contract allows comes back as it was") {
    const TemporaryPath path("round_trip");
    for (std::uint32_t seed = 0; seed < 30; ++seed) {
        HeddleWriteOptions options;
        options.frame_warps = 1 + seed * 7 % 60;
        if (seed % 3 == 0) options.piece_bytes = options.frame_bytes = 1024; // long CTAs are cut
        FrontendNotes notes;
        notes.unmodelled = {{"opcode without a row: FOO", seed}, {"", 1ULL << 63}};
        notes.anomalies = {{"a lane active after its EXIT", 3}};
        notes.assumptions = {"dependences from a scoreboard", std::string(300, 'x')};
        const auto commands = random_commands(seed, 20 + seed * 8);
        written(commands, path.text(), options, notes);
        TestWorkload original(commands, notes);
        HeddleReadOptions read;
        read.chunk_instructions = seed % 4 == 0 ? 1 : 16 + seed;
        const auto copy = open_heddle_trace(path.text(), read);
        CAPTURE(seed);
        REQUIRE(describe(original) == describe(*copy));
    }
}

TEST_CASE("an empty workload and an empty kernel can be stored") {
    const TemporaryPath path("empty");
    written({}, path.text());
    const auto nothing = open_heddle_trace(path.text());
    CHECK(nothing->launches() == 0);
    CHECK_FALSE(nothing->next_command());

    TestKernel k = kernel_of("empty", 0, 1, {});
    k.launch.grid = {1, 1, 1};
    written({{0, 0, k}}, path.text());
    const auto one = open_heddle_trace(path.text());
    const auto command = one->next_command();
    REQUIRE(command);
    CHECK_FALSE(command->kernel->next_cta());
}

TEST_CASE("the same content gives the same bytes, and the digest follows content, not compression") {
    const TemporaryPath a("a"), b("b"), c("c");
    const auto commands = random_commands(7, 200);
    CHECK(written(commands, a.text()) == written(commands, b.text()));
    HeddleWriteOptions options;
    options.compression_level = 3;
    CHECK(written(commands, c.text(), options) != read_all(a.text()));
    CHECK(open_heddle_trace(c.text())->digest() == open_heddle_trace(a.text())->digest());
    CHECK(open_heddle_trace(a.text())->digest().size() == 32);
    auto changed = commands;
    for (TestCommand& command : changed)
        if (command.kernel) ++command.kernel->launch.stream;
    written(changed, b.text());
    CHECK(open_heddle_trace(b.text())->digest() != open_heddle_trace(a.text())->digest());
}

TEST_CASE("a file read and written again is the same file") {
    const TemporaryPath a("a"), b("b");
    const std::string first = written(random_commands(11, 300), a.text());
    const auto copy = open_heddle_trace(a.text());
    write_heddle_trace(*copy, b.text());
    CHECK(read_all(b.text()) == first);
}

TEST_CASE("CTAs can be read in any order, and again") {
    const TemporaryPath path("random_access");
    HeddleWriteOptions options;
    options.frame_warps = 20;
    options.piece_bytes = 4096;
    const auto commands = random_commands(5, 400);
    written(commands, path.text(), options);
    const auto trace = open_heddle_file(path.text());
    REQUIRE(trace->facts().commands == commands.size());
    std::uint64_t total = 0;
    for (std::uint64_t i = 0; i < commands.size(); ++i) {
        if (!commands[i].kernel) continue;
        const TestKernel& original = *commands[i].kernel;
        const auto kernel = trace->kernel(i);
        REQUIRE(kernel->ctas() == original.ctas);
        total += kernel->warp_instructions();
        std::uint64_t of_rows = 0;
        for (const std::uint64_t n : kernel->row_counts()) of_rows += n;
        CHECK(of_rows == kernel->warp_instructions());
        for (std::uint64_t k = 0; k < 2 * original.ctas; ++k) {
            const std::uint64_t position = (k * 7 + 3) % original.ctas;
            CHECK(kernel->cta_index(position) == original.index(position));
            CtaInstructions cta = kernel->cta(position);
            std::uint64_t instructions = 0;
            for (std::uint32_t w = 0; w < cta.warps.size(); ++w) {
                const Warp warp = drain(*cta.warps[w]);
                instructions += warp.size();
                REQUIRE(warp == original.warp(position, w));
            }
            CHECK(instructions == kernel->cta_warp_instructions(position));
        }
    }
    CHECK(total == trace->facts().warp_instructions);
}

TEST_CASE("streams outlive the trace and may be read interleaved") {
    const TemporaryPath path("lifetime");
    HeddleWriteOptions options;
    options.piece_bytes = 1024;
    const auto commands = random_commands(5, 1500);
    written(commands, path.text(), options);
    std::size_t launch = 0;
    while (!commands[launch].kernel) ++launch;
    auto trace = open_heddle_file(path.text());
    auto kernel = trace->kernel(launch);
    CtaInstructions cta = kernel->cta(0);
    trace.reset();
    std::vector<Warp> warps(cta.warps.size());
    for (bool any = true; any;) {
        any = false;
        for (std::size_t w = 0; w < warps.size(); ++w) {
            const InstructionChunk chunk = cta.warps[w]->next_chunk();
            for (const auto& d : chunk.instructions) warps[w].push_back(executed(chunk, d));
            any = any || !chunk.instructions.empty();
        }
    }
    for (std::uint32_t w = 0; w < warps.size(); ++w) CHECK(warps[w] == commands[launch].kernel->warp(0, w));
}

TEST_CASE("a chunk stays valid over the next call, and only the last may be short") {
    const TemporaryPath path("chunks");
    for (std::uint32_t seed = 0; seed < 12; ++seed) {
        HeddleWriteOptions options;
        if (seed % 2) options.piece_bytes = 1024;
        auto commands = random_commands(seed, 30 + seed * 20);
        commands.push_back({0, 0, gather_kernel(2, 7 + seed)});
        written(commands, path.text(), options);
        HeddleReadOptions read;
        read.chunk_instructions = 16 + seed * 3;
        const auto trace = open_heddle_trace(path.text(), read);
        while (auto command = trace->next_command()) {
            if (!command->kernel) continue;
            while (auto cta = command->kernel->next_cta())
                for (const auto& stream : cta->warps) {
                    InstructionChunk before;
                    Warp content;
                    while (true) {
                        const InstructionChunk chunk = stream->next_chunk();
                        Warp again;
                        for (const auto& d : before.instructions) again.push_back(executed(before, d));
                        REQUIRE(again == content);
                        if (chunk.instructions.empty()) break;
                        REQUIRE((before.instructions.empty() || before.instructions.size() >= kMinChunk));
                        content.clear();
                        for (const auto& d : chunk.instructions) content.push_back(executed(chunk, d));
                        before = chunk;
                    }
                }
        }
    }
}

TEST_CASE("launches of the same code share one table in the file") {
    const TemporaryPath once("once"), often("often");
    const TestKernel k = gemm_kernel(2, 2, 4);
    const std::size_t one = written({{0, 0, k}}, once.text()).size();
    const std::size_t hundred = written(std::vector<TestCommand>(100, {0, 0, k}), often.text()).size();
    CHECK(hundred < one + 99 * (one * 4 / 5));
    CHECK(open_heddle_trace(often.text())->launches() == 100);
}

TEST_CASE("an unfinished file does not appear") {
    const TemporaryPath path("unfinished");
    {
        HeddleTraceWriter writer(path.text());
        writer.add_copy(1, 2);
    }
    CHECK_FALSE(std::filesystem::exists(path.text()));
    CHECK_FALSE(std::filesystem::exists(path.text() + ".partial"));
    CHECK_THROWS_AS(HeddleTraceWriter("/nonexistent/directory/x.heddle"), UserError);
}
