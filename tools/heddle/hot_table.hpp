// The hottest instructions of a run's slowest kernel, for the text summary of `heddle run --hot-instructions`.
#pragma once

#include "sim/gpu/run_record.hpp"

#include <string>

namespace heddle {

inline constexpr std::size_t kTableInstructions = 12; // more are in run.json

// A headline and a table; empty if no kernel has hot instructions.
std::string hot_table(const RunRecord& record);

} // namespace heddle
