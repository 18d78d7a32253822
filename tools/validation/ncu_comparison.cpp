#include "tools/validation/ncu_comparison.hpp"

#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"
#include "tools/validation/counter_map.hpp"
#include "tools/validation/job_pool.hpp"
#include "tools/validation/result_store.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace heddle::validation {

namespace fs = std::filesystem;

namespace {

// The last word of a name: namespaces differ in how they are printed.
std::string bare(const std::string& name) {
    const auto at = name.rfind("::");
    return at == std::string::npos ? name : name.substr(at + 2);
}

std::string demangled(const std::string& symbol) {
    int status = 0;
    char* text = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
    std::string result = status == 0 && text != nullptr ? text : symbol;
    std::free(text);
    return result;
}

// Name with its template arguments, alike for both: casts, suffixes of numbers, blanks and unnamed namespaces are printed by one of them only.
std::string instance(std::string name) {
    for (const char* unnamed : {"(anonymous namespace)::", "<unnamed>::"})
        for (std::size_t at = name.find(unnamed); at != std::string::npos; at = name.find(unnamed)) name.erase(at, std::strlen(unnamed));
    std::string text;
    int depth = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        if (c == '<') ++depth;
        if (c == '>') --depth;
        if (c == '(') {
            if (depth == 0) break; // parameters
            while (i < name.size() && name[i] != ')') ++i; // (Kind)2
            continue;
        }
        if (c == ' ' && depth == 0) {
            text.clear(); // what stood before was the type of the result
            continue;
        }
        if (c == ' ') continue;
        const bool is_suffix = depth > 0 && (c == 'u' || c == 'l') && !text.empty() && (std::isdigit(static_cast<unsigned char>(text.back())) != 0) &&
                               (i + 1 == name.size() || name[i + 1] == ',' || name[i + 1] == '>' || name[i + 1] == 'l');
        if (!is_suffix) text += c;
    }
    for (const auto& [word, number] : {std::pair{"true", "1"}, {"false", "0"}})
        for (const char* before : {"<", ","})
            for (const char* after : {">", ","})
                for (const std::string whole = std::string(before) + word + after; text.find(whole) != std::string::npos;)
                    text.replace(text.find(whole), whole.size(), std::string(before) + number + after);
    return text;
}

// The sizes without trailing ones.
std::vector<std::uint64_t> trimmed(std::vector<std::uint64_t> extent) {
    while (extent.size() > 1 && extent.back() == 1) extent.pop_back();
    return extent;
}

bool differs(const std::string& measured, const std::vector<std::uint64_t>& simulated) {
    const auto extent = parse_extent(measured);
    return !extent.empty() && !simulated.empty() && trimmed(extent) != trimmed(simulated);
}

ComparedCase whole_kernel(const std::string& label, const std::string& reason) {
    ComparedCase c;
    c.name = label;
    c.group = "kernels without a partner";
    c.metric = "kernel";
    c.excluded = reason;
    return c;
}

// One counter of one kernel; nothing if it has no counterpart or no value.
std::optional<ComparedCase> compare_metric(const NcuMetric& metric, const std::string& label, std::size_t kernel, const RunValues& run, double sms) {
    const Counter* counter = find_counter(metric.section, metric.name);
    const auto measured = counter ? ncu_value(metric.value, metric.unit) : std::nullopt;
    if (!measured) return std::nullopt;
    ComparedCase c;
    c.name = label;
    c.group = counter->metric;
    c.metric = counter->metric;
    c.unit = counter->unit;
    c.scale = counter->scale;
    c.measured = *measured;
    c.measured_known = true;
    c.origin = "Nsight Compute";
    c.run_hash = run.run_hash();
    const Evaluated value = evaluate(counter->value, [&](std::string_view name) { return name == "sms" ? std::optional(sms) : run.find_of_kernel(kernel, name); });
    if (!value.value) {
        c.excluded = value.fault == "divides by zero" ? "nothing of the sort happened in the simulation" : value.fault;
        return c;
    }
    c.simulated = *value.value;
    c.simulated_known = true;
    // A per cent of nothing says nothing.
    if (c.scale == Scale::Ratio && c.measured == 0) {
        if (c.simulated == 0) return std::nullopt;
        c.excluded = "none measured, so no relative error";
    }
    return c;
}

RunValues simulate(const std::vector<std::string>& input, bool program, const SuiteOptions& options) {
    const ResultStore store(options.work);
    const fs::path scratch = store.scratch("program");
    Job job;
    job.command = {options.heddle.string(), "run", "--quiet", "--gpu", options.gpu, "--out", scratch.string()};
    for (const std::string& set : options.overrides) job.command.insert(job.command.end(), {"--set", set});
    if (program) job.command.emplace_back("--");
    job.command.insert(job.command.end(), input.begin(), input.end());
    job.output = (scratch / "output.txt").string();
    const JobEnd end = run_jobs({job}, 1, {}).front();
    if (end.status != 0 || !fs::exists(scratch / "run.json")) {
        std::ifstream file(job.output);
        const std::string said((std::istreambuf_iterator<char>(file)), {});
        ResultStore::discard(scratch);
        fail_at(input.front(), 0, 0, end.status == 0 ? "launched no kernel, or did so in several processes" : fmt::format("ended with status {}", end.status), said);
    }
    RunValues values = RunValues::read(scratch / "run.json");
    ResultStore::discard(scratch);
    return values;
}

} // namespace

Comparison compare_kernels(const std::vector<NcuKernel>& measured, const RunValues& run, double sms) {
    Comparison result;
    std::map<std::string, std::vector<std::size_t>> places;
    // By the whole instance of a template where both know it, else by the bare name.
    for (std::size_t k = 0; k < run.kernels().size(); ++k) {
        const std::string name = demangled(run.kernels()[k].name);
        places[instance(name)].push_back(k);
        if (instance(name) != bare(plain_name(name))) places[bare(plain_name(name))].push_back(k);
    }
    std::set<std::size_t> met;
    std::map<std::string, std::size_t> used;
    std::set<std::string> unknown;
    for (std::size_t m = 0; m < measured.size(); ++m) {
        const NcuKernel& kernel = measured[m];
        const std::string whole = instance(kernel.name), name = places.contains(whole) ? whole : bare(plain_name(kernel.name)), label = fmt::format("{}:{}", m + 1, name);
        const std::size_t nth = used[name]++;
        const auto& list = places[name];
        if (nth >= list.size()) {
            result.cases.push_back(whole_kernel(label, list.empty() ? "no simulated kernel has this name" : fmt::format("only {} of this name were simulated", list.size())));
            continue;
        }
        const SimulatedKernel& partner = run.kernels()[list[nth]];
        met.insert(list[nth]);
        if (differs(kernel.grid, partner.grid) || differs(kernel.block, partner.block)) {
            result.cases.push_back(whole_kernel(label, fmt::format("measured with grid {} and block {}, simulated with another", kernel.grid, kernel.block)));
            continue;
        }
        for (const NcuMetric& metric : kernel.metrics) {
            if (auto c = compare_metric(metric, label, list[nth], run, sms)) result.cases.push_back(std::move(*c));
            else if (!find_counter(metric.section, metric.name)) unknown.insert(metric.name);
        }
    }
    for (std::size_t k = 0; k < run.kernels().size(); ++k)
        if (!met.contains(k)) result.cases.push_back(whole_kernel(fmt::format("{} (simulated kernel {})", instance(demangled(run.kernels()[k].name)), k + 1), "not measured"));
    // By counter, in the order of the table.
    std::stable_sort(result.cases.begin(), result.cases.end(), [](const ComparedCase& a, const ComparedCase& b) { return find_counter(a.group) < find_counter(b.group); });
    std::stable_partition(result.cases.begin(), result.cases.end(), [](const ComparedCase& c) { return find_counter(c.group) != nullptr; });
    if (!unknown.empty()) result.remarks.push_back(fmt::format("{} measured metrics have no counterpart in run.json, the first is {}", unknown.size(), *unknown.begin()));
    return result;
}

Comparison compare_with_ncu(const fs::path& ncu, const std::vector<std::string>& input, bool program, const SuiteOptions& options) {
    const std::vector<NcuKernel> measured = parse_ncu_csv(read_whole_file(ncu), ncu.string());
    const auto configured = options.configure(options.overrides);
    const double sms = number_of(configured.variables, "sms").value_or(1);
    fs::path given = input.front();
    if (!program && fs::is_directory(given) && fs::exists(given / "run.json")) given /= "run.json";
    const bool ready = !program && given.extension() == ".json";
    if (!program && input.size() > 1) fail_at("", 0, 0, fmt::format("\"{}\" is one input too many", input[1]), "write -- before a program and its arguments");
    const RunValues run = ready ? RunValues::read(given) : simulate(input, program, options);
    Comparison result = compare_kernels(measured, run, sms);
    result.title = fmt::format("{} against {}", input.front(), ncu.filename().string());
    result.gpu = run.gpu();
    result.description = "Your own kernels: Nsight Compute against the simulation, counter by counter";
    result.heddle_version = options.version;
    result.config_hash = run.config_hash();
    for (const std::string& what : run.unmodelled()) result.remarks.push_back("the run says not modelled: " + what);
    if (std::none_of(result.cases.begin(), result.cases.end(), [](const ComparedCase& c) { return c.excluded.empty(); }))
        result.remarks.push_back("nothing could be compared");
    return result;
}

} // namespace heddle::validation
