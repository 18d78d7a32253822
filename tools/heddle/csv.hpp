// The kernels of a run as comma-separated values (RFC 4180), one line each: `heddle run --csv` and kernels.csv.
#pragma once

#include "sim/gpu/run_record.hpp"
#include "tools/csv_field.hpp"

#include <string>

namespace heddle {

// A header line, then a line per kernel. Columns of figures are empty where a ratio has nothing to divide by; one column
// per stall reason, as fractions of issue slots.
std::string kernels_csv(const RunRecord& record);

} // namespace heddle
