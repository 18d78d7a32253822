#include "tools/heddle/trace_facts.hpp"

#include "frontend/trace/heddle_format.hpp"
#include "frontend/trace/heddle_reader.hpp"
#include "frontend/trace/workload_open.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

namespace heddle {
namespace {

using Json = nlohmann::ordered_json;

// One launch as `info` reports it.
struct LaunchFacts {
    KernelLaunch launch;
    std::uint64_t ctas = 0, warp_instructions = 0, thread_instructions = 0, rows = 0;
    std::optional<Bytes> stored;
    bool control_bits = false;
    std::map<std::string, std::uint64_t> opcodes; // without modifiers
};

struct TraceFacts {
    std::string file, format, digest;
    std::optional<Bytes> bytes;
    std::uint64_t copies = 0, copied = 0;
    std::vector<LaunchFacts> launches;
    FrontendNotes notes;
};

std::string mnemonic(const std::string& text) { return text.substr(0, text.find('.')); }

void count_opcodes(LaunchFacts& facts, const KernelCode& code, const std::vector<std::uint64_t>& counts) {
    for (const StaticInstruction& row : code.instructions)
        if (row.index < counts.size() && counts[row.index] != 0) facts.opcodes[mnemonic(row.text)] += counts[row.index];
    facts.rows = code.instructions.size();
    facts.control_bits = code.has_control_bits;
}

// Executes nothing and times nothing: walks all CTAs.
void walk(Kernel& kernel, LaunchFacts& facts, std::vector<std::uint64_t>& counts) {
    while (std::optional<CtaInstructions> cta = kernel.next_cta()) {
        ++facts.ctas;
        for (const auto& stream : cta->warps)
            for (InstructionChunk chunk = stream->next_chunk(); !chunk.instructions.empty(); chunk = stream->next_chunk())
                for (const DynamicInstruction& d : chunk.instructions) {
                    if (d.code->index >= counts.size()) counts.resize(d.code->index + 1);
                    ++counts[d.code->index];
                    ++facts.warp_instructions;
                    facts.thread_instructions += static_cast<std::uint64_t>(std::popcount(d.active_mask));
                }
    }
}

TraceFacts heddle_facts(const std::string& path, bool verify) {
    const auto trace = open_heddle_file(path);
    TraceFacts facts{
        path,          fmt::format("heddle version {}", trace->facts().version), trace->facts().digest, trace->facts().file_bytes, 0, 0, {},
        trace->notes()};
    for (std::uint64_t i = 0; i < trace->facts().commands; ++i) {
        if (trace->command_kind(i) == Command::Kind::CopyToDevice) {
            ++facts.copies;
            facts.copied += trace->command(i).bytes;
            continue;
        }
        const auto kernel = trace->kernel(i);
        LaunchFacts& launch = facts.launches.emplace_back();
        launch.launch = kernel->launch();
        if (verify) {
            std::vector<std::uint64_t> counts(kernel->row_counts().size());
            walk(*kernel, launch, counts);
            if (counts != kernel->row_counts() || launch.thread_instructions != kernel->thread_instructions())
                fail_at(path, 0, 0, fmt::format("command {}: what is executed is not what the index counts", i), "the file is damaged");
        }
        launch.ctas = kernel->ctas();
        launch.warp_instructions = kernel->warp_instructions();
        launch.thread_instructions = kernel->thread_instructions();
        launch.stored = kernel->stored_bytes();
        count_opcodes(launch, kernel->code(), kernel->row_counts());
    }
    return facts;
}

Bytes size_of(const std::string& path) {
    std::error_code error;
    Bytes sum = 0;
    if (std::filesystem::is_regular_file(path, error) && std::filesystem::path(path).extension() != ".g")
        return std::filesystem::file_size(path, error);
    const std::filesystem::path folder =
        std::filesystem::is_directory(path, error) ? std::filesystem::path(path) : std::filesystem::path(path).parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, error))
        if (entry.is_regular_file(error)) sum += entry.file_size(error);
    return sum;
}

TraceFacts text_facts(const std::string& path) {
    const auto workload = open_trace(path);
    TraceFacts facts{path, "Accel-Sim text", workload->digest(), size_of(path), 0, 0, {}, {}};
    while (std::optional<Command> command = workload->next_command()) {
        if (command->kind == Command::Kind::Synchronize) continue; // an order that the commands keep anyway
        if (command->kind == Command::Kind::CopyToDevice) {
            ++facts.copies;
            facts.copied += command->bytes;
            continue;
        }
        LaunchFacts& launch = facts.launches.emplace_back();
        launch.launch = command->kernel->launch();
        std::vector<std::uint64_t> counts;
        walk(*command->kernel, launch, counts);
        count_opcodes(launch, command->kernel->code(), counts);
    }
    facts.notes = workload->notes();
    return facts;
}

bool is_heddle(const std::string& path) {
    std::error_code error;
    if (std::filesystem::path(path).extension() == ".heddle") return true;
    if (!std::filesystem::is_regular_file(path, error)) return false;
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (!file) return false;
    std::array<std::uint8_t, trace::kMagic.size()> begin{};
    const bool read = std::fread(begin.data(), 1, begin.size(), file) == begin.size();
    std::fclose(file);
    return read && begin == trace::kMagic;
}

std::string dim(const Dim3& d) { return fmt::format("{},{},{}", d.x, d.y, d.z); }

Json json_of(const TraceFacts& facts) {
    Json all{{"file", facts.file}, {"format", facts.format}, {"digest", facts.digest}};
    if (facts.bytes) all["bytes"] = *facts.bytes;
    std::uint64_t instructions = 0;
    for (const LaunchFacts& l : facts.launches) instructions += l.warp_instructions;
    all["warp_instructions"] = instructions;
    if (facts.bytes && instructions > 0)
        all["bytes_per_warp_instruction"] = static_cast<double>(*facts.bytes) / static_cast<double>(instructions);
    all["copies"] = Json{{"count", facts.copies}, {"bytes", facts.copied}};
    all["kernels"] = Json::array();
    for (const LaunchFacts& l : facts.launches) {
        const auto extent = [](const Dim3& d) { return Json::array({d.x, d.y, d.z}); };
        Json k{{"id", l.launch.id},
               {"name", l.launch.name},
               {"grid", extent(l.launch.grid)},
               {"block", extent(l.launch.block)},
               {"cluster", extent(l.launch.cluster)},
               {"registers_per_thread", l.launch.registers_per_thread},
               {"shared_bytes", l.launch.shared_bytes},
               {"stream", l.launch.stream},
               {"architecture", l.launch.architecture},
               {"ctas", l.ctas},
               {"warp_instructions", l.warp_instructions},
               {"thread_instructions", l.thread_instructions},
               {"instruction_rows", l.rows},
               {"control_bits", l.control_bits}};
        if (l.stored) k["bytes"] = *l.stored;
        k["opcodes"] = Json::object();
        for (const auto& [opcode, count] : l.opcodes) k["opcodes"][opcode] = count;
        all["kernels"].push_back(std::move(k));
    }
    const auto counts = [](const std::vector<FrontendNotes::Count>& list) {
        Json o = Json::object();
        for (const auto& c : list) o[c.what] = c.count;
        return o;
    };
    all["unmodelled"] = counts(facts.notes.unmodelled);
    all["anomalies"] = counts(facts.notes.anomalies);
    all["assumptions"] = facts.notes.assumptions;
    return all;
}

std::string text_of(const TraceFacts& facts) {
    std::string s = fmt::format("{}: {}, digest {}\n", facts.file, facts.format, facts.digest);
    std::uint64_t instructions = 0, threads = 0;
    std::map<std::string, std::uint64_t> opcodes;
    for (const LaunchFacts& l : facts.launches) {
        instructions += l.warp_instructions;
        threads += l.thread_instructions;
        for (const auto& [opcode, count] : l.opcodes) opcodes[opcode] += count;
    }
    s += fmt::format("{} kernels, {} warp instructions, {:.1f} active lanes each; {} copies of {} bytes in all\n", facts.launches.size(),
                     instructions, instructions == 0 ? 0.0 : static_cast<double>(threads) / static_cast<double>(instructions), facts.copies,
                     facts.copied);
    if (facts.bytes)
        s += fmt::format("{} bytes, {:.3f} per warp instruction\n", *facts.bytes,
                         instructions == 0 ? 0.0 : static_cast<double>(*facts.bytes) / static_cast<double>(instructions));
    if (!facts.launches.empty())
        s += fmt::format("\n{:>6} {:>16} {:>12} {:>5} {:>9} {:>6} {:>8} {:>14} {:>9} {:>7}  {}\n", "kernel", "grid", "block", "regs",
                         "shared", "stream", "CTAs", "warp instr.", "bytes/wi", "control", "name");
    for (const LaunchFacts& l : facts.launches) {
        const std::string per = l.stored && l.warp_instructions > 0
                                    ? fmt::format("{:.3f}", static_cast<double>(*l.stored) / static_cast<double>(l.warp_instructions))
                                    : "-";
        s += fmt::format("{:>6} {:>16} {:>12} {:>5} {:>9} {:>6} {:>8} {:>14} {:>9} {:>7}  {}\n", l.launch.id, dim(l.launch.grid),
                         dim(l.launch.block), l.launch.registers_per_thread, l.launch.shared_bytes, l.launch.stream, l.ctas,
                         l.warp_instructions, per, l.control_bits ? "known" : "unknown", l.launch.name);
    }
    std::vector<std::pair<std::string, std::uint64_t>> mix(opcodes.begin(), opcodes.end());
    std::stable_sort(mix.begin(), mix.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    if (!mix.empty()) s += "\nopcode mix (warp instructions)\n";
    for (const auto& [opcode, count] : mix)
        s += fmt::format("{:>14} {:>6.2f} %  {}\n", count, 100.0 * static_cast<double>(count) / static_cast<double>(instructions), opcode);
    for (const auto& c : facts.notes.unmodelled) s += fmt::format("unmodelled: {} ({})\n", c.what, c.count);
    for (const auto& c : facts.notes.anomalies) s += fmt::format("anomaly: {} ({})\n", c.what, c.count);
    for (const auto& a : facts.notes.assumptions) s += fmt::format("assumed: {}\n", a);
    return s;
}

TraceFacts facts_of(const std::string& path, bool verify) { return is_heddle(path) ? heddle_facts(path, verify) : text_facts(path); }

} // namespace

std::string trace_facts_text(const std::string& path, bool verify) { return text_of(facts_of(path, verify)); }

std::string trace_facts_json(const std::string& path, bool verify) {
    return json_of(facts_of(path, verify)).dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

} // namespace heddle
