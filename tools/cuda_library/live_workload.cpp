#include "tools/cuda_library/live_workload.hpp"

#include <fmt/format.h>

namespace heddle {

LiveWorkload::~LiveWorkload() {
    if (!thread_.joinable()) return;
    try {
        finish();
    } catch (...) { // its end was to be heard by finish(), which nobody called
    }
    thread_.join();
}

void LiveWorkload::start(std::function<void()> model) {
    thread_ = std::thread([this, model = std::move(model)] {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return turn_ == Turn::Model; });
        }
        try {
            model();
        } catch (...) {
            error_ = std::current_exception();
        }
        std::unique_lock lock(mutex_);
        done_ = true;
        turn_ = Turn::Program;
        changed_.notify_all();
    });
}

void LiveWorkload::run() {
    std::unique_lock lock(mutex_);
    if (!done_) {
        turn_ = Turn::Model;
        changed_.notify_all();
        changed_.wait(lock, [&] { return turn_ == Turn::Program; });
    }
    if (error_) std::rethrow_exception(error_);
}

void LiveWorkload::finish() {
    ended_ = true;
    while (!done_) run();
    run();
}

std::optional<Command> LiveWorkload::next_command() {
    std::unique_lock lock(mutex_);
    while (commands_.empty() && !ended_) {
        turn_ = Turn::Program;
        changed_.notify_all();
        changed_.wait(lock, [&] { return turn_ == Turn::Model; });
    }
    if (commands_.empty()) return std::nullopt;
    Command command = std::move(commands_.front());
    commands_.pop_front();
    return command;
}

void LiveWorkload::digest(const void* bytes, std::size_t count) {
    const auto* b = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < count; ++i) digest_ = (digest_ ^ b[i]) * 0x100000001b3ULL;
}

std::string LiveWorkload::digest() const { return fmt::format("{:016x}", digest_); }

} // namespace heddle
