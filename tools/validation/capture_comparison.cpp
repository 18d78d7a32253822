#include "tools/validation/capture_comparison.hpp"

#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"
#include "tools/validation/counter_map.hpp"
#include "tools/validation/csv_reader.hpp"
#include "tools/validation/job_pool.hpp"
#include "tools/validation/ncu_comparison.hpp"
#include "tools/validation/result_store.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace heddle::validation {

namespace fs = std::filesystem;

namespace {

constexpr const char* kColumns[] = {"ID", "Program", "Size", "Cache", "Repetition", "Kernel Name", "Block Size", "Grid Size", "Metric Name", "Metric Unit", "Metric Value"};
enum Column { Id, Program, Size, Cache, Repetition, Kernel, Block, Grid, MetricName, MetricUnit, MetricValue };

// The repetitions of one program: kernels in order, each repetition a list of its own.
using Repetitions = std::map<std::string, std::vector<NcuKernel>>;

// Kernel by kernel the median of every counter. Repetitions that saw another number of kernels are left out.
std::vector<NcuKernel> medians(const Repetitions& repetitions) {
    std::vector<NcuKernel> result = repetitions.begin()->second;
    for (std::size_t k = 0; k < result.size(); ++k) {
        for (NcuMetric& metric : result[k].metrics) {
            std::vector<double> values;
            for (const auto& [number, kernels] : repetitions) {
                if (kernels.size() != result.size()) continue;
                for (const NcuMetric& other : kernels[k].metrics)
                    if (const auto value = other.name == metric.name ? ncu_value(other.value, other.unit) : std::nullopt) values.push_back(*value);
            }
            if (values.empty()) continue;
            std::sort(values.begin(), values.end());
            metric.value = fmt::format("{}", (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2);
            metric.unit.clear(); // already in the table's unit
        }
    }
    return result;
}

struct Task {
    const CapturedProgram* captured = nullptr;
    fs::path input, scratch;
    std::string missing;
};

// Kernels that say nothing about the model, or chose one of its parameters, and why; `kernel` is a part of the name, empty: all of the program.
struct Excluded {
    std::string program, kernel, reason;
};

std::vector<Excluded> read_excluded(const fs::path& file) {
    std::vector<Excluded> list;
    if (!fs::exists(file)) return list;
    const std::vector<CsvRow> rows = parse_csv(read_whole_file(file), file.string());
    for (const CsvRow& row : rows) {
        if (row.fields.size() != 3 || (&row == &rows.front() && row.fields != std::vector<std::string>{"program", "kernel", "reason"}))
            fail_at(file.string(), row.line, 0, "is not understood", "want the columns program, kernel, reason");
        if (&row != &rows.front()) list.push_back({row.fields[0], row.fields[1], row.fields[2]});
    }
    return list;
}

std::string first_words(const fs::path& file) {
    std::ifstream in(file);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.substr(0, 200);
}

} // namespace

std::vector<CapturedProgram> read_captured(const std::string& text, const std::string& name, const std::string& cache) {
    const std::vector<CsvRow> rows = parse_csv(text, name);
    std::vector<std::size_t> place;
    for (const char* column : kColumns) {
        const auto begin = rows.empty() ? std::vector<std::string>{} : rows.front().fields;
        const auto at = std::find(begin.begin(), begin.end(), column);
        if (at == begin.end()) fail_at(name, 1, 0, fmt::format("has no column \"{}\"", column), "want counters.csv of validation/capture");
        place.push_back(static_cast<std::size_t>(at - begin.begin()));
    }
    std::vector<std::pair<std::pair<std::string, std::string>, Repetitions>> programs;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto& fields = rows[i].fields;
        if (fields.size() != rows.front().fields.size()) fail_at(name, rows[i].line, 0, fmt::format("has {} fields", fields.size()), "is the file cut off?");
        const auto field = [&](Column c) -> const std::string& { return fields[place[c]]; };
        if (field(Cache) != cache) continue;
        const std::pair key{field(Program), field(Size)};
        auto at = std::find_if(programs.begin(), programs.end(), [&](const auto& p) { return p.first == key; });
        if (at == programs.end()) at = programs.insert(programs.end(), {key, {}});
        std::vector<NcuKernel>& kernels = at->second[field(Repetition)];
        if (kernels.empty() || kernels.back().id != field(Id)) kernels.push_back({field(Id), field(Kernel), field(Grid), field(Block), rows[i].line, {}});
        kernels.back().metrics.push_back({"", field(MetricName), field(MetricUnit), field(MetricValue)});
    }
    std::vector<CapturedProgram> result;
    for (const auto& [key, repetitions] : programs) result.push_back({key.first, key.second, medians(repetitions)});
    return result;
}

Comparison compare_with_capture(const fs::path& capture, const fs::path& programs, const std::string& cache, const SuiteOptions& options) {
    const fs::path counters = capture / "counters.csv";
    const std::vector<CapturedProgram> captured = read_captured(read_table_file(counters), counters.string(), cache);
    const std::vector<Excluded> excluded = read_excluded(capture / "excluded.csv"), fitted = read_excluded(capture / "fitted.csv");
    const auto configured = options.configure(options.overrides);
    const ResultStore store(options.work);
    std::vector<Task> tasks;
    std::vector<Job> jobs;
    for (const CapturedProgram& one : captured) {
        const std::string label = one.program + " " + one.size;
        if (!options.only.empty() && std::none_of(options.only.begin(), options.only.end(), [&](const std::string& part) { return label.find(part) != std::string::npos; })) continue;
        Task task{&one, programs / one.program, store.scratch(content_key({label, options.gpu_name})), {}};
        const fs::path recipe = task.input.string() + ".yaml";
        Job job;
        job.command = {options.heddle.string(), "run", "--quiet", "--gpu", options.gpu, "--cache", cache == "all" ? "cold" : "carry", "--out", task.scratch.string()};
        for (const std::string& set : options.overrides) job.command.insert(job.command.end(), {"--set", set});
        if (fs::exists(recipe)) job.command.push_back(recipe.string());
        else job.command.insert(job.command.end(), {"--", task.input.string(), "--size", one.size});
        if (!fs::exists(recipe) && !fs::exists(task.input)) task.missing = fmt::format("{} is not there", task.input.string());
        job.output = (task.scratch / "output.txt").string();
        job.timeout_seconds = options.timeout_seconds;
        if (!task.missing.empty()) job.command = {"/bin/false"};
        tasks.push_back(std::move(task));
        jobs.push_back(std::move(job));
    }
    if (tasks.empty()) fail_at(counters.string(), 0, 0, fmt::format("holds nothing to compare for caches \"{}\"", cache), options.only.empty() ? "" : "or --only leaves nothing");
    Comparison result;
    std::set<std::string> remarks;
    const std::vector<JobEnd> ends = run_jobs(jobs, options.jobs, [&, done = std::size_t{0}](std::size_t index, const JobEnd&) mutable {
        if (options.progress) options.progress(++done, jobs.size(), tasks[index].captured->program);
    });
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        const Task& task = tasks[i];
        const std::string label = task.captured->program + " " + task.captured->size;
        if (ends[i].status == 0 && fs::exists(task.scratch / "run.json")) {
            Comparison one = compare_kernels(task.captured->kernels, RunValues::read(task.scratch / "run.json"), number_of(configured.variables, "sms").value_or(1));
            for (ComparedCase& c : one.cases) {
                c.name = label + " " + c.name;
                c.workload = task.captured->program;
                for (const Excluded& e : excluded)
                    if (c.excluded.empty() && e.program == task.captured->program && c.name.find(e.kernel) != std::string::npos) c.excluded = e.reason;
                for (const Excluded& f : fitted)
                    if (f.program == task.captured->program && c.name.find(f.kernel) != std::string::npos) c.use = Use::Fitted, c.note = "fitted: " + f.reason;
                result.cases.push_back(std::move(c));
            }
            remarks.insert(one.remarks.begin(), one.remarks.end());
        } else {
            ComparedCase c;
            c.name = label;
            c.group = "programs without a simulation";
            c.metric = "program";
            c.excluded = !task.missing.empty() ? task.missing : ends[i].timed_out ? fmt::format("took longer than {:g} s", options.timeout_seconds)
                                                                                : fmt::format("ended with status {}: {}", ends[i].status, first_words(task.scratch / "output.txt"));
            result.cases.push_back(std::move(c));
        }
        ResultStore::discard(task.scratch);
    }
    result.ran = tasks.size();
    result.counters = true;
    result.title = fmt::format("capture {} on {}", fs::absolute(capture).lexically_normal().filename().string(), options.gpu_name);
    result.gpu = options.gpu_name;
    result.description = fmt::format("workloads measured by Nsight Compute, caches {}", cache == "all" ? "flushed before each kernel" : "as the program leaves them");
    result.heddle_version = options.version;
    result.config_hash = configured.hash;
    result.remarks.assign(remarks.begin(), remarks.end());
    return result;
}

} // namespace heddle::validation
