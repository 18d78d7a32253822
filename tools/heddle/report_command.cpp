#include "tools/heddle/report_command.hpp"

#include "sim/base/error.hpp"
#include "tools/common/write_file.hpp"
#include "tools/report/html_page.hpp"
#include "tools/report/results.hpp"
#include "tools/report/run_file.hpp"
#include "tools/report/run_page.hpp"
#include "tools/report/sweep_page.hpp"

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

// A record that is one, but of parts of another kind than this version's, is the user's mistake and not ours.
nlohmann::json page_of(const std::vector<report::NamedRun>& runs) {
    try {
        return report::run_page(runs);
    } catch (const nlohmann::json::exception& error) {
        fail_at(runs.front().file, 0, 0, fmt::format("is not a run record of this version: {}", error.what()),
                "make it again with heddle run --out DIR");
    }
}

void report_runs(const ReportChoices& choices) {
    std::vector<report::NamedRun> runs{{choices.input, report::read_run(choices.input)}};
    if (!choices.other.empty()) runs.push_back({choices.other, report::read_run(choices.other)});
    const fs::path first = choices.input;
    const fs::path folder = fs::is_directory(first) ? first : first.parent_path();
    const fs::path usual = folder / (runs.size() == 2 ? "comparison.html" : "report.html");
    write_page(choices.out.empty() ? usual : fs::path(choices.out), page_of(runs), choices);
}

// A page beside each run.json, unless it is there and younger.
void report_each_run(const report::Results& results, const fs::path& folder, const ReportChoices& choices) {
    for (const report::Results::Row& run : results.runs) {
        const nlohmann::json& record = run.at("record");
        if (run.at("status") != "ok" || !record.is_string()) continue;
        const fs::path file = folder / record.get<std::string>(), page = folder / report::page_of_run(record.get<std::string>());
        std::error_code error;
        if (fs::exists(page, error) && fs::last_write_time(page, error) >= fs::last_write_time(file, error)) continue;
        write_page(page, page_of({{file.string(), report::read_run(file)}}), choices);
    }
}

void report_sweep(const ReportChoices& choices) {
    const fs::path folder = choices.input;
    if (!choices.other.empty()) fail_at(choices.other, 0, 0, "cannot stand beside a sweep", "name two runs, or one sweep");
    const report::Results results = report::read_results(folder);
    if (results.runs.empty())
        fail_at((folder / "results.sqlite").string(), 0, 0, "holds no run", "heddle sweep --resume makes the runs that are missing");
    if (choices.runs) report_each_run(results, folder, choices);
    const fs::path page = choices.out.empty() ? folder / "report.html" : fs::path(choices.out);
    write_page(page, report::sweep_page(results, folder, page.parent_path()), choices);
}

void make_report(const ReportChoices& choices) {
    if (report::holds_results(choices.input)) return report_sweep(choices);
    if (choices.runs) fail_at("--runs", 0, 0, "needs the folder of a sweep", "it holds results.sqlite");
    report_runs(choices);
}

} // namespace

void add_report_command(CLI::App& app) {
    auto choices = std::make_shared<ReportChoices>();
    CLI::App* command = app.add_subcommand("report", "Write a page with charts about a run, two runs side by side, or a sweep.");
    command->add_option("INPUT", choices->input, "run.json, a folder that heddle run --out wrote, or the folder of a sweep")->required();
    command->add_option("OTHER", choices->other, "Another run, to stand beside the first");
    command
        ->add_option("--out", choices->out, "The page to write (default: report.html in the input's folder, comparison.html for two runs)")
        ->type_name("FILE");
    command->add_flag("--runs", choices->runs, "Of a sweep: write a page for every run too");
    command->add_flag("--quiet", choices->quiet, "Do not print the names of the pages");
    command->callback([choices] { make_report(*choices); });
}

} // namespace heddle
