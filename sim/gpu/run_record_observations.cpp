#include "sim/gpu/run_record_observations.hpp"

#include "sim/gpu/figures.hpp"

#include <algorithm>

namespace heddle {

namespace {

using Json = nlohmann::ordered_json;

Json stalls_of(const InstructionCounts& counts) {
    Json stalls = Json::object();
    for (unsigned i = 0; i < kStalls; ++i)
        if (counts.warp_cycles[i] != 0) stalls[name(static_cast<Stall>(i))] = counts.warp_cycles[i];
    return stalls;
}

void add_counts(Json& out, const InstructionCounts& counts) {
    out["samples"] = counts.all_warp_cycles();
    out["stalls"] = stalls_of(counts);
    out["executed"] = counts.warp_cycles[static_cast<unsigned>(Stall::Selected)];
    out["thread_executed"] = counts.thread_instructions;
}

double nanoseconds(Time femtoseconds) { return static_cast<double>(femtoseconds) / static_cast<double>(kNanosecond); }

struct FigureOverTime {
    const char *name, *unit;
    Ratio (*value)(const Figures&);
};

Ratio scaled(const Ratio& value, double by) { return value ? Ratio(*value * by) : std::nullopt; }
Ratio giga_per_second(double amount, double seconds) { return seconds > 0 ? Ratio(amount / seconds * 1e-9) : std::nullopt; }
Ratio issued(const Figures& f) {
    for (const Share& share : f.issue_slots)
        if (share.reason == "issued") return 100 * share.fraction;
    return std::nullopt;
}

constexpr FigureOverTime kFigures[] = {
    {"ipc", "inst/cycle", [](const Figures& f) { return f.ipc; }},
    {"issue_active_percent", "%", issued},
    {"resident_warps", "warps", [](const Figures& f) { return f.resident_warps; }},
    {"occupancy_percent", "%", [](const Figures& f) { return scaled(f.occupancy, 100); }},
    {"l1_hit_rate_percent", "%", [](const Figures& f) { return scaled(f.l1_hit_rate, 100); }},
    {"l1_bandwidth_gbs", "GB/s", [](const Figures& f) { return giga_per_second(static_cast<double>(kSectorBytes * f.l1_sectors), f.seconds); }},
    {"l2_hit_rate_percent", "%", [](const Figures& f) { return scaled(f.l2_hit_rate, 100); }},
    {"l2_bandwidth_gbs", "GB/s", [](const Figures& f) { return scaled(f.l2.per_second, 1e-9); }},
    {"dram_read_bandwidth_gbs", "GB/s", [](const Figures& f) { return giga_per_second(static_cast<double>(f.dram_read_bytes), f.seconds); }},
    {"dram_write_bandwidth_gbs", "GB/s", [](const Figures& f) { return giga_per_second(static_cast<double>(f.dram_write_bytes), f.seconds); }},
    {"fp16_tflops", "TFLOP/s", [](const Figures& f) { return scaled(f.fp16.per_second, 1e-12); }},
    {"fp32_tflops", "TFLOP/s", [](const Figures& f) { return scaled(f.fp32.per_second, 1e-12); }},
    {"fp64_tflops", "TFLOP/s", [](const Figures& f) { return scaled(f.fp64.per_second, 1e-12); }},
    {"tensor_tflops", "TFLOP/s", [](const Figures& f) { return scaled(f.tensor.per_second, 1e-12); }},
};

} // namespace

void add_hot_instructions(Json& kernel, const HotInstructions& hot) {
    Json rows = Json::array();
    for (const InstructionRecord& instruction : hot.hottest) {
        Json row = {{"pc", instruction.text.pc}};
        if (!instruction.text.function.empty()) row["function"] = instruction.text.function;
        row["sass"] = instruction.text.sass;
        add_counts(row, instruction.counts);
        rows.push_back(std::move(row));
    }
    kernel["hot_instructions"] = std::move(rows);
    Json total = {{"instructions", hot.instructions}};
    add_counts(total, hot.total);
    kernel["hot_instructions_total"] = std::move(total);
}

namespace {

// Power in all and by kind of part, averaged over each interval.
void add_powers(const TimeSeries& series, std::vector<SeriesOfFigure>& result) {
    if (series.energy.empty()) return;
    const auto add = [&](const char* name, auto is_counted) {
        std::vector<Ratio> watts;
        for (std::size_t i = 0; i < series.energy.size(); ++i) {
            double joules = 0;
            for (const EnergyPart& part : kEnergyParts)
                if (is_counted(part.of)) joules += series.energy[i].*part.joules;
            const Duration duration = series.ends[i] - series.start_of(i);
            watts.push_back(duration > 0 ? Ratio(joules / static_cast<double>(duration) * static_cast<double>(kFemtosecondsPerSecond)) : std::nullopt);
        }
        result.push_back({name, "W", std::move(watts)});
    };
    add("power_watts", [](PartOf) { return true; });
    add("idle_power_watts", [](PartOf of) { return of == PartOf::Idle; });
    add("core_power_watts", [](PartOf of) { return of == PartOf::Core; });
    add("dram_power_watts", [](PartOf of) { return of == PartOf::Dram; });
}

} // namespace

std::vector<SeriesOfFigure> figures_over_time(const TimeSeries& series, const MachinePeaks& peaks) {
    std::vector<SeriesOfFigure> result;
    for (const FigureOverTime& figure : kFigures) result.push_back({figure.name, figure.unit, {}});
    Counters counters;
    for (const auto& column : series.columns) counters.families.push_back({column.family, column.unit, column.sentence, 0});
    for (std::size_t i = 0; i < series.ends.size(); ++i) {
        for (std::size_t c = 0; c < series.columns.size(); ++c) counters.families[c].value = series.columns[c].values[i];
        const Figures figures = figures_of_interval(counters, series.ends[i] - series.start_of(i), series.sm_clock[i], peaks);
        for (std::size_t f = 0; f < result.size(); ++f) result[f].values.push_back(kFigures[f].value(figures));
    }
    // Rates of operations the run has none of say nothing.
    std::erase_if(result, [](const SeriesOfFigure& s) {
        return std::string_view(s.name).ends_with("_tflops") && std::all_of(s.values.begin(), s.values.end(), [](const auto& v) { return v.value_or(0) == 0; });
    });
    result.push_back({"sm_clock_mhz", "MHz", {}});
    for (const Hertz clock : series.sm_clock) result.back().values.push_back(static_cast<double>(clock) * 1e-6);
    add_powers(series, result);
    return result;
}

Json time_series_json(const TimeSeries& series, const MachinePeaks& peaks) {
    Json out = {{"interval_ns", nanoseconds(series.interval)}, {"end_ns", Json::array()}, {"series", Json::object()}, {"counters", Json::object()}};
    for (const Time end : series.ends) out["end_ns"].push_back(nanoseconds(end));
    for (const SeriesOfFigure& figure : figures_over_time(series, peaks)) {
        Json values = Json::array();
        for (const auto& value : figure.values) values.push_back(value ? Json(*value) : Json(nullptr));
        out["series"][figure.name] = {{"unit", figure.unit}, {"values", std::move(values)}};
    }
    for (const auto& column : series.columns) out["counters"][column.family] = column.values;
    for (const EnergyPart& part : kEnergyParts) {
        if (std::all_of(series.energy.begin(), series.energy.end(), [&](const Energy& e) { return e.*part.joules == 0; })) continue;
        for (const Energy& energy : series.energy) out["energy"][part.name].push_back(energy.*part.joules);
    }
    if (!series.sm_instructions.empty()) out["sms"] = {{"warp_instructions", series.sm_instructions}, {"warp_cycles", series.sm_warp_cycles}};
    return out;
}

} // namespace heddle
