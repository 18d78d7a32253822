// How a program's kernels are simulated in time, as it travels to the library inside the program.
#pragma once

#include <map>
#include <string>

namespace heddle {

// What the timed backend wants to know beyond the session's own fields; kept in Session::options.
struct TimedOptions {
    std::string threads = "1", quantum = "max", host = "loop", cache = "carry", kernels;
    std::string hot_instructions, timeline, perfetto; // perfetto: the end of the file's name
    std::string sm_clock;                        // Hz; empty: the configuration's
    bool no_skip = false, strict = false, timeline_sms = false;
    std::string description; // the command line, for reports
    std::map<std::string, std::string> to_map() const;
    static TimedOptions from_map(const std::map<std::string, std::string>& map);
};

} // namespace heddle
