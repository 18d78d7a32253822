// Makes the runs of a plan that are not there yet, each in a process of its own, and keeps their results in OUT/store.
//
//   OUT/plan.json                        what is asked for
//   OUT/store/<2 hex>/<key>/run.json     a finished run
//   OUT/store/<2 hex>/<key>/failed.json  a run that failed: {"status", "timed_out", "log"}
//   OUT/work/<who>/                      runs in flight; worth nothing after an interruption
//   OUT/lock, OUT/lock.i-of-n            held while a sweep runs
//
// All that is known is on disk, and a result appears by one rename. So whatever is killed, the next call goes on where this one was, and
// no more than the runs in flight are made again.
#pragma once

#include "tools/sweep/plan.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace heddle::sweep {

struct Shard { // of `count` shares, this one, from 1
    std::size_t index = 1, count = 1;
};
// "2/8". Errors: UserError naming --shard.
Shard parse_shard(const std::string& text);

struct Tally {
    std::size_t wanted = 0;  // distinct results of the share
    std::size_t found = 0;   // there before
    std::size_t made = 0;    // by this call
    std::size_t failed = 0;  // now or before
    bool stopped = false;
};

struct ExecuteOptions {
    std::filesystem::path out, heddle; // the folder; the program
    std::size_t jobs = 1;
    Shard shard;
    bool retry_failed = false;
    unsigned attempts = 3; // for a run that a signal ended from outside
    std::function<bool(const PlanRun&)> only; // of the runs that are missing; none: all
    std::function<bool()> stop;
    std::function<void(const PlanRun&)> ended; // a result is there, good or bad
    std::function<void(const Tally&, double seconds)> progress;
};

enum class RunState : std::uint8_t { Missing, Ok, Failed };
RunState state_of(const std::filesystem::path& out, const std::string& key);
// The runs of a share, each result once.
std::vector<const PlanRun*> share_of(const Plan& plan, const Shard& shard);
// Those of them that are not there; `retry_failed`: or failed.
std::vector<const PlanRun*> missing_runs(const Plan& plan, const std::filesystem::path& out, const Shard& shard, bool retry_failed);
std::filesystem::path result_folder(const std::filesystem::path& out, const std::string& key);

// The lock of OUT for this process, released by its end however it comes. Makes the folder. A share excludes the same share and whoever
// wants the whole folder; the whole folder excludes everybody. Errors: UserError if somebody else works there.
class FolderLock {
  public:
    FolderLock(const std::filesystem::path& out, const Shard& shard);
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;
    ~FolderLock();

  private:
    int whole_ = -1, share_ = -1;
};

// Requires: the lock is held. Writes plan.json, if it differs, and executes. Errors: UserError.
Tally execute(const Plan& plan, const ExecuteOptions& options);

} // namespace heddle::sweep
