// What bounds a kernel or a run, said in a sentence: the most used unit, or what warps waited for.
//
// The rule is the one Nsight Compute's Speed Of Light section gives its readers: a unit above 60 % of its peak bounds the
// time; if none is, latency does, and the largest stall reason says which.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace heddle::report {

struct Bottleneck {
    enum class Kind { Unknown, Unit, Latency };
    Kind kind = Kind::Unknown;      // Unknown: no unit's use is known
    std::string unit;               // the most used unit: "DRAM bandwidth"
    double used = 0;                // its use, per cent of its peak
    std::string stall;              // the largest stall reason: "long_scoreboard"; empty if not known
    double stall_percent = 0;       // of the issue slots of SMs with work
    double sm_active_percent = 100; // cycles in which an SM had work

    std::string name() const; // "DRAM bandwidth" or "Long Scoreboard latency"; "unknown"
    std::string text() const; // a sentence or two
};

constexpr double kBoundPercent = 60; // a unit above this bounds the time
constexpr double kBusyPercent = 80;  // SMs that had work for less are worth a word

// `metrics` maps names of tools/metrics to values; what is absent or null is not considered.
Bottleneck bottleneck(const nlohmann::json& metrics);

// What a warp that stalls for this reason waits for: "a load from global, local or texture memory". Empty if unknown.
std::string stall_meaning(const std::string& reason);

} // namespace heddle::report
