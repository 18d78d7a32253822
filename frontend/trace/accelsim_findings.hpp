// What an Accel-Sim trace turned out to hold besides instructions: blemishes, things not modelled, assumptions.
// One object per workload, shared by its kernels.
#pragma once

#include "sim/base/error.hpp"
#include "sim/isa/kernel_launch.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace heddle {

struct AccelSimFindings {
    bool strict = false;
    // Ordered by name, so that reports are the same every time. Nodes do not move: readers keep pointers to counters.
    std::map<std::string, std::uint64_t> anomalies;
    std::map<std::string, std::uint64_t> unmodelled;
    std::set<std::string> assumptions;

    FrontendNotes notes() const {
        FrontendNotes notes;
        for (const auto& [what, count] : unmodelled)
            if (count != 0) notes.unmodelled.push_back({what, count});
        for (const auto& [what, count] : anomalies)
            if (count != 0) notes.anomalies.push_back({what, count});
        notes.assumptions.assign(assumptions.begin(), assumptions.end());
        return notes;
    }
};

// Where a reader stands, for messages: a line of a text file, or a described place in a container.
struct TracePlace {
    std::string file;
    std::uint64_t line = 0;        // 0: see `where`
    std::string where;             // "thread block (0,0,0), warp 3"; may be empty
    std::int64_t instruction = -1; // of the warp, from 0; -1: none

    [[noreturn]] void fail(std::uint64_t column, const std::string& what, const std::string& hint = {}) const {
        std::string at = where;
        if (instruction >= 0) at += fmt::format(", instruction {}", instruction);
        fail_at(file, line, line == 0 ? 0 : column, at.empty() ? what : at + ": " + what, hint);
    }
};

} // namespace heddle
