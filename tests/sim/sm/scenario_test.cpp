// Short pipeline stories: text in, issue cycles out. See scenarios/*.txt for the format.
#include <catch2/catch.hpp>

#include "tests/sim/sm/sm_harness.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace heddle;

namespace {

std::vector<std::uint16_t> registers(const std::string& text) {
    std::vector<std::uint16_t> result;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        REQUIRE(word[0] == 'R');
        result.push_back(word == "RZ" ? 255 : static_cast<std::uint16_t>(std::stoi(word.substr(1))));
    }
    return result;
}

// A line: `w0 FFMA R4 <- R4 R5 R6 [address] @cycle`. Warps issue in the order their lines stand; @ is the cycle the
// instruction issues at, counted from the first issue of the scenario.
struct Line {
    unsigned warp;
    const StaticInstruction* row;
    std::optional<Address> address;
    Cycle expected;
    std::string text;
};

const StaticInstruction& add_row(Program& program, const std::string& opcode, const std::vector<std::uint16_t>& dst, const std::vector<std::uint16_t>& src) {
    OperandNames operands;
    operands.destinations = dst;
    operands.sources = src;
    Decoded decoded = decode(90, opcode, operands);
    REQUIRE(decoded.instruction.known);
    decoded.instruction.text = opcode;
    auto& rows = program.code()->instructions;
    decoded.instruction.index = static_cast<std::uint32_t>(rows.size());
    rows.push_back(decoded.instruction);
    return rows.back();
}

void run_scenario(const std::filesystem::path& file) {
    INFO(file.string());
    std::ifstream in(file);
    std::vector<Line> lines;
    Program program("scenario", 90);
    unsigned warps = 0;
    for (std::string text; std::getline(in, text);) {
        const auto comment = text.find('#');
        std::string body = text.substr(0, comment);
        if (body.find_first_not_of(' ') == std::string::npos) continue;
        Line line;
        line.text = body;
        const auto at = body.rfind('@');
        REQUIRE(at != std::string::npos);
        line.expected = std::stoull(body.substr(at + 1));
        body.resize(at);
        if (const auto open = body.find('['); open != std::string::npos) {
            line.address = std::stoull(body.substr(open + 1), nullptr, 16);
            body.resize(open);
        }
        std::istringstream words(body);
        std::string warp, opcode, rest;
        words >> warp >> opcode;
        std::getline(words, rest);
        line.warp = static_cast<unsigned>(std::stoi(warp.substr(1)));
        warps = std::max(warps, line.warp + 1);
        const auto arrow = rest.find("<-");
        const auto dst = registers(arrow == std::string::npos ? rest : rest.substr(0, arrow));
        const auto src = registers(arrow == std::string::npos ? "" : rest.substr(arrow + 2));
        line.row = &add_row(program, opcode, dst, src);
        lines.push_back(line);
    }
    REQUIRE_FALSE(lines.empty());
    // Each warp's rows follow each other in its code.
    std::vector<std::uint32_t> pc(warps, 0);
    for (auto& line : lines) const_cast<StaticInstruction*>(line.row)->pc = line.warp * 0x10000 + 16 * pc[line.warp]++;

    SyntheticWorkload workload;
    workload.add_kernel(program, {.threads = 32 * warps}, [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
        for (const auto& line : lines) {
            if (line.warp != warp) continue;
            if (line.address) code.add_strided(*line.row, *line.address, 4);
            else code.add(*line.row);
        }
    });
    SmConfig config;
    config.instruction_cache.miss_latency = 1;
    config.instruction_cache.gpc_latency = 1;
    config.instruction_cache.l1_latency = 1;
    const SmRun run = run_on_sm(config, workload);
    std::vector<std::size_t> next(warps, 0);
    for (const auto& line : lines) {
        const auto cycles = run.cycles_of(static_cast<WarpSlot>(line.warp));
        REQUIRE(next[line.warp] < cycles.size());
        INFO(line.text);
        CHECK(cycles[next[line.warp]++] == line.expected);
    }
}

} // namespace

TEST_CASE("scenarios unfold as drawn") {
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(HEDDLE_SOURCE_DIR) / "tests/sim/sm/scenarios"))
        if (entry.path().extension() == ".txt") files.insert(entry.path());
    REQUIRE(files.size() >= 5);
    for (const auto& file : files) run_scenario(file);
}
