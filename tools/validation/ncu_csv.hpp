// What `ncu --csv` printed: kernels in the order they ran, each with the metrics it was measured by.
//
// Both layouts are read: the wide one of `--page raw` (a column a metric, units in the second line) and the default one of
// `--page details` (a line a metric). Lines of the profiler itself (==PROF==) and of the program before the header are passed over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heddle::validation {

struct NcuMetric {
    std::string section, name, unit, value; // as printed; the section is empty in the wide layout
};

struct NcuKernel {
    std::string id, name;   // the demangled name
    std::string grid, block; // "(64, 1, 1)", empty if not printed
    std::uint64_t line = 0;
    std::vector<NcuMetric> metrics;
};

// Errors: UserError with file and line.
std::vector<NcuKernel> parse_ncu_csv(const std::string& text, const std::string& name);

// A function's own name: without return type, template arguments and parameters. "void ns::f<int>(int *)" is "ns::f".
std::string plain_name(const std::string& demangled);

// "(64, 2, 1)" or "64, 2, 1" as numbers; empty if it is no extent.
std::vector<std::uint64_t> parse_extent(const std::string& text);

} // namespace heddle::validation
