// Runs an unmodified CUDA program with the stand-in libraries inside it.
//
// What is modelled: the program has the terminal's input and output, its own exit status, and may start other processes that use
// the GPU too, each an emulated GPU of its own. What is not: programs that are linked without the dynamic linker, or run
// with more rights than the user (set-user-ID).
#pragma once

#include "frontend/cuda/session.hpp"

#include <string>
#include <vector>

namespace heddle::cuda {

// A folder for one session in the folder for temporary files; it vanishes with this object.
class SessionFolder {
  public:
    SessionFolder(); // Errors: UserError
    ~SessionFolder();
    SessionFolder(const SessionFolder&) = delete;
    SessionFolder& operator=(const SessionFolder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

struct ProgramEnd {
    int status = 0; // exit status; 128 + signal if a signal ended it, as shells count
    int signal = 0; // 0: none
};

// The folder of the stand-in libraries: ../lib/heddle from the folder of this executable. Errors: UserError.
std::string library_folder();

// What a program has inside: libraries loaded before its own, a folder to look for others first, variables "NAME=value".
struct Inside {
    std::vector<std::string> libraries;
    std::string library_path;
    std::vector<std::string> environment;
    bool silent = false; // no input; what it prints is lost
};

// Runs `arguments` (the program first, looked for on PATH if it has no slash) to its end with the stand-in inside, and between it
// and the program the libraries `more.libraries` of library_folder(). Its records are in `folder` then. Errors: UserError if it
// cannot be started.
ProgramEnd run_program(const Session& session, const std::vector<std::string>& arguments, const SessionFolder& folder, const Inside& more = {});
// The same with exactly what is `inside`, for a machine's own CUDA runtime. `session_folder` may be empty.
ProgramEnd run_with(const Inside& inside, const std::vector<std::string>& arguments, const std::string& session_folder);

} // namespace heddle::cuda
