// Runs an unmodified CUDA program with the library that stands in for the CUDA runtime and driver.
#pragma once

#include "frontend/cuda/session.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace heddle {

struct ProgramResult {
    int status = 0;         // as a shell gives it: the exit status, or 128 + the signal
    std::vector<cuda::ProcessRecord> processes; // that used the GPU
    std::filesystem::path folder; // of the session, with what the backends left; removed with the Session folder object
};

// A folder for one session, removed with the object.
class SessionFolder {
  public:
    SessionFolder();
    ~SessionFolder();
    SessionFolder(const SessionFolder&) = delete;
    SessionFolder& operator=(const SessionFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// Starts `command` (the program and its arguments), waits for it, and reads what it left. Standard streams are the program's.
// Errors: UserError if the program cannot be started.
ProgramResult run_program(const cuda::Session& session, const std::vector<std::string>& command, const SessionFolder& folder);

} // namespace heddle
