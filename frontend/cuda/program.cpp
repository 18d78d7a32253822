#include "frontend/cuda/program.hpp"

#include "sim/base/error.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace heddle::cuda {

namespace {

namespace fs = std::filesystem;

// In this order: the first defines the API, the others exist for their names.
constexpr const char* kLibraries[] = {"libheddle_hook.so", "libheddle_cuda.so", "libcudart.so.13", "libcudart.so.12", "libcuda.so.1"};

std::string find_on_path(const std::string& program) {
    if (program.find('/') != std::string::npos) return program;
    const char* variable = std::getenv("PATH");
    std::string rest = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
    for (std::size_t begin = 0; begin <= rest.size();) {
        const std::size_t end = std::min(rest.find(':', begin), rest.size());
        const fs::path candidate = fs::path(end == begin ? "." : rest.substr(begin, end - begin)) / program;
        if (access(candidate.c_str(), X_OK) == 0 && fs::is_regular_file(candidate)) return candidate.string();
        begin = end + 1;
    }
    fail_at(program, 0, 0, "was not found on PATH", "write ./" + program + " for a program in this folder");
}

// Programs without a dynamic linker load no library, this one's included.
void require_dynamic(const std::string& program) {
    std::ifstream file(program, std::ios::binary);
    Elf64_Ehdr header{};
    if (!file.read(reinterpret_cast<char*>(&header), sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return; // a script
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
        fail_at(program, 0, 0, "is a program for another machine", "Heddle runs 64-bit x86 programs");
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        file.seekg(static_cast<std::streamoff>(header.e_phoff + i * sizeof segment));
        if (!file.read(reinterpret_cast<char*>(&segment), sizeof segment)) return;
        if (segment.p_type == PT_INTERP) return;
    }
    fail_at(program, 0, 0, "is linked without the dynamic linker, so no library can be put into it", "link it without -static");
}

// The libraries' folder under a name without spaces and colons, which LD_PRELOAD could not hold.
std::string preloadable(const std::string& libraries, const std::string& session_folder) {
    if (libraries.find_first_of(" :") == std::string::npos) return libraries;
    const fs::path link = fs::path(session_folder) / "lib";
    fs::create_directory_symlink(libraries, link);
    return link.string();
}

std::vector<std::string> environment_for(const Inside& inside, const std::string& session_folder) {
    std::string preload, path = inside.library_path;
    for (const std::string& library : inside.libraries) preload += (preload.empty() ? "" : ":") + library;
    if (const char* old = std::getenv("LD_PRELOAD"); old != nullptr && *old != 0) preload += std::string(":") + old;
    if (const char* old = std::getenv("LD_LIBRARY_PATH"); old != nullptr && *old != 0) path += std::string(":") + old;
    std::vector<std::string> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (!text.starts_with("LD_PRELOAD=") && !text.starts_with("LD_LIBRARY_PATH=") &&
            !text.starts_with(std::string(kSessionVariable) + "="))
            environment.emplace_back(text);
    }
    environment.push_back("LD_PRELOAD=" + preload);
    environment.push_back("LD_LIBRARY_PATH=" + path);
    if (!session_folder.empty()) environment.push_back(std::string(kSessionVariable) + "=" + session_folder);
    environment.push_back(std::string(kParentVariable) + "=" + std::to_string(getpid()));
    environment.insert(environment.end(), inside.environment.begin(), inside.environment.end());
    return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

// While the program runs, Ctrl-C is for the program: it ends, and its results are still reported.
class IgnoreInterrupts {
  public:
    IgnoreInterrupts() {
        struct sigaction ignore {};
        ignore.sa_handler = SIG_IGN;
        sigaction(SIGINT, &ignore, &interrupt_);
        sigaction(SIGQUIT, &ignore, &quit_);
    }
    ~IgnoreInterrupts() {
        sigaction(SIGINT, &interrupt_, nullptr);
        sigaction(SIGQUIT, &quit_, nullptr);
    }
    IgnoreInterrupts(const IgnoreInterrupts&) = delete;
    IgnoreInterrupts& operator=(const IgnoreInterrupts&) = delete;

  private:
    struct sigaction interrupt_ {
    }, quit_{};
};

pid_t spawn(const std::string& program, std::vector<std::string> arguments, std::vector<std::string> environment, bool silent) {
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGQUIT);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    if (silent) {
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    }
    pid_t child = 0;
    const int error = posix_spawn(&child, program.c_str(), &files, &attributes, pointers(arguments).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) fail_at(program, 0, 0, "cannot be started", std::strerror(error));
    return child;
}

} // namespace

SessionFolder::SessionFolder() {
    std::error_code error;
    const fs::path parent = fs::temp_directory_path(error);
    std::string name = ((error ? fs::path("/tmp") : parent) / "heddle-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) fail_at(name, 0, 0, "cannot be made a folder", std::strerror(errno));
    path_ = std::move(name);
}

SessionFolder::~SessionFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
}

std::string library_folder() {
    std::error_code error;
    const fs::path executable = fs::read_symlink("/proc/self/exe", error);
    const fs::path bin = executable.parent_path();
    for (const fs::path& folder : {bin / "../lib/heddle", bin / "../lib"})
        if (fs::exists(folder / kLibraries[1], error)) return fs::weakly_canonical(folder).string();
    fail_at((bin / "../lib/heddle").string(), 0, 0, "holds no libheddle_cuda.so", "build the target heddle_program_libraries");
}

ProgramEnd run_with(const Inside& inside, const std::vector<std::string>& arguments, const std::string& session_folder) {
    if (arguments.empty() || arguments.front().empty()) fail_at("--", 0, 0, "no program is given");
    const std::string program = find_on_path(arguments.front());
    if (access(program.c_str(), F_OK) != 0) fail_at(program, 0, 0, "does not exist");
    require_dynamic(program);
    const IgnoreInterrupts ignore;
    const pid_t child = spawn(program, arguments, environment_for(inside, session_folder), inside.silent);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
    return {WEXITSTATUS(status), 0};
}

ProgramEnd run_program(const Session& session, const std::vector<std::string>& arguments, const SessionFolder& folder, const Inside& more) {
    write_session(session, folder.path());
    const std::string libraries = preloadable(library_folder(), folder.path());
    Inside inside = more;
    inside.library_path = libraries;
    inside.libraries.clear();
    for (const char* library : kLibraries) {
        inside.libraries.push_back(libraries + "/" + library);
        // Between the hook, which comes first of all, and what stands in for the runtime.
        if (inside.libraries.size() == 1)
            for (const std::string& extra : more.libraries) inside.libraries.push_back(libraries + "/" + extra);
    }
    return run_with(inside, arguments, folder.path());
}

} // namespace heddle::cuda
