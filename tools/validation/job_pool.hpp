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
};

// Runs all, at most `jobs` at a time, and returns how each ended. `finished(index, end)` is called as each ends. An interrupt (SIGINT, SIGTERM) of
// this process ends the programs too, for they are in its process group.
std::vector<JobEnd> run_jobs(const std::vector<Job>& list, std::size_t jobs, const std::function<void(std::size_t, const JobEnd&)>& finished);

} // namespace heddle::validation
