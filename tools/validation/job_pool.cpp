#include "tools/validation/job_pool.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <spawn.h>
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

// The process, or -1.
pid_t start(const Job& job) {
    std::vector<char*> arguments;
    for (const std::string& word : job.command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, job.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t pid = -1;
    const int error = posix_spawn(&pid, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? pid : -1;
}

int exit_status(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

} // namespace

std::vector<JobEnd> run_jobs(const std::vector<Job>& list, std::size_t jobs, const std::function<void(std::size_t, const JobEnd&)>& finished) {
    std::vector<JobEnd> ends(list.size());
    std::map<pid_t, Running> running;
    const auto done = [&](std::size_t index, JobEnd end) {
        ends[index] = end;
        if (finished) finished(index, end);
    };
    std::size_t next = 0;
    while (next < list.size() || !running.empty()) {
        while (next < list.size() && running.size() < std::max<std::size_t>(jobs, 1)) {
            const std::size_t index = next++;
            const pid_t pid = start(list[index]);
            if (pid < 0) {
                done(index, {127, false});
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
                done(r.index, {result < 0 ? 127 : exit_status(status), r.killed});
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
