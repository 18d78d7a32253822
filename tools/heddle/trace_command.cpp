#include "tools/heddle/trace_command.hpp"

#include "frontend/trace/accelsim_writer.hpp"
#include "frontend/trace/heddle_reader.hpp"
#include "frontend/trace/heddle_writer.hpp"
#include "frontend/trace/workload_open.hpp"
#include "sim/base/error.hpp"
#include "tools/common/write_file.hpp"
#include "tools/heddle/cubin_text.hpp"
#include "tools/heddle/record_command.hpp"
#include "tools/heddle/trace_facts.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <memory>
#include <optional>

namespace heddle {
namespace {

std::string dim(const Dim3& d) { return fmt::format("{},{},{}", d.x, d.y, d.z); }

struct DumpChoices {
    std::string path, cta, function;
    std::uint64_t kernel = 1;
    std::optional<std::uint32_t> warp;
    bool code = false;
};

std::string describe(const StaticInstruction& row) {
    std::string s = row.text;
    const auto range = [](const RegisterRange& r) {
        return r.count > 1 ? fmt::format("R{}-R{}", r.first, r.first + r.count - 1) : fmt::format("R{}", r.first);
    };
    for (unsigned i = 0; i < row.destination_count; ++i) s += fmt::format("{}{}", i == 0 ? " " : ", ", range(row.destinations[i]));
    if (row.destination_count > 0 && row.source_count > 0) s += " <-";
    for (unsigned i = 0; i < row.source_count; ++i) s += fmt::format("{}{}", i == 0 ? " " : ", ", range(row.sources[i]));
    return s;
}

void dump_code(const KernelCode& code) {
    for (const StaticInstruction& row : code.instructions) {
        std::string s = fmt::format("{:>6} {:04x} {:<10} {}", row.index, row.pc, name(row.pipe), describe(row));
        if (code.has_control_bits)
            s += fmt::format("  [stall {} {}write {} read {} wait {:06b} reuse {:03b}]", row.control.stall,
                             row.control.yield ? "yield " : "", row.control.write_counter, row.control.read_counter, row.control.wait_mask,
                             row.control.reuse);
        write_out(s + '\n');
    }
}

void dump_warp(WarpStream& stream, const std::string& title) {
    write_out(title + '\n');
    for (InstructionChunk chunk = stream.next_chunk(); !chunk.instructions.empty(); chunk = stream.next_chunk()) {
        fmt::memory_buffer text;
        const auto to = std::back_inserter(text);
        for (const DynamicInstruction& d : chunk.instructions) {
            fmt::format_to(to, "  {:04x} {:08x} {}", d.code->pc, d.active_mask, describe(*d.code));
            if (d.address != kNoAddress) {
                const AddressPattern& p = chunk.patterns[d.address];
                if (p.kind == AddressPattern::Kind::Stride) fmt::format_to(to, "  @ 0x{:x} {:+} * lane", p.base, p.stride);
                else {
                    fmt::format_to(to, "  @");
                    for (int k = 0; k < std::popcount(d.active_mask); ++k)
                        fmt::format_to(to, " 0x{:x}", chunk.list[p.first + static_cast<unsigned>(k)]);
                }
            }
            text.push_back('\n');
        }
        write_out({text.data(), text.size()});
    }
}

Dim3 parse_cta(const std::string& text) {
    std::array<std::uint32_t, 3> at{0, 0, 0};
    const char* p = text.data();
    const char* end = p + text.size();
    for (std::size_t i = 0; i < 3; ++i) {
        const auto [next, error] = std::from_chars(p, end, at[i]);
        const bool last = next == end;
        if (error != std::errc{} || (!last && (*next != ',' || i == 2)))
            throw UserError(Diagnostic{"", 0, 0, fmt::format("--cta {} is no position in a grid", text), "give x, x,y or x,y,z"});
        if (last) return {at[0], at[1], at[2]};
        p = next + 1;
    }
    return {at[0], at[1], at[2]};
}

// The CTA at `wanted`, or the first. Heddle traces are asked for it directly, others are walked.
CtaInstructions find_cta(Kernel& kernel, const std::optional<Dim3>& wanted, const std::string& path) {
    if (auto* indexed = dynamic_cast<HeddleKernel*>(&kernel)) {
        for (std::uint64_t i = 0; i < indexed->ctas(); ++i)
            if (!wanted || indexed->cta_index(i) == *wanted) return indexed->cta(i);
    } else {
        while (std::optional<CtaInstructions> cta = kernel.next_cta())
            if (!wanted || cta->index == *wanted) return std::move(*cta);
    }
    fail_at(path, 0, 0, wanted ? fmt::format("the kernel has no CTA {}", dim(*wanted)) : "the kernel has no CTA");
}

void dump(const DumpChoices& choices) {
    const std::optional<Dim3> wanted = choices.cta.empty() ? std::nullopt : std::optional(parse_cta(choices.cta));
    const auto workload = open_trace(choices.path);
    std::uint64_t launch = 0;
    std::optional<Command> command;
    while ((command = workload->next_command()))
        if (command->kind == Command::Kind::Launch && ++launch == choices.kernel) break;
    if (!command)
        fail_at(choices.path, 0, 0, fmt::format("there is no kernel {}: the trace has {}", choices.kernel, launch), "kernels count from 1");
    Kernel& kernel = *command->kernel;
    if (choices.code && dynamic_cast<HeddleKernel*>(&kernel)) return dump_code(kernel.code());
    if (choices.code) { // text traces name an instruction only when it is executed
        while (kernel.next_cta()) {
        }
        return dump_code(kernel.code());
    }
    CtaInstructions cta = find_cta(kernel, wanted, choices.path);
    if (choices.warp && *choices.warp >= cta.warps.size())
        fail_at(choices.path, 0, 0, fmt::format("there is no warp {}: the CTA has {}", *choices.warp, cta.warps.size()));
    for (std::uint32_t w = 0; w < cta.warps.size(); ++w)
        if (!choices.warp || *choices.warp == w)
            dump_warp(*cta.warps[w], fmt::format("{} CTA {} warp {}", kernel.launch().name, dim(cta.index), w));
}

void convert(const std::string& in, const std::string& out, unsigned version, int level) {
    const auto workload = open_trace(in);
    if (std::filesystem::path(out).extension() == ".heddle") {
        HeddleWriteOptions options;
        options.compression_level = level;
        write_heddle_trace(*workload, out, options);
        return;
    }
    std::error_code error;
    if (std::filesystem::exists(out, error) && !std::filesystem::is_directory(out, error))
        fail_at(out, 0, 0, "this is neither a .heddle file nor a directory", "OUT ends in .heddle, or is a directory for text");
    const AccelSimLosses losses = write_accelsim_trace(*workload, out, version);
    if (losses.rows > 0)
        write_out(
            fmt::format("registers of {} instructions cannot be said exactly in this format, e.g. of {}\n", losses.rows, losses.example));
}

} // namespace

void add_trace_command(CLI::App& app, bool program) {
    CLI::App* command = app.add_subcommand("trace", "Record traces, look into them, convert them.");
    command->require_subcommand(1);

    add_record_command(*command, program);

    struct Info {
        std::string path;
        bool json = false, verify = false;
    };
    auto info = std::make_shared<Info>();
    CLI::App* info_command = command->add_subcommand("info", "Kernels, sizes, instruction counts and opcode mix of a trace.");
    info_command->add_option("TRACE", info->path, "A .heddle file, a kernelslist.g, a directory with one, a single kernel trace, or a cubin or program")
        ->required();
    info_command->add_flag("--json", info->json, "Write JSON");
    info_command->add_flag("--verify", info->verify, "Decode everything and compare with what the file says about itself");
    info_command->callback(
        [info] {
            if (is_elf(info->path)) write_out(cubin_info(info->path));
            else write_out(info->json ? trace_facts_json(info->path, info->verify) : trace_facts_text(info->path, info->verify));
        });

    auto choices = std::make_shared<DumpChoices>();
    CLI::App* dump_command = command->add_subcommand("dump", "Instructions of one CTA as text, with masks and addresses.");
    dump_command->add_option("TRACE", choices->path, "As for info")->required();
    dump_command->add_option("--kernel", choices->kernel, "Which launch, counted from 1")->capture_default_str();
    dump_command->add_option("--cta", choices->cta, "Position in the grid: x, x,y or x,y,z; without it the first")->type_name("X,Y,Z");
    dump_command->add_option("--warp", choices->warp, "Which warp of the CTA; without it all");
    dump_command->add_flag("--code", choices->code, "The kernel's instruction table instead");
    dump_command->add_option("--function", choices->function, "Of a cubin: functions whose names contain this");
    dump_command->callback([choices] {
        if (is_elf(choices->path)) write_out(disassembly(choices->path, choices->function));
        else dump(*choices);
    });

    struct Convert {
        std::string in, out;
        unsigned version = 5;
        int level = 9;
    };
    auto files = std::make_shared<Convert>();
    CLI::App* convert_command = command->add_subcommand("convert", "Heddle's format from any trace, or Accel-Sim text from any trace.");
    convert_command->add_option("IN", files->in, "As for info")->required();
    convert_command->add_option("OUT", files->out, "A file ending in .heddle, or a directory for Accel-Sim text")->required();
    convert_command->add_option("--version", files->version, "Tracer version of the text: 3, 4 or 5")->capture_default_str();
    convert_command->add_option("--level", files->level, "zstd level of a .heddle file, 1 to 19")
        ->capture_default_str()
        ->check(CLI::Range(1, 19));
    convert_command->callback([files] { convert(files->in, files->out, files->version, files->level); });
}

} // namespace heddle
