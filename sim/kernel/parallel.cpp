#include "sim/kernel/parallel.hpp"

namespace heddle {

namespace {

constexpr int kSpins = 4000; // some microseconds: longer than a typical imbalance, shorter than a time slice

// Waits until `value` differs from `old`.
void wait_for_change(std::atomic<unsigned>& value, unsigned old) {
    for (int i = 0; i < kSpins; ++i)
        if (value.load(std::memory_order_acquire) != old) return;
    value.wait(old, std::memory_order_acquire);
}

} // namespace

ThreadTeam::ThreadTeam(unsigned threads, std::function<void(unsigned)> job) : job_(std::move(job)), errors_(threads) {
    for (unsigned thread = 1; thread < threads; ++thread) threads_.emplace_back([this, thread] { work(thread); });
}

ThreadTeam::~ThreadTeam() {
    stop_ = true;
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void ThreadTeam::do_job(unsigned thread) {
    try {
        job_(thread);
    } catch (...) { errors_[thread] = std::current_exception(); }
}

void ThreadTeam::work(unsigned thread) {
    unsigned seen = 0;
    while (true) {
        wait_for_change(round_, seen);
        seen = round_.load(std::memory_order_acquire);
        if (stop_) return;
        do_job(thread);
        if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
    }
}

void ThreadTeam::run() {
    if (!threads_.empty()) {
        busy_.store(static_cast<unsigned>(threads_.size()), std::memory_order_relaxed);
        round_.fetch_add(1, std::memory_order_release);
        round_.notify_all();
    }
    do_job(0);
    for (unsigned left = busy_.load(std::memory_order_acquire); left != 0; left = busy_.load(std::memory_order_acquire))
        wait_for_change(busy_, left);
    for (auto& error : errors_)
        if (error) std::rethrow_exception(std::exchange(error, nullptr));
}

} // namespace heddle
