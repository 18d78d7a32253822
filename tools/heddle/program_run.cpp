#include "tools/heddle/program_run.hpp"

#include "sim/base/error.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heddle {

namespace {

namespace fs = std::filesystem;

// Beside the executable: ../lib/heddle of a build folder and of an installation alike.
fs::path library_folder() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    const fs::path folder = self.parent_path().parent_path() / "lib" / "heddle";
    if (error || !fs::exists(folder / "libheddle_cuda.so"))
        fail_at(folder.string(), 0, 0, "there is no libheddle_cuda.so", "build the target heddle_program_libraries (tools/setup --build does)");
    return folder;
}

// As a shell finds it: a path, or a name on PATH.
fs::path find_program(const std::string& name) {
    const auto usable = [](const fs::path& path) { return access(path.c_str(), X_OK) == 0 && fs::is_regular_file(path); };
    if (name.find('/') != std::string::npos) {
        if (!fs::exists(name)) fail_at(name, 0, 0, "does not exist");
        if (!usable(name)) fail_at(name, 0, 0, "is no program", "it must be an executable file");
        return name;
    }
    const char* path = std::getenv("PATH");
    std::string_view rest = path ? path : "";
    while (!rest.empty()) {
        const auto colon = rest.find(':');
        const fs::path candidate = fs::path(rest.substr(0, colon)) / name;
        if (usable(candidate)) return candidate;
        rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
    }
    fail_at(name, 0, 0, "is not found on PATH", fs::exists(name) ? fmt::format("did you mean ./{}?", name) : "");
}

void prepend(const char* variable, const std::string& value, char separator) {
    const char* old = std::getenv(variable);
    setenv(variable, (old && *old ? value + separator + old : value).c_str(), 1);
}

} // namespace

SessionFolder::SessionFolder() {
    std::error_code error;
    fs::path base = fs::temp_directory_path(error);
    if (error) base = "/tmp";
    std::string pattern = (base / "heddle-XXXXXX").string();
    if (!mkdtemp(pattern.data())) fail_at(base.string(), 0, 0, "no folder can be made here", std::strerror(errno));
    path_ = pattern;
}

SessionFolder::~SessionFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
}

ProgramResult run_program(const cuda::Session& session, const std::vector<std::string>& command, const SessionFolder& folder) {
    const fs::path libraries = library_folder();
    const fs::path program = find_program(command.front());
    cuda::write_session(session, folder.path().string());
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) fail_at(program.string(), 0, 0, "cannot be started", std::strerror(errno));
    if (child == 0) {
        setenv(cuda::kSessionVariable, folder.path().c_str(), 1);
        prepend("LD_LIBRARY_PATH", libraries.string(), ':');
        prepend("LD_PRELOAD", (libraries / "libheddle_hook.so").string() + ":" + (libraries / "libheddle_cuda.so").string(), ':');
        execv(program.c_str(), arguments.data());
        const std::string message = fmt::format("heddle: {}: cannot be started: {}\n", program.string(), std::strerror(errno));
        static_cast<void>(!write(STDERR_FILENO, message.data(), message.size()));
        _exit(127);
    }
    // The program hears of ^C itself; its results are still wanted.
    const auto interrupt = std::signal(SIGINT, SIG_IGN);
    const auto quit = std::signal(SIGQUIT, SIG_IGN);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    std::signal(SIGINT, interrupt);
    std::signal(SIGQUIT, quit);

    ProgramResult result;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.processes = cuda::read_processes(folder.path().string());
    result.folder = folder.path();
    return result;
}

} // namespace heddle
