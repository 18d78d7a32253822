#include "tools/heddle/run_report.hpp"

#include "sim/base/error.hpp"
#include "sim/config/section_walk.hpp"
#include "sim/config/value.hpp"
#include "sim/gpu/figures.hpp"
#include "tools/common/write_file.hpp"
#include "tools/heddle/csv.hpp"
#include "tools/heddle/summary.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <sys/resource.h>

namespace heddle {

namespace {

namespace fs = std::filesystem;

rusage usage_now() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage;
}

double cpu_seconds(const rusage& u) {
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
    return seconds(u.ru_utime) + seconds(u.ru_stime);
}

} // namespace

HostMeter::HostMeter() : start_(std::chrono::steady_clock::now()), cpu_start_(cpu_seconds(usage_now())) {}

HostRecord HostMeter::read() const {
    HostRecord host;
    host.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const rusage usage = usage_now();
    host.cpu_seconds = cpu_seconds(usage) - cpu_start_;
    host.peak_memory_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * kKiB;
    return host;
}

void prepare_out(const std::string& out) {
    if (out.empty()) return;
    std::error_code error;
    fs::create_directories(out, error);
    if (error || !fs::is_directory(out)) fail_at(out, 0, 0, "cannot be made a folder for the results", error.message());
}

void add_configuration(RunRecord& record, const LoadedGpu& gpu, const std::vector<std::string>& overrides) {
    record.config_hash = gpu.loaded.hash();
    record.config_files = gpu.loaded.files();
    for (const std::string& text : overrides) record.config_files.push_back("--set " + text);
    for (const auto& [source, count] : gpu.loaded.source_counts()) record.sources.emplace_back(source, count);
    config::for_each_field(gpu.section, [&](const std::string& path, const config::Field& field) {
        record.config_values.emplace_back(path, config::value_text(field));
    });
}

void require_modelled(const RunRecord& record) {
    std::vector<Diagnostic> findings;
    for (const auto& count : unmodelled_of(record))
        findings.push_back({record.trace, 0, 0, fmt::format("not modelled: {} ({})", count.what, count.count), "refused by --strict"});
    for (const auto& count : record.notes.anomalies)
        findings.push_back({record.trace, 0, 0, fmt::format("anomaly: {} ({})", count.what, count.count), "refused by --strict"});
    if (!findings.empty()) throw UserError(std::move(findings));
}

void report(const RunRecord& record, const OutputStyle& style) {
    if (!style.out.empty()) {
        write_file(fs::path(style.out) / "run.json", to_json(record));
        write_file(fs::path(style.out) / "kernels.csv", kernels_csv(record));
    }
    if (style.quiet) return;
    if (style.json) write_out(to_json(record));
    else if (style.csv) write_out(kernels_csv(record));
    else write_out(summary(record));
}

} // namespace heddle
