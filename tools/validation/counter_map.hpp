// The one table of what Nsight Compute counts and what of run.json stands against it.
#pragma once

#include "tools/validation/comparison.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace heddle::validation {

struct Counter {
    const char* metric;  // Nsight Compute's name
    const char* display; // its name in the default (details) output, or ""
    const char* section; // the details section of `display`, where the display name alone is not enough
    const char* unit;    // after conversion: cycles, ns, bytes, inst, %, ...
    const char* value;   // an expression over a kernel of run.json
    Scale scale;
};

const std::vector<Counter>& counter_table();
// By metric name, or null.
const Counter* find_counter(std::string_view metric);
// By section and display name of the details output, or null.
const Counter* find_counter(std::string_view section, std::string_view display);

// A value of ncu in the unit of our table: "1,234.5" "Kbyte" is 1234500 bytes. Nothing for "n/a" and the like.
std::optional<double> ncu_value(const std::string& text, const std::string& unit);

// The table as Markdown, for the documentation.
std::string counter_table_text();

} // namespace heddle::validation
