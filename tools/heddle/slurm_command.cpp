#include "tools/heddle/slurm_command.hpp"

#include "sim/base/error.hpp"
#include "tools/heddle/gpu_files.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace heddle {

namespace fs = std::filesystem;

namespace {

// Beside the configurations of the source tree, or of an installation.
fs::path find_adapter() {
    for (const fs::path& folder : config_folders()) {
        std::error_code error;
        const fs::path adapter = folder / "../tools/sweep/slurm";
        if (fs::is_regular_file(adapter, error)) return fs::weakly_canonical(adapter, error);
    }
    fail_at("--slurm", 0, 0, "tools/sweep/slurm is not beside the configurations", "run it from the source tree of Heddle");
}

} // namespace

void submit_to_slurm(const SlurmChoices& choices) {
    std::error_code error;
    std::vector<std::string> words = {find_adapter().string(), choices.sweep.string(), "--out", choices.out.string(), "--heddle",
                                      fs::read_symlink("/proc/self/exe", error).string()};
    if (!choices.jobs.empty()) words.insert(words.end(), {"--jobs", choices.jobs});
    if (choices.retry_failed) words.push_back("--retry-failed");
    if (choices.show) words.push_back("--show");
    if (choices.wait) words.push_back("--wait");
    if (!choices.sbatch.empty()) words.push_back("--");
    words.insert(words.end(), choices.sbatch.begin(), choices.sbatch.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    fail_at(words[0], 0, 0, std::string("cannot be started: ") + std::strerror(errno), "it needs Python 3.9 or later");
}

} // namespace heddle
