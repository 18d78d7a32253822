// A program captured by the Accel-Sim tracer: the commands of a kernel list, or a single kernel trace.
#pragma once

#include "frontend/trace/accelsim.hpp"
#include "frontend/trace/accelsim_findings.hpp"

#include <vector>

namespace heddle {

// A line of a kernel list that is carried out.
struct AccelSimCommand {
    Command::Kind kind = Command::Kind::Launch;
    Address address = 0; // copies
    Bytes bytes = 0;
    std::filesystem::path trace; // launches
};

// Reads a kernel list. UserError with all findings: lines that cannot be read, traces that are absent or compressed
// otherwise than their names say, a list without any kernel. Lines that mean nothing to the model are counted.
std::vector<AccelSimCommand> read_kernel_list(const std::filesystem::path& list, AccelSimFindings& findings);

// 128-bit xxHash over the list and, for each trace in order, its size and content; of a file above 1 MiB only the
// first and the last 64 KiB, since traces can be tens of gigabytes. 32 hexadecimal digits.
std::string accelsim_digest(const std::filesystem::path& list, const std::vector<AccelSimCommand>& commands);

} // namespace heddle
