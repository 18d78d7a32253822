// The parts of a run record that can be long, cut to what a page can show: instructions by program counter, time series.
#pragma once

#include <nlohmann/json.hpp>

namespace heddle::report {

// {rows, samples, instructions}: the first `most` hot_instructions of a kernel of a run record, and the samples and number of
// all its instructions. Null if the run did not count by instruction.
nlohmann::json hottest(const nlohmann::json& kernel, std::size_t most);

// A run's time_series as {interval_ns, end_ns, series {name: {unit, values}}}, without its counters. Of more than `most`
// intervals neighbours are joined, by the mean of those that have a value. Null if `series` is no such object.
nlohmann::json thinned(const nlohmann::json& series, std::size_t most);

// A time_series' warp instructions by SM as {end_ns, warp_instructions[interval][SM]}, neighbours summed until there are at
// most `most` intervals. Null without them.
nlohmann::json by_sm(const nlohmann::json& series, std::size_t most);

} // namespace heddle::report
