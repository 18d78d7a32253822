// A comparison as text, CSV, and one HTML page.
#pragma once

#include "tools/validation/comparison.hpp"

#include <string>

namespace heddle::validation {

// For a terminal: a line per case, then the figures, fitted and held out apart. `verbose` false leaves the cases out.
std::string text_report(const Comparison& comparison, bool verbose);

// One line per case: case, group, metric, unit, measured, simulated, error, use, excluded, device, origin ...
std::string csv_report(const Comparison& comparison);

// A page that needs nothing else: summary, scatter, errors, tables, provenance.
std::string html_report(const Comparison& comparison);

} // namespace heddle::validation
