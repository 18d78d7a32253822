// The options of `heddle run` as typed, and what they mean.
#pragma once

#include "sim/gpu/gpu.hpp"

#include <string>
#include <vector>

namespace heddle {

struct RunChoices {
    std::string gpu;
    std::vector<std::string> overrides;
    std::string threads = "1";
    std::string quantum = "max";
    bool no_skip = false;
    std::string host = "loop";
    bool functional = false;
    std::string kernels;
    std::string cache = "carry";
    bool strict = false;
    std::string hot_instructions; // of each kernel: a number, "all", or empty: none
    std::string timeline;         // interval of the time series; empty: none
    bool timeline_sms = false;
    std::string perfetto;         // file of the Perfetto trace; empty: none
    std::string out;
    bool quiet = false, csv = false, json = false;
    double timeout = 0;             // host seconds for one kernel of a program; 0: no limit
    bool program = false;           // input is a program and its arguments
    std::vector<std::string> input; // the trace; a program and its arguments after "--"
};

// Each throws UserError naming its option and what it takes.
unsigned parse_threads(const std::string& text, const char* option = "--threads");                                // "4" or "auto"
Duration parse_quantum(const std::string& text, Hertz sm_clock);                // SM cycles, or "max"
std::pair<std::uint64_t, std::uint64_t> parse_kernels(const std::string& text); // "A:B", "A:", ":B" or "A"; inclusive, from 1
CacheState parse_cache(const std::string& text);
std::size_t parse_hot_instructions(const std::string& text); // a number from 1, "all", or empty: 0
Duration parse_timeline(const std::string& text);            // "500ns", "1us", "0.1ms", or empty: 0
// What the state means, for the report: "carry: L2 starts empty and ...".
std::string cache_text(CacheState state);

// Of the options that do not depend on the GPU's clock. `host` is filled in if it is "systemc".
GpuRunOptions gpu_options(const RunChoices& choices);

} // namespace heddle
