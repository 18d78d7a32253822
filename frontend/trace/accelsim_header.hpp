// The lines with which every kernel trace begins: "-kernel name = ...", "-grid dim = (196,1,1)" and so on.
#pragma once

#include "frontend/trace/accelsim_findings.hpp"

#include <string_view>

namespace heddle {

struct AccelSimHeader {
    KernelLaunch launch;        // `id` is left to the caller
    unsigned version = 0;       // of the tracer, 1 to 6
    bool line_numbers = false;  // each instruction begins with a source line number
    bool cluster_known = false; // the header named a cluster extent
    Address shared_base = 0;    // of the generic shared window; 0 = unknown
    Address local_base = 0;     // of the generic local window; 0 = unknown
};

// Collects header lines one by one and checks them.
class AccelSimHeaderParser {
  public:
    // `line` begins with '-'. UserError: a known key with an unusable value.
    void take(std::string_view line, const TracePlace& place, AccelSimFindings& findings);
    // The header, complete. UserError: a line that every trace must have is missing, or the extents are impossible.
    AccelSimHeader finish(const TracePlace& place, AccelSimFindings& findings) const;

  private:
    AccelSimHeader header_;
    bool grid_ = false, block_ = false, version_ = false, architecture_ = false, registers_ = false;
};

// Reads an unsigned number: decimal, or hexadecimal after 0x. False unless `text` is one number and fits.
bool parse_number(std::string_view text, std::uint64_t& value);
// "196,1,1" with or without parentheses and blanks.
bool parse_triple(std::string_view text, Dim3& value);
std::string_view trimmed(std::string_view text);

} // namespace heddle
