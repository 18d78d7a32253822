#include "sim/gpu/time_series.hpp"

#include "sim/gpu/energy_meter.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace heddle {

namespace {

// Families whose growth is kept. Figures (figures.hpp) are made of these.
bool is_watched(std::string_view family) {
    static constexpr std::string_view kNames[] = {
        "gpu.sm.active_cycles",        "gpu.sm.sub_core.active_cycles", "gpu.sm.sub_core.inst_executed", "gpu.sm.sub_core.thread_inst_executed", "gpu.sm.sub_core.warps_active",
        "gpu.sm.sub_core.flops_fp16",  "gpu.sm.sub_core.flops_fp32",    "gpu.sm.sub_core.flops_fp64",    "gpu.sm.sub_core.flops_tensor",         "gpu.sm.sub_core.inst_executed_pipe.tensor_busy",
        "gpu.sm.lsu.l1tex_data_pipe_lsu_wavefronts", "gpu.dram.read_atoms", "gpu.dram.write_atoms", "gpu.dram.row_hits", "gpu.dram.row_misses", "gpu.dram.row_conflicts"};
    static constexpr std::string_view kBelow[] = {"gpu.sm.sub_core.issue_slots.", "gpu.sm.l1_cache.l1tex_t_sectors_", "gpu.l2.lts_t_sectors_op_"};
    return std::find(std::begin(kNames), std::end(kNames), family) != std::end(kNames) ||
           std::any_of(std::begin(kBelow), std::end(kBelow), [&](std::string_view prefix) { return family.starts_with(prefix); });
}

} // namespace

std::uint64_t TimeSeriesSampler::Watched::advance() {
    std::uint64_t now = 0;
    for (const Stat* stat : stats) now += stat->value();
    return now - std::exchange(last, now);
}

TimeSeriesSampler::TimeSeriesSampler(const StatTree& tree, const TimeSeriesOptions& options, std::unique_ptr<EnergyMeter> meter)
    : interval_(options.interval), per_sm_(options.per_sm), next_(options.interval), meter_(std::move(meter)) {
    series_.interval = options.interval;
    for (const auto& family : tree.families(tree.snapshot())) {
        if (!is_watched(family.name)) continue;
        series_.columns.push_back({family.name, family.unit, family.sentence, {}});
        columns_.push_back({tree.members(family.name)});
    }
    if (!per_sm_) return;
    // SMs were added one after another, each with the same number of sub-cores.
    const std::size_t sms = tree.members("gpu.sm.active_cycles").size();
    const auto split = [&](std::string_view family, std::vector<Watched>& by_sm) {
        const auto members = tree.members(family);
        const std::size_t each = members.size() / sms;
        for (std::size_t sm = 0; sm < sms; ++sm) by_sm.push_back({{members.begin() + static_cast<std::ptrdiff_t>(sm * each), members.begin() + static_cast<std::ptrdiff_t>((sm + 1) * each)}});
    };
    split("gpu.sm.sub_core.inst_executed", sm_instructions_);
    split("gpu.sm.sub_core.warps_active", sm_warp_cycles_);
}

TimeSeriesSampler::~TimeSeriesSampler() = default;

void TimeSeriesSampler::clock_changes(const Moment& now) {
    const Duration duration = now.time > clock_since_ ? now.time - clock_since_ : 0;
    clock_sum_ += static_cast<long double>(now.sm_clock) * static_cast<long double>(duration);
    clock_since_ += duration;
    if (meter_) energy_ += meter_->read(now.time, now.sm_clock, now.tensor);
}

void TimeSeriesSampler::append(const Moment& now) {
    const Time start = series_.ends.empty() ? 0 : series_.ends.back();
    clock_changes(now);
    series_.ends.push_back(now.time);
    series_.sm_clock.push_back(now.time > start ? static_cast<Hertz>(clock_sum_ / static_cast<long double>(now.time - start) + 0.5L) : now.sm_clock);
    clock_sum_ = 0;
    if (meter_) series_.energy.push_back(std::exchange(energy_, {}));
    for (std::size_t i = 0; i < columns_.size(); ++i) series_.columns[i].values.push_back(columns_[i].advance());
    if (!per_sm_) return;
    const auto row = [](std::vector<Watched>& by_sm) {
        std::vector<std::uint32_t> values;
        for (Watched& sm : by_sm) values.push_back(static_cast<std::uint32_t>(sm.advance()));
        return values;
    };
    series_.sm_instructions.push_back(row(sm_instructions_));
    series_.sm_warp_cycles.push_back(row(sm_warp_cycles_));
}

Hertz TimeSeriesSampler::mean_clock(std::size_t first, std::size_t last) const {
    long double sum = 0;
    for (std::size_t i = first; i <= last; ++i) sum += static_cast<long double>(series_.sm_clock[i]) * static_cast<long double>(series_.ends[i] - series_.start_of(i));
    return static_cast<Hertz>(sum / static_cast<long double>(series_.ends[last] - series_.start_of(first)) + 0.5L);
}

// Requires: an even number of intervals.
void TimeSeriesSampler::merge_neighbours() {
    const std::size_t half = series_.ends.size() / 2;
    for (std::size_t i = 0; i < half; ++i) {
        series_.sm_clock[i] = mean_clock(2 * i, 2 * i + 1); // before `ends` are merged
        if (!meter_) continue;
        series_.energy[i] = series_.energy[2 * i];
        series_.energy[i] += series_.energy[2 * i + 1];
    }
    series_.sm_clock.resize(half);
    if (meter_) series_.energy.resize(half);
    for (std::size_t i = 0; i < half; ++i) series_.ends[i] = series_.ends[2 * i + 1];
    series_.ends.resize(half);
    for (auto& column : series_.columns) {
        for (std::size_t i = 0; i < half; ++i) column.values[i] = column.values[2 * i] + column.values[2 * i + 1];
        column.values.resize(half);
    }
    for (auto* rows : {&series_.sm_instructions, &series_.sm_warp_cycles}) {
        if (rows->empty()) continue;
        for (std::size_t i = 0; i < half; ++i) {
            auto row = std::move((*rows)[2 * i]);
            for (std::size_t sm = 0; sm < row.size(); ++sm) row[sm] += (*rows)[2 * i + 1][sm];
            (*rows)[i] = std::move(row);
        }
        rows->resize(half);
    }
    interval_ *= 2;
    series_.interval = interval_;
}

void TimeSeriesSampler::sample(const Moment& now) {
    append(now);
    if (series_.ends.size() == (per_sm_ ? kMostSamplesPerSm : kMostSamples)) merge_neighbours();
    next_ = now.time + interval_;
}

TimeSeries TimeSeriesSampler::finish(const Moment& end) {
    append({series_.ends.empty() ? end.time : std::max(end.time, series_.ends.back()), end.sm_clock, end.tensor});
    if (const std::size_t last = series_.ends.size() - 1; last != 0 && end.time <= series_.ends[last - 1]) {
        // What was counted since, when the kernels had ended, belongs to the last interval, which ends with them.
        series_.ends.pop_back();
        series_.sm_clock.pop_back();
        const auto join = [&](auto& values) {
            values[last - 1] += values[last];
            values.pop_back();
        };
        for (auto& column : series_.columns) join(column.values);
        if (meter_) join(series_.energy);
        for (auto* rows : {&series_.sm_instructions, &series_.sm_warp_cycles}) {
            if (rows->empty()) continue;
            for (std::size_t sm = 0; sm < rows->back().size(); ++sm) (*rows)[last - 1][sm] += rows->back()[sm];
            rows->pop_back();
        }
        if (end.time > series_.start_of(last - 1)) series_.ends.back() = end.time;
    }
    next_ = kNoTime;
    return std::move(series_);
}

} // namespace heddle
