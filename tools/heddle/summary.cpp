#include "tools/heddle/summary.hpp"

#include "sim/gpu/energy.hpp"
#include "sim/gpu/figures.hpp"
#include "tools/heddle/hot_table.hpp"
#include "tools/heddle/text_format.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heddle {

namespace {

constexpr std::size_t kTopStalls = 5;
constexpr std::size_t kNamedCounts = 4;
constexpr std::size_t kCountColumns = 100;
constexpr std::string_view kUnmodelled = ".unmodelled.";
constexpr std::size_t kLineColumns = 160;
constexpr std::size_t kNameColumns = 32;

std::string line(std::string_view label, const std::string& text) { return fmt::format("  {:<14}{}\n", label, text); }

std::string of_peak(const Throughput& t, std::string_view unit, double peak) {
    std::string text = si(t.per_second.value_or(0), unit);
    return t.of_peak ? text + fmt::format(" of {} ({})", si(peak, unit), percent(t.of_peak)) : text;
}

// Reasons by size, the issued share first whatever it is.
std::string top_shares(std::vector<Share> shares, std::size_t count) {
    std::stable_sort(shares.begin(), shares.end(), [](const Share& a, const Share& b) {
        return (a.reason == "issued") != (b.reason == "issued") ? a.reason == "issued" : a.fraction > b.fraction;
    });
    std::vector<std::string> parts;
    for (const Share& share : shares)
        if (parts.size() <= count && (share.fraction >= 0.0005 || share.reason == "issued"))
            parts.push_back(fmt::format("{} {}", share.reason, percent(share.fraction)));
    return parts.empty() ? "no SM was active" : fmt::format("{}", fmt::join(parts, ", "));
}

// The machine's own counters go by what follows `.unmodelled.` and have a unit; the frontend's are sentences already.
std::string count_text(const RunRecord& record, const FrontendNotes::Count& count) {
    for (const auto& family : record.total.families)
        if (const auto place = family.name.find(kUnmodelled); place != std::string::npos && family.name == count.what)
            return fmt::format("{} ({} {})", family.name.substr(place + kUnmodelled.size()), with_commas(count.count), family.unit);
    return fmt::format("{} ({})", count.what, with_commas(count.count));
}

std::string counts_text(const RunRecord& record, const std::vector<FrontendNotes::Count>& counts) {
    std::vector<std::string> parts;
    for (const auto& count : counts)
        if (parts.size() < kNamedCounts) parts.push_back(fitted(count_text(record, count), kCountColumns));
    std::string text = fmt::format("{}", fmt::join(parts, "; "));
    if (counts.size() > kNamedCounts) text += fmt::format("; and {} more in run.json", counts.size() - kNamedCounts);
    return text;
}

// Floating-point rates the run has any of.
std::string flops_text(const Figures& f, const MachinePeaks& peaks) {
    std::vector<std::string> parts;
    const auto add = [&](const char* name, const Throughput& t, double peak) {
        if (t.amount > 0) parts.push_back(fmt::format("{} {}", name, of_peak(t, "FLOP/s", peak)));
    };
    add("FP32", f.fp32, peaks.fp32_flops_per_second);
    add("tensor", f.tensor, peaks.fp16_tensor_flops_per_second);
    add("FP64", f.fp64, peaks.fp64_flops_per_second);
    add("FP16", f.fp16, 0);
    return parts.empty() ? "no floating-point instructions" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string sources_text(const RunRecord& record) {
    std::uint64_t all = 0;
    std::vector<std::string> parts;
    for (const auto& [source, count] : record.sources) {
        all += count;
        if (count != 0) parts.push_back(fmt::format("{} {}", count, source));
    }
    return fmt::format("{} configuration values: {}", all, fmt::join(parts, ", "));
}

std::string speed_text(const RunRecord& record) {
    const HostRecord& h = record.host;
    const auto instructions = static_cast<double>(record.warp_instructions);
    std::string text = fmt::format("{} ({} CPU, {} thread{}, {}B)", si(h.wall_seconds, "s"), si(h.cpu_seconds, "s"), h.threads,
                                   h.threads == 1 ? "" : "s", si(static_cast<double>(h.peak_memory_bytes), ""));
    if (h.cpu_seconds > 0) text += fmt::format(": {}/CPU-s", si(instructions / h.cpu_seconds, "warp instr"));
    if (record.active_sm_cycles != 0)
        text += fmt::format(", {} CPU per active SM-cycle", si(h.cpu_seconds / static_cast<double>(record.active_sm_cycles), "s"));
    return text;
}

std::string instructions_text(const RunRecord& record, const Figures& f) {
    return fmt::format("{} warp, {} thread ({} lanes each); IPC {} ({} per active SM)", with_commas(record.warp_instructions),
                       with_commas(record.thread_instructions), decimal(f.lanes), decimal(f.ipc), decimal(f.ipc_active_sm));
}

std::string memory_lines(const Figures& f, const MachinePeaks& peaks) {
    std::string text = line("L1", f.l1_load_sectors != 0
                                      ? fmt::format("{} hits of {} load sectors", percent(f.l1_hit_rate), with_commas(f.l1_load_sectors))
                                      : "no loads");
    text += line("L2", fmt::format("{} hits of {} read sectors; {}", percent(f.l2_hit_rate), with_commas(f.l2_read_sectors),
                                   of_peak(f.l2, "B/s", peaks.l2_bytes_per_second)));
    return text + line("DRAM", fmt::format("{} read, {} written; {}; {} row hits", si(static_cast<double>(f.dram_read_bytes), "B"),
                                           si(static_cast<double>(f.dram_write_bytes), "B"),
                                           of_peak(f.dram, "B/s", peaks.dram_bytes_per_second), percent(f.dram_row_hit_rate)));
}

std::string table_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
    std::string row;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string padding(widths[i] - columns(cells[i]), ' ');
        // Names and reasons to the left, numbers to the right.
        const bool left = i == 1 || i + 1 == cells.size();
        row += "  " + (left ? cells[i] + padding : padding + cells[i]);
    }
    row.erase(row.find_last_not_of(' ') + 1);
    return row + "\n";
}

std::vector<std::string> cells_of(const KernelRecord& kernel, const MachinePeaks& peaks) {
    const Figures f = figures_of(kernel, peaks);
    const Share* top = nullptr;
    for (const Share& share : f.issue_slots)
        if (share.reason != "issued" && (top == nullptr || share.fraction > top->fraction)) top = &share;
    return {std::to_string(kernel.id) + (kernel.overlapped ? "*" : ""),
            fitted(short_name(kernel.name), kNameColumns),
            extent(kernel.grid),
            extent(kernel.block),
            si(f.seconds, "s"),
            with_commas(kernel.cycles),
            with_commas(kernel.warp_instructions),
            decimal(f.ipc),
            percent(f.occupancy),
            percent(f.l1_hit_rate),
            percent(f.l2_hit_rate),
            percent(f.dram.of_peak),
            top != nullptr ? fmt::format("{} {}", top->reason, percent(top->fraction)) : "-"};
}

// The kernels to show: all, or the slowest, in order of launch.
std::vector<const KernelRecord*> shown_kernels(const RunRecord& record) {
    std::vector<const KernelRecord*> kernels;
    for (const KernelRecord& kernel : record.kernels) kernels.push_back(&kernel);
    if (kernels.size() <= kTableKernels) return kernels;
    std::stable_sort(kernels.begin(), kernels.end(), [](const auto* a, const auto* b) { return a->end - a->start > b->end - b->start; });
    kernels.resize(kTableKernels);
    std::stable_sort(kernels.begin(), kernels.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
    return kernels;
}

// "1.2 mJ, 310 W on average; DRAM 31 %, clock 12 %, ...": what took most.
std::string energy_text(const Energy& e, double seconds) {
    std::vector<std::pair<double, const char*>> parts{{e.board + e.static_core + e.clock + e.dram_standby, "idle power"},
                                                      {e.instructions, "fetch and issue"},
                                                      {e.alu + e.fma + e.fp16 + e.fp64 + e.xu, "arithmetic"},
                                                      {e.tensor, "tensor cores"},
                                                      {e.shared_memory + e.l1, "L1 and shared memory"},
                                                      {e.l2, "L2"},
                                                      {e.dram, "DRAM"}};
    std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::string text = fmt::format("{}, {} on average", si(e.joules(), "J"), si(e.joules() / seconds, "W"));
    for (std::size_t i = 0; i < 3 && parts[i].first > 0; ++i) text += fmt::format("{} {} {:.0f} %", i == 0 ? ":" : ",", parts[i].second, 100 * parts[i].first / e.joules());
    return text;
}

// "767 mm2 (760 to 773) as configured, told from GH100's 814 mm2: SMs 61 %, ...": what takes most, then what is to be kept in mind.
std::string area_text(const DieArea& area) {
    const auto sum = [&](std::initializer_list<std::string_view> names) {
        double mm2 = 0;
        for (const auto& part : area.breakdown)
            if (std::find(names.begin(), names.end(), part.name) != names.end()) mm2 += part.mm2;
        return mm2;
    };
    std::vector<std::pair<double, const char*>> parts{{sum({"control", "fp32", "integer", "fp64", "tensor", "tensor_f64", "register_file", "l1", "sm_rest"}), "SMs"},
                                                      {sum({"crossbar"}), "network"},
                                                      {sum({"l2"}), "L2"},
                                                      {sum({"hbm_phy", "hbm_controller"}), "HBM interfaces"}};
    std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::string text = fmt::format("about {:.0f} mm2 ({:.0f} to {:.0f}), told from {}'s {:.0f} mm2", area.mm2, area.low, area.high, area.anchor, area.anchor_mm2);
    if (area.mm2 > 0)
        for (std::size_t i = 0; i < 3 && parts[i].first > 0; ++i) text += fmt::format("{} {} {:.0f} %", i == 0 ? ":" : ",", parts[i].second, 100 * parts[i].first / area.mm2);
    return text;
}

} // namespace

std::string run_lines(const RunRecord& record) {
    const Figures f = figures_of(record);
    const MachinePeaks& peaks = record.peaks;
    std::string text = fmt::format("{} on {} ({} SMs at {})\n", fitted(record.trace, kLineColumns), record.gpu, peaks.sms,
                                   si(static_cast<double>(peaks.sm_clock), "Hz"));
    const std::size_t kernels = record.kernels.size();
    text += line("time",
                 fmt::format("{}, {} SM cycles, {} kernel{}", si(f.seconds, "s"), with_commas(f.cycles), kernels, kernels == 1 ? "" : "s"));
    text += line("instructions", instructions_text(record, f));
    text += line("arithmetic", flops_text(f, peaks));
    text += memory_lines(f, peaks);
    text += line("warps",
                 fmt::format("{} resident per active SM of {} ({})", decimal(f.resident_warps), peaks.warps_per_sm, percent(f.occupancy)));
    text += line("issue slots", top_shares(f.issue_slots, kTopStalls));
    if (const auto energy = energy_of(record); energy && f.seconds > 0) text += line("energy", energy_text(*energy, f.seconds));
    if (record.clock_history) text += line("SM clock", text_of(*record.clock_history));
    if (record.clock_choice) text += line("SM clock", text_of(*record.clock_choice));
    if (record.area) {
        text += line("area", area_text(*record.area));
        for (const std::string& note : record.area->notes) text += line("", "(" + note + ")");
    }
    text += line("caches", record.cache);
    const auto unmodelled = unmodelled_of(record);
    text += line("unmodelled", unmodelled.empty() ? "nothing the trace asked for" : counts_text(record, unmodelled));
    if (!record.notes.anomalies.empty()) text += line("anomalies", counts_text(record, record.notes.anomalies));
    for (const std::string& assumption : record.notes.assumptions) text += line("assumed", fitted(assumption, kLineColumns));
    text += line("rests on", sources_text(record));
    text += line("host", speed_text(record));
    return text +
           line("run", fmt::format("hash {}, configuration {}, Heddle {}", record.run_hash, record.config_hash, record.heddle_version));
}

std::string kernel_table(const RunRecord& record) {
    std::vector<std::vector<std::string>> rows{
        {"#", "kernel", "grid", "block", "time", "cycles", "warp instr", "IPC", "occup.", "L1 hit", "L2 hit", "DRAM", "top stall"}};
    const auto kernels = shown_kernels(record);
    for (const KernelRecord* kernel : kernels) rows.push_back(cells_of(*kernel, record.peaks));
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
    std::string text;
    for (const auto& row : rows) text += table_row(row, widths);
    if (kernels.size() < record.kernels.size())
        text += fmt::format("  the {} slowest of {} kernels; --csv lists all\n", kernels.size(), record.kernels.size());
    if (std::any_of(record.kernels.begin(), record.kernels.end(), [](const auto& k) { return k.overlapped; }))
        text += "  * ran beside another kernel: rates and stalls are of the machine, not of this kernel alone\n";
    return text;
}

std::string summary(const RunRecord& record) {
    const std::string hot = hot_table(record);
    return run_lines(record) + "\n" + kernel_table(record) + (hot.empty() ? "" : "\n" + hot);
}

} // namespace heddle
