// What `heddle run` tells a person: about 15 lines on the run, then a table of the kernels.
#pragma once

#include "sim/gpu/run_record.hpp"

#include <string>

namespace heddle {

inline constexpr std::size_t kTableKernels = 24; // a longer table shows the slowest ones

// All parts, and the hottest instructions if they were asked for. The text ends with a line end.
std::string summary(const RunRecord& record);
std::string run_lines(const RunRecord& record);
std::string kernel_table(const RunRecord& record);

} // namespace heddle
