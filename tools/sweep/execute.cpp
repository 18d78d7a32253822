#include "tools/sweep/execute.hpp"

#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"
#include "tools/common/write_file.hpp"
#include "tools/validation/job_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <sys/file.h>
#include <unistd.h>

namespace heddle::sweep {

namespace fs = std::filesystem;

namespace {

constexpr std::streamoff kLogBytes = 4096;
constexpr int kSignalled = 128;

std::string tail(const fs::path& file) {
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : 0;
    std::string text(static_cast<std::size_t>(std::min(size, kLogBytes)), '\0');
    in.seekg(size - static_cast<std::streamoff>(text.size()));
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    return text;
}

// A result that something cut off later is none.
bool ends_as_json(const fs::path& file) {
    char end[2] = {};
    const int handle = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (handle < 0) return false;
    const off_t size = lseek(handle, 0, SEEK_END);
    const bool whole = size >= 2 && pread(handle, end, sizeof end, size - 2) == sizeof end && (end[1] == '}' || (end[0] == '}' && end[1] == '\n'));
    close(handle);
    return whole;
}

void make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) fail_at(folder.string(), 0, 0, "cannot be made", error.message());
}

void flush_to_disk(const fs::path& file) {
    const int handle = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (handle < 0) return;
    fsync(handle);
    close(handle);
}

// Killed from outside: the machine ran out of memory, somebody was impatient. Not a signal that a fault of the program itself raises.
bool killed_from_outside(int status) {
    return status == kSignalled + SIGKILL || status == kSignalled + SIGTERM || status == kSignalled + SIGHUP || status == kSignalled + SIGINT;
}

int take(const fs::path& file, int how) {
    const int handle = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (handle < 0) fail_at(file.string(), 0, 0, fmt::format("cannot be opened: {}", std::strerror(errno)));
    if (flock(handle, how | LOCK_NB) == 0) return handle;
    const int error = errno;
    close(handle);
    if (error != EWOULDBLOCK) fail_at(file.string(), 0, 0, fmt::format("cannot be locked: {}", std::strerror(error)));
    return -1;
}

class Execution {
  public:
    Execution(const Plan& plan, const ExecuteOptions& options) : plan_(plan), options_(options), work_(options.out / "work" / fmt::format("{}-of-{}", options.shard.index, options.shard.count)) {}

    Tally run() {
        write_plan();
        std::error_code ignored;
        fs::remove_all(options_.shard.count == 1 ? work_.parent_path() : work_, ignored);
        std::vector<const PlanRun*> open_runs = choose();
        if (!open_runs.empty()) make_folder(work_);
        for (unsigned attempt = 1; !open_runs.empty() && !tally_.stopped; ++attempt) open_runs = round(open_runs, attempt >= options_.attempts);
        fs::remove_all(work_, ignored);
        if (options_.shard.count == 1) fs::remove(work_.parent_path(), ignored);
        return tally_;
    }

  private:
    void write_plan() const {
        const fs::path file = options_.out / "plan.json";
        const std::string text = plan_json(plan_).dump(1) + "\n";
        if (read_if_there(file) != text) write_file(file, text);
    }

    // The runs of this share to make, each result once.
    std::vector<const PlanRun*> choose() {
        std::vector<const PlanRun*> result;
        for (const PlanRun* run : share_of(plan_, options_.shard)) {
            if (options_.only && !options_.only(*run)) continue;
            ++tally_.wanted;
            const RunState state = state_of(options_.out, run->key);
            if (state == RunState::Ok) ++tally_.found;
            else if (state == RunState::Failed && !options_.retry_failed) ++tally_.failed;
            else result.push_back(run);
        }
        return result;
    }

    // One attempt at each; returns those worth another.
    std::vector<const PlanRun*> round(const std::vector<const PlanRun*>& runs, bool last) {
        std::vector<validation::Job> jobs;
        for (const PlanRun* run : runs) jobs.push_back(job(*run));
        std::vector<const PlanRun*> again;
        bool stopped = false;
        const auto stop = [&] {
            if (options_.progress) options_.progress(tally_, seconds());
            return stopped = stopped || (options_.stop && options_.stop());
        };
        const auto finished = [&](std::size_t i, const validation::JobEnd& end) {
            const PlanRun& run = *runs[i];
            const fs::path scratch = work_ / run.key;
            std::error_code ignored;
            if (end.status == 0 && fs::exists(scratch / "run.json", ignored)) keep(run, scratch / "run.json");
            else if (stopped) {
            } else if (killed_from_outside(end.status) && !end.timed_out && !last) again.push_back(&run);
            else fail(run, end);
            fs::remove_all(scratch, ignored);
            fs::remove(log(run), ignored);
        };
        validation::run_jobs(jobs, options_.jobs, finished, stop);
        tally_.stopped = stopped;
        if (options_.progress) options_.progress(tally_, seconds());
        return again;
    }

    fs::path log(const PlanRun& run) const { return work_ / (run.key + ".log"); }

    validation::Job job(const PlanRun& run) const {
        validation::Job job{{options_.heddle.string()}, log(run).string(), run.timeout_seconds};
        job.command.push_back(run.command.front());
        job.command.insert(job.command.end(), {"--out", (work_ / run.key).string()});
        job.command.insert(job.command.end(), run.command.begin() + 1, run.command.end());
        return job;
    }

    void keep(const PlanRun& run, const fs::path& result) {
        const fs::path folder = result_folder(options_.out, run.key);
        make_folder(folder);
        flush_to_disk(result);
        std::error_code error;
        fs::rename(result, folder / "run.json", error);
        if (error) fail_at((folder / "run.json").string(), 0, 0, "cannot be written", error.message());
        fs::remove(folder / "failed.json", error);
        ++tally_.made;
        if (options_.ended) options_.ended(run);
    }

    void fail(const PlanRun& run, const validation::JobEnd& end) {
        const fs::path folder = result_folder(options_.out, run.key);
        make_folder(folder);
        std::string text = tail(log(run));
        // Where the run was made is not part of how it failed.
        const std::string scratch = (work_ / run.key).string();
        for (auto at = text.find(scratch); at != std::string::npos; at = text.find(scratch)) text.replace(at, scratch.size(), "OUT");
        const nlohmann::ordered_json failed{{"status", end.status}, {"timed_out", end.timed_out}, {"log", text}};
        write_file(folder / "failed.json", failed.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
        ++tally_.failed;
        if (options_.ended) options_.ended(run);
    }

    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

    const Plan& plan_;
    const ExecuteOptions& options_;
    fs::path work_;
    Tally tally_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace

Shard parse_shard(const std::string& text) {
    Shard shard;
    const char* last = text.data() + text.size();
    const auto first = std::from_chars(text.data(), last, shard.index);
    const bool slash = first.ec == std::errc{} && first.ptr != last && *first.ptr == '/';
    const auto second = slash ? std::from_chars(first.ptr + 1, last, shard.count) : first;
    if (!slash || second.ec != std::errc{} || second.ptr != last || shard.index < 1 || shard.index > shard.count || shard.count > kMostPoints)
        fail_at("--shard", 0, 0, fmt::format("\"{}\" cannot be used", text), "want i/n, the share from 1 and how many there are: 2/8");
    return shard;
}

fs::path result_folder(const fs::path& out, const std::string& key) { return out / "store" / key.substr(0, 2) / key; }

std::vector<const PlanRun*> share_of(const Plan& plan, const Shard& shard) {
    std::vector<const PlanRun*> runs;
    std::set<std::string> seen;
    std::size_t place = 0;
    for (const PlanRun& run : plan.runs)
        if (seen.insert(run.key).second && place++ % shard.count == shard.index - 1) runs.push_back(&run);
    return runs;
}

std::vector<const PlanRun*> missing_runs(const Plan& plan, const fs::path& out, const Shard& shard, bool retry_failed) {
    std::vector<const PlanRun*> runs;
    for (const PlanRun* run : share_of(plan, shard)) {
        const RunState state = state_of(out, run->key);
        if (state == RunState::Missing || (state == RunState::Failed && retry_failed)) runs.push_back(run);
    }
    return runs;
}

RunState state_of(const fs::path& out, const std::string& key) {
    const fs::path folder = result_folder(out, key);
    if (ends_as_json(folder / "run.json")) return RunState::Ok;
    return access((folder / "failed.json").c_str(), F_OK) == 0 ? RunState::Failed : RunState::Missing;
}

FolderLock::FolderLock(const fs::path& out, const Shard& shard) {
    make_folder(out);
    const bool whole = shard.count == 1;
    whole_ = take(out / "lock", whole ? LOCK_EX : LOCK_SH);
    if (whole_ >= 0 && !whole) share_ = take(out / fmt::format("lock.{}-of-{}", shard.index, shard.count), LOCK_EX);
    if (whole_ >= 0 && (whole || share_ >= 0)) return;
    if (whole_ >= 0) close(whole_);
    fail_at(out.string(), 0, 0, whole || whole_ < 0 ? "another sweep works in this folder" : fmt::format("share {}/{} is being worked on already", shard.index, shard.count), "wait for it, end it, or choose another folder with --out");
}

FolderLock::~FolderLock() {
    if (share_ >= 0) close(share_);
    if (whole_ >= 0) close(whole_);
}

Tally execute(const Plan& plan, const ExecuteOptions& options) { return Execution(plan, options).run(); }

} // namespace heddle::sweep
