#include "tools/validation/job_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace heddle::validation {

namespace {

using Clock = std::chrono::steady_clock;

struct Running {
    std::size_t index = 0;
    Clock::time_point until = Clock::time_point::max();
    bool killed = false;
};

constexpr int kNotStarted = 127;
constexpr auto kPatience = std::chrono::seconds(1); // from SIGTERM to SIGKILL

// The process, or -1. It dies with this one.
pid_t start(const Job& job) {
    std::vector<char*> arguments;
    for (const std::string& word : job.command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid != 0) return pid;
    // From here on only what is safe between fork and exec.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kNotStarted);
    const int input = open("/dev/null", O_RDONLY);
    const int output = open(job.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (input < 0 || output < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) _exit(kNotStarted);
    execve(arguments.front(), arguments.data(), environ);
    _exit(kNotStarted);
}

int exit_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

} // namespace

std::vector<JobEnd> run_jobs(const std::vector<Job>& list, std::size_t jobs, const std::function<void(std::size_t, const JobEnd&)>& finished,
                             const std::function<bool()>& stop) {
    std::vector<JobEnd> ends(list.size(), JobEnd{0, false, false});
    std::map<pid_t, Running> running;
    const auto done = [&](std::size_t index, JobEnd end) {
        ends[index] = end;
        if (finished) finished(index, end);
    };
    std::size_t next = 0;
    bool stopped = false;
    while ((next < list.size() && !stopped) || !running.empty()) {
        if (!stopped && stop && stop()) {
            stopped = true;
            for (auto& [pid, r] : running) {
                kill(pid, SIGTERM);
                r.until = std::min(r.until, Clock::now() + kPatience);
            }
        }
        while (!stopped && next < list.size() && running.size() < std::max<std::size_t>(jobs, 1)) {
            const std::size_t index = next++;
            const pid_t pid = start(list[index]);
            if (pid < 0) {
                done(index, {kNotStarted, false, true});
                continue;
            }
            Running r{index};
            if (list[index].timeout_seconds > 0)
                r.until = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(list[index].timeout_seconds));
            running.emplace(pid, r);
        }
        bool ended = false;
        for (auto it = running.begin(); it != running.end();) {
            int status = 0;
            const pid_t result = waitpid(it->first, &status, WNOHANG);
            if (result == it->first || (result < 0 && errno != EINTR)) {
                const Running r = it->second;
                it = running.erase(it);
                ended = true;
                done(r.index, {result < 0 ? kNotStarted : exit_status(status), r.killed && !stopped, true});
                continue;
            }
            if (!it->second.killed && Clock::now() > it->second.until) {
                kill(it->first, SIGKILL);
                it->second.killed = true;
            }
            ++it;
        }
        if (!ended && !running.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return ends;
}

} // namespace heddle::validation
