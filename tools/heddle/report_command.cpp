#include "tools/heddle/report_command.hpp"

#include "sim/base/error.hpp"
#include "tools/heddle/write_file.hpp"
#include "tools/report/html_page.hpp"
#include "tools/report/run_file.hpp"
#include "tools/report/run_page.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <memory>

namespace heddle {

namespace {

namespace fs = std::filesystem;

struct ReportChoices {
    std::string input, other, out;
    bool runs = false, quiet = false;
};

void write_page(const fs::path& path, const nlohmann::json& data, const ReportChoices& choices) {
    write_file(path, report::html_page(data["title"].get<std::string>(), data));
    if (!choices.quiet) write_out(path.string() + "\n");
}

void report_runs(const ReportChoices& choices) {
    std::vector<report::NamedRun> runs{{choices.input, report::read_run(choices.input)}};
    if (!choices.other.empty()) runs.push_back({choices.other, report::read_run(choices.other)});
    const fs::path first = choices.input;
    const fs::path folder = fs::is_directory(first) ? first : first.parent_path();
    const fs::path usual = folder / (runs.size() == 2 ? "comparison.html" : "report.html");
    write_page(choices.out.empty() ? usual : fs::path(choices.out), report::run_page(runs), choices);
}

void make_report(const ReportChoices& choices) { report_runs(choices); }

} // namespace

void add_report_command(CLI::App& app) {
    auto choices = std::make_shared<ReportChoices>();
    CLI::App* command = app.add_subcommand("report", "Write a page with charts about a run, two runs side by side, or a sweep.");
    command->add_option("INPUT", choices->input, "run.json, a folder that heddle run --out wrote, or the folder of a sweep")->required();
    command->add_option("OTHER", choices->other, "Another run, to stand beside the first");
    command->add_option("--out", choices->out, "The page to write (default: report.html in the input's folder, comparison.html for two runs)")->type_name("FILE");
    command->add_flag("--runs", choices->runs, "Of a sweep: write a page for every run too");
    command->add_flag("--quiet", choices->quiet, "Do not print the names of the pages");
    command->callback([choices] { make_report(*choices); });
}

} // namespace heddle
