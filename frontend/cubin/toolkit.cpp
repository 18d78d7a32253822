#include "frontend/cubin/toolkit.hpp"

#include "frontend/cubin/cubin.hpp"
#include "sim/base/error.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace heddle::cubin {
namespace {

namespace fs = std::filesystem;

// A folder of its own that vanishes with its owner.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string name = (fs::temp_directory_path() / "heddle-XXXXXX").string();
        if (!mkdtemp(name.data()))
            fail_at(name, 0, 0, fmt::format("cannot be created: {}", std::strerror(errno)), "set TMPDIR to a folder that can be written");
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    std::string path(const std::string& name) const { return path_ + "/" + name; }
    std::string write(const std::string& name, std::string_view content) const {
        std::ofstream file(path(name), std::ios::binary);
        file.write(content.data(), static_cast<std::streamsize>(content.size()));
        file.close();
        if (!file) fail_at(path(name), 0, 0, "cannot be written");
        return path(name);
    }

  private:
    std::string path_;
};

// Runs a tool, its output into `log`, and says whether it made `output`. The tool does not get LD_PRELOAD: the caller may
// live in a library that was preloaded into somebody's program.
bool run(const std::vector<std::string>& command, const std::string& log, const std::string& output) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    std::vector<char*> environment;
    for (char** variable = environ; *variable; ++variable)
        if (std::strncmp(*variable, "LD_PRELOAD=", 11) != 0) environment.push_back(*variable);
    environment.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    pid_t process = 0;
    const int error = posix_spawn(&process, command.front().c_str(), &files, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&files);
    if (error) fail_at(command.front(), 0, 0, fmt::format("cannot be started: {}", std::strerror(error)));
    int status = 0;
    while (waitpid(process, &status, 0) < 0) {
        if (errno == EINTR) continue;
        status = 0; // the program ignores SIGCHLD: whether there is an output must do
        break;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && access(output.c_str(), R_OK) == 0;
}

// What a tool printed, as one line without the paths of its files.
std::string message_of(const std::string& log, const std::string& input) {
    std::ifstream file(log);
    std::string all, line;
    while (std::getline(file, line) && all.size() < 2000) {
        if (line.empty()) continue;
        for (std::size_t at; (at = line.find(input)) != std::string::npos;) line.replace(at, input.size(), "input");
        all += (all.empty() ? "" : "; ") + line;
    }
    return all.empty() ? "it printed nothing" : all;
}

std::string require_tool(const std::string& tool, const std::string& why, const std::string& name) {
    std::string path = find_tool(tool);
    if (path.empty())
        fail_at(name, 0, 0, why,
                tool + " was not found: install the CUDA Toolkit and put its bin folder on PATH (or set CUDA_HOME), or compile for the "
                       "modelled GPU: nvcc -arch=sm_90");
    return path;
}

// True if the PTX is for sm_`architecture`a only.
bool targets_accelerated(std::string_view ptx, unsigned architecture) {
    const std::string target = fmt::format("sm_{}a", architecture);
    for (std::size_t at = 0; (at = ptx.find(".target", at)) != std::string_view::npos; ++at)
        if (const std::size_t line = ptx.rfind('\n', at), start = line == std::string_view::npos ? 0 : line + 1;
            ptx.substr(start, at - start).find("//") == std::string_view::npos)
            return ptx.substr(at, ptx.find('\n', at) - at).find(target) != std::string_view::npos;
    return false;
}

} // namespace

std::string find_tool(const std::string& tool) {
    std::vector<std::string> folders;
    if (const char* path = std::getenv("PATH"))
        for (std::string_view rest = path; !rest.empty();) {
            const std::size_t end = std::min(rest.find(':'), rest.size());
            folders.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    for (const char* variable : {"CUDA_HOME", "CUDA_PATH"})
        if (const char* home = std::getenv(variable); home && *home) folders.push_back(std::string(home) + "/bin");
    folders.emplace_back("/usr/local/cuda/bin");
    for (const std::string& folder : folders) {
        const std::string path = folder + "/" + tool;
        std::error_code ignored;
        if (!folder.empty() && access(path.c_str(), X_OK) == 0 && fs::is_regular_file(path, ignored)) return path;
    }
    return {};
}

std::vector<std::byte> compile_ptx(std::string_view ptx, unsigned architecture, const std::string& name,
                                   std::span<const std::string> options) {
    const std::string tool = require_tool("ptxas", fmt::format("only PTX fits sm_{}, which ptxas must compile", architecture), name);
    const ScratchFolder folder;
    const std::string input = folder.write("in.ptx", ptx), output = folder.path("out.cubin"), log = folder.path("log");
    std::vector<std::string> command{tool, fmt::format("-arch=sm_{}{}", architecture, targets_accelerated(ptx, architecture) ? "a" : ""),
                                     "-o", output};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(input);
    if (!run(command, log, output)) fail_at(name, 0, 0, fmt::format("ptxas refused the PTX: {}", message_of(log, input)));
    return read_binary_file(output);
}

std::vector<std::byte> link_cubins(std::span<const std::vector<std::byte>> cubins, unsigned architecture, bool accelerated,
                                   const std::string& name) {
    const std::string tool = require_tool("nvlink", "relocatable images must be linked by nvlink", name);
    const ScratchFolder folder;
    const std::string output = folder.path("out.cubin"), log = folder.path("log");
    std::vector<std::string> command{tool, fmt::format("-arch=sm_{}{}", architecture, accelerated ? "a" : ""), "-o", output};
    for (std::size_t i = 0; i < cubins.size(); ++i)
        command.push_back(folder.write(fmt::format("{}.cubin", i), {reinterpret_cast<const char*>(cubins[i].data()), cubins[i].size()}));
    if (!run(command, log, output)) fail_at(name, 0, 0, fmt::format("nvlink refused the images: {}", message_of(log, folder.path(""))));
    return read_binary_file(output);
}

} // namespace heddle::cubin
