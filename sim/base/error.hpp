// The four ways a run can end badly, and nothing else.
//
//   UserError      the input is wrong: every finding as `file:line:col: what - hint`, exit status 2
//   HEDDLE_EXPECT  our bug: place, condition and values, exit status 1
//   Deadlock       work remains and no event is left: who waits for whom, exit status 3
//   (what is not modelled is no error: it is counted, see sim/stats/unmodelled.hpp)
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace heddle {

// One finding about the user's input. `line` and `column` count from 1; 0 means "not known".
struct Diagnostic {
    std::string file;
    std::uint64_t line = 0;
    std::uint64_t column = 0;
    std::string what;
    std::string hint;
    // "file:line:col: what - hint", leaving out what is not known.
    std::string text() const;
};

// The user's input cannot be used. Holds all findings, not only the first. Exit status 2.
class UserError : public std::runtime_error {
  public:
    explicit UserError(std::vector<Diagnostic> findings);
    explicit UserError(Diagnostic finding);
    const std::vector<Diagnostic>& findings() const { return findings_; }

  private:
    std::vector<Diagnostic> findings_;
};

// Shorthand: one finding at a place in a file.
[[noreturn]] void fail_at(std::string file, std::uint64_t line, std::uint64_t column, std::string what, std::string hint = {});

// A broken invariant of the simulator itself. Exit status 1.
class InternalError : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

// No event is left although work remains. `what()` is the report of who waits for whom. Exit status 3.
class Deadlock : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

[[noreturn]] void panic(const char* file, int line, const char* condition, const std::string& message);

} // namespace heddle

// Checked in every build, release included. The message is formatted only on failure.
#define HEDDLE_EXPECT(condition, ...)                                                                                  \
    do {                                                                                                               \
        if (!(condition)) [[unlikely]]                                                                                 \
            ::heddle::panic(__FILE__, __LINE__, #condition, ::fmt::format(__VA_ARGS__));                               \
    } while (false)
