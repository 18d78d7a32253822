// Runs other programs side by side, a few at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace heddle::validation {

struct Job {
    std::vector<std::string> command; // the program's path first
    std::string output;               // file for standard output and error, made new
    double timeout_seconds = 0;       // 0: none; when it passes, the program is ended
};

struct JobEnd {
    int status = 0;         // exit status; 128 + signal if a signal ended it; 127 if it could not be started
    bool timed_out = false;
    bool started = true;
};

// Runs all, at most `jobs` at a time, and returns how each ended. `finished(index, end)` is called as each ends. Where `stop` says so, no more
// are started, those that run are told to end (SIGTERM, a second later SIGKILL), and the rest returns as not started. However this process
// ends, killed too, its programs end with it.
std::vector<JobEnd> run_jobs(const std::vector<Job>& list, std::size_t jobs, const std::function<void(std::size_t, const JobEnd&)>& finished,
                             const std::function<bool()>& stop = {});

} // namespace heddle::validation
