// A workload whose commands come from a program while it runs.
//
// The program and the model take turns: the model runs only while the program waits for it, so that neither sees the
// other half way, and a run repeats to the bit whatever the host does. The model's thread holds the turn from run()
// until it needs a command that is not there yet.
#pragma once

#include "sim/isa/kernel_launch.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace heddle {

class LiveWorkload final : public Workload {
  public:
    explicit LiveWorkload(std::string description) : description_(std::move(description)) {}
    ~LiveWorkload() override;

    // --- the program's side -------------------------------------------------------------------------------------
    void push(Command command) { commands_.push_back(std::move(command)); }
    std::size_t queued() const { return commands_.size(); }
    // Starts `model`, which runs this workload to its end, on a thread of its own; it waits for its first turn.
    void start(std::function<void()> model);
    bool started() const { return thread_.joinable(); }
    // Lets the model work until it has taken all commands and wants more. Rethrows what it threw; afterwards it is dead.
    void run();
    // No more commands: lets the model end. Rethrows.
    void finish();
    // Adds what identifies the workload to its digest.
    void digest(const void* bytes, std::size_t count);

    // --- the model's side ---------------------------------------------------------------------------------------
    std::string description() const override { return description_; }
    std::string digest() const override;
    std::optional<Command> next_command() override;
    FrontendNotes notes() const override { return notes_; }
    FrontendNotes notes_;

  private:
    enum class Turn { Program, Model };
    std::string description_;
    std::deque<Command> commands_;
    bool ended_ = false, done_ = false;
    Turn turn_ = Turn::Program;
    std::exception_ptr error_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::thread thread_;
    std::uint64_t digest_ = 0xcbf29ce484222325ULL; // FNV-1a
};

} // namespace heddle
