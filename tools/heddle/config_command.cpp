#include "tools/heddle/config_command.hpp"

#include "sim/base/error.hpp"
#include "sim/config/diff.hpp"
#include "sim/config/reference.hpp"
#include "sim/config/writer.hpp"
#include "tools/common/write_file.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/gpu_option.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <memory>

namespace heddle {

namespace {

struct ConfigChoices {
    std::vector<std::string> gpus;
    std::vector<std::string> overrides;
};

// One line per good description; the findings about all others together.
void check(const ConfigChoices& choices) {
    std::vector<Diagnostic> findings;
    for (const std::string& gpu : choices.gpus.empty() ? known_gpus() : choices.gpus) {
        try {
            LoadedGpu description;
            load_gpu(description, gpu, choices.overrides);
            std::vector<std::string> counts;
            for (const auto& [source, count] : description.loaded.source_counts())
                if (count != 0) counts.push_back(fmt::format("{} {}", count, source));
            write_out(fmt::format("{}: good, {} values, hash {}\n", gpu, fmt::join(counts, " + "), description.loaded.hash()));
        } catch (const UserError& error) {
            findings.insert(findings.end(), error.findings().begin(), error.findings().end());
        }
    }
    if (!findings.empty()) throw UserError(std::move(findings));
}

void show(const ConfigChoices& choices) {
    LoadedGpu description;
    load_gpu(description, choices.gpus.front(), choices.overrides);
    write_out(config::write_yaml(description.section, description.loaded));
}

void diff(const ConfigChoices& choices) {
    LoadedGpu left, right;
    load_gpu(left, choices.gpus[0], choices.overrides);
    load_gpu(right, choices.gpus[1], choices.overrides);
    const auto differences = config::diff(left.section, right.section);
    std::size_t path = 0, value = 0;
    for (const auto& d : differences) {
        path = std::max(path, d.path.size());
        value = std::max(value, d.left.size());
    }
    std::string text;
    for (const auto& d : differences) text += fmt::format("{:<{}}  {:<{}}  {}\n", d.path, path, d.left, value, d.right);
    write_out(text.empty() ? "no difference in value\n" : text);
}

void reference() {
    LoadedGpu defaults;
    write_out(config::write_reference(defaults.section, "Configuration reference"));
}

} // namespace

void add_config_command(CLI::App& app) {
    CLI::App* command = app.add_subcommand("config", "Check, show or compare GPU descriptions.");
    command->require_subcommand(1);
    auto choices = std::make_shared<ConfigChoices>();
    const auto add = [&](const char* name, const char* what, int least, int most, void (*act)(const ConfigChoices&)) {
        CLI::App* sub = command->add_subcommand(name, what);
        sub->add_option("GPU", choices->gpus, "Names or files of GPU descriptions")->expected(least, most)->required(least != 0);
        add_set_option(*sub, choices->overrides);
        sub->callback([choices, act] { act(*choices); });
    };
    constexpr int kAnyNumber = 1 << 20;
    add("check", "Read descriptions and report every fault; without names, all that are shipped.", 0, kAnyNumber, check);
    add("show", "Print the effective description with the origin of every value.", 1, 1, show);
    add("diff", "List the values in which two descriptions differ.", 2, 2, diff);
    command->add_subcommand("reference", "Print every configuration key as Markdown (configs/REFERENCE.md).")->callback(reference);
}

} // namespace heddle
