// Differential test of decoder and emulator: random PTX programs, compiled by ptxas for sm_80 and sm_90a at -O0 and -O3, executed
// from machine code and compared with a host reference, bit for bit.
//
//   ptx_differential [--seed N] [--programs N] [--batch N] [--keep FOLDER] [--replay FILE] [--rows] [--opcodes] [--print]
//
// Program k has seed N + k, which is all that is needed to make it again. --replay runs the seeds in a file first (one a line, # begins
// a comment); --rows runs one program for each row of the catalogue. A failure is made small and printed with its seed, thread and values;
// its PTX goes to FOLDER. --opcodes prints which machine instructions were executed; --print prints the programs instead of executing them.
// Exit status: 0 all agree, 1 a failure, 2 a wrong option, 77 no ptxas.
#include "frontend/cubin/toolkit.hpp"
#include "sim/base/error.hpp"
#include "tests/fuzz/ptx/build.hpp"
#include "tests/fuzz/ptx/shrink.hpp"

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <iostream>

namespace heddle::ptx_fuzz {
namespace {

struct Options {
    U64 seed = 1, programs = 100, batch = 25;
    std::string keep, replay;
    bool opcodes = false, rows = false, print = false;
};

// Why a program fails in a build; empty if it does not.
std::string failure(const Output& expected, const Outcome& outcome) {
    return outcome.fault.empty() ? difference(expected, outcome.output) : "  " + outcome.fault + "\n";
}

std::string failure(const Program& program, const Build& build) {
    const Input input = random_input(program.seed);
    Statistics ignored;
    try {
        return failure(interpret(program, input), execute(compile({&program}, build), {&program}, {&input}, build, ignored)[0]);
    } catch (const UserError& error) {
        return fmt::format("  {}\n", error.what());
    }
}

class Campaign {
  public:
    explicit Campaign(Options options) : options_(std::move(options)) {}

    void run(const std::vector<U64>& seeds) {
        std::vector<Case> cases;
        for (const U64 seed : seeds) {
            Program program = generate(seed);
            Input input = random_input(seed);
            Output expected = interpret(program, input);
            cases.push_back({std::move(program), std::move(input), std::move(expected)});
        }
        std::array<std::vector<const Case*>, kBuilds.size()> chosen;
        std::array<std::future<std::vector<std::byte>>, kBuilds.size()> images;
        for (std::size_t b = 0; b < kBuilds.size(); ++b) {
            for (const Case& c : cases)
                if (c.program.least <= kBuilds[b].architecture) chosen[b].push_back(&c);
            if (!chosen[b].empty()) images[b] = std::async(std::launch::async, compile, programs_of(chosen[b]), kBuilds[b]);
        }
        for (std::size_t b = 0; b < kBuilds.size(); ++b)
            if (!chosen[b].empty()) compare(images[b], chosen[b], kBuilds[b]);
        statistics_.programs += cases.size();
        if (statistics_.programs / 100 != (statistics_.programs - cases.size()) / 100)
            std::cerr << fmt::format("{} programs, {} failures\n", statistics_.programs, failures_);
    }

    const Statistics& statistics() const { return statistics_; }
    std::uint64_t failures() const { return failures_; }

  private:
    struct Case {
        Program program;
        Input input;
        Output expected;
    };

    static std::vector<const Program*> programs_of(const std::vector<const Case*>& cases) {
        std::vector<const Program*> programs;
        for (const Case* c : cases) programs.push_back(&c->program);
        return programs;
    }

    void compare(std::future<std::vector<std::byte>>& image, const std::vector<const Case*>& cases, const Build& build) {
        std::vector<const Input*> inputs;
        for (const Case* c : cases) inputs.push_back(&c->input);
        try {
            const auto outcomes = execute(image.get(), programs_of(cases), inputs, build, statistics_);
            for (std::size_t i = 0; i < cases.size(); ++i)
                if (const std::string why = failure(cases[i]->expected, outcomes[i]); !why.empty()) report(cases[i]->program, build, why);
        } catch (const UserError& error) { // of the whole module: find the programs
            std::cout << fmt::format("{}: {}\n", build.name(), error.what());
            ++failures_;
            for (const Case* c : cases)
                if (const std::string why = failure(c->program, build); !why.empty()) report(c->program, build, why);
        }
    }

    void report(const Program& program, const Build& build, const std::string& why) {
        ++failures_;
        const std::string row = program.seed >= kRowSeeds ? ", " + program.body[0].operation->text : "";
        std::cout << fmt::format("seed {}{} fails in {}:\n{}", program.seed, row, build.name(), why) << std::flush;
        if (shrunk_++ >= 12) return;
        const Program small = shrink(
            program, [&](const Program& p) { return !failure(p, build).empty(); }, 300);
        const std::string target = build.architecture == 90 ? "sm_90a" : "sm_80", ptx = print_module({&small}, target);
        std::cout << "made small, it fails thus:\n" << failure(small, build);
        if (options_.keep.empty()) {
            std::cout << ptx << "\n";
            return;
        }
        std::filesystem::create_directories(options_.keep);
        const std::string path = fmt::format("{}/{}_sm{}_O{}.ptx", options_.keep, program.seed, build.architecture, build.level);
        std::ofstream(path) << ptx << "// " << build.name() << "\n";
        std::cout << fmt::format("its PTX is {}\n", path);
    }

    Options options_;
    Statistics statistics_;
    std::uint64_t failures_ = 0, shrunk_ = 0;
};

std::vector<U64> read_seeds(const std::string& path) {
    std::ifstream file(path);
    if (!file) fail_at(path, 0, 0, "cannot be read");
    std::vector<U64> seeds;
    for (std::string line; std::getline(file, line);) {
        U64 seed = 0;
        if (std::from_chars(line.data(), line.data() + line.size(), seed).ec == std::errc{}) seeds.push_back(seed);
    }
    return seeds;
}

bool number(const char* text, U64& value) {
    const std::string_view view = text;
    return std::from_chars(view.data(), view.data() + view.size(), value).ptr == view.data() + view.size() && !view.empty();
}

bool read_options(int count, char** words, Options& options) {
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (bool* flag = word == "--opcodes" ? &options.opcodes
                         : word == "--rows"  ? &options.rows
                         : word == "--print" ? &options.print
                                             : nullptr) {
            *flag = true;
            continue;
        }
        if (++i == count) return false;
        if (word == "--keep") options.keep = words[i];
        else if (word == "--replay") options.replay = words[i];
        else if (U64* value = word == "--seed"       ? &options.seed
                              : word == "--programs" ? &options.programs
                              : word == "--batch"    ? &options.batch
                                                     : nullptr;
                 !value || !number(words[i], *value))
            return false;
    }
    return options.batch > 0;
}

int run(const Options& options) {
    std::vector<U64> seeds;
    if (!options.replay.empty()) seeds = read_seeds(options.replay);
    if (options.rows)
        for (U64 i = 0; i < catalogue().size(); ++i) seeds.push_back(kRowSeeds + i);
    for (U64 i = 0; i < options.programs; ++i) seeds.push_back(options.seed + i);
    if (options.print) {
        for (const U64 seed : seeds) {
            const Program program = generate(seed);
            std::cout << print_module({&program}, program.least == 90 ? "sm_90a" : "sm_80");
        }
        return 0;
    }
    if (cubin::find_tool("ptxas").empty()) {
        std::cout << "skipped: ptxas is not installed\n";
        return 77;
    }
    Campaign campaign(options);
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < seeds.size(); i += options.batch)
        campaign.run({seeds.begin() + static_cast<std::ptrdiff_t>(i),
                      seeds.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(i + options.batch, seeds.size()))});
    const Statistics& s = campaign.statistics();
    if (options.opcodes)
        for (const auto& [opcode, executed] : s.opcodes) std::cout << fmt::format("{:12} {}\n", executed, opcode);
    std::cout << fmt::format(
        "{} programs, {} kernels executed, {} warp instructions, {} thread instructions, {} opcode forms, {} failures, {:.1f} s\n",
        s.programs, s.kernels, s.warp_instructions, s.thread_instructions, s.opcodes.size(), campaign.failures(),
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return campaign.failures() ? 1 : 0;
}

} // namespace
} // namespace heddle::ptx_fuzz

int main(int count, char** words) {
    heddle::ptx_fuzz::Options options;
    if (!heddle::ptx_fuzz::read_options(count, words, options)) {
        std::cerr
            << "ptx_differential [--seed N] [--programs N] [--batch N] [--keep FOLDER] [--replay FILE] [--rows] [--opcodes] [--print]\n";
        return 2;
    }
    try {
        return heddle::ptx_fuzz::run(options);
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
