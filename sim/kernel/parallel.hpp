// A fixed team of threads that do one job together, again and again.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace heddle {

// Thread 0 is the caller; the others wait between jobs, first spinning, then asleep.
class ThreadTeam {
  public:
    // `job(thread)` is run by every thread 0 .. threads-1 at each run().
    ThreadTeam(unsigned threads, std::function<void(unsigned)> job);
    ~ThreadTeam();
    ThreadTeam(const ThreadTeam&) = delete;
    ThreadTeam& operator=(const ThreadTeam&) = delete;

    // Runs the job on all threads and returns when all are done. An exception thrown by the job is rethrown here,
    // that of the lowest thread first.
    void run();

  private:
    void work(unsigned thread);
    void do_job(unsigned thread);

    std::function<void(unsigned)> job_;
    std::vector<std::exception_ptr> errors_;
    std::vector<std::thread> threads_;
    std::atomic<unsigned> round_{0};
    std::atomic<unsigned> busy_{0};
    std::atomic<bool> stop_{false};
};

} // namespace heddle
