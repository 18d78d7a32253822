#include "tools/validation/result_store.hpp"

#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

namespace heddle::validation {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPart = ".part-"; // and the process that works there
constexpr std::uint64_t kPrime = 0x100000001b3ULL;

std::uint64_t add(std::uint64_t sum, std::string_view bytes) {
    for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * kPrime;
    return sum;
}

} // namespace

std::string content_key(const std::vector<std::string>& parts) {
    std::uint64_t one = 0xcbf29ce484222325ULL, two = 0x84222325cbf29ce4ULL;
    for (const std::string& part : parts) {
        const std::string framed = fmt::format("{}:{};", part.size(), part);
        one = add(one, framed);
        two = add(two ^ one, framed);
    }
    return fmt::format("{:016x}{:016x}", one, two);
}

std::string file_digest(const fs::path& file) { return content_key({read_whole_file(file)}); }

ResultStore::ResultStore(fs::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error || !fs::is_directory(folder_)) fail_at(folder_.string(), 0, 0, "cannot be made a folder for finished simulations", error.message());
    // What an interrupted validation left behind.
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        const std::string name = entry.path().filename().string();
        const auto at = name.rfind(kPart);
        if (at == std::string::npos) continue;
        const long pid = std::atol(name.c_str() + at + kPart.size());
        if (pid > 0 && kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) discard(entry.path());
    }
}

fs::path ResultStore::usual_folder() {
    const auto variable = [](const char* name) {
        const char* text = std::getenv(name);
        return std::string(text != nullptr ? text : "");
    };
    if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) return fs::path(cache) / "heddle" / "validate";
    if (const std::string home = variable("HOME"); !home.empty()) return fs::path(home) / ".cache" / "heddle" / "validate";
    std::error_code ignored;
    return fs::temp_directory_path(ignored) / "heddle-validate";
}

bool ResultStore::has(const std::string& key) const {
    std::error_code ignored;
    return fs::exists(run_json(key), ignored);
}

fs::path ResultStore::scratch(const std::string& key) const {
    const fs::path path = folder_ / fmt::format("{}{}{}", key, kPart, getpid());
    std::error_code error;
    fs::remove_all(path, error);
    fs::create_directories(path, error);
    if (error) fail_at(path.string(), 0, 0, "cannot be made", error.message());
    return path;
}

void ResultStore::commit(const fs::path& scratch, const std::string& key) const {
    std::error_code error;
    fs::rename(scratch, folder_ / key, error);
    if (error && !has(key)) fail_at((folder_ / key).string(), 0, 0, "cannot be written", error.message());
    if (error) discard(scratch); // another process was faster
}

void ResultStore::discard(const fs::path& scratch) {
    std::error_code ignored;
    fs::remove_all(scratch, ignored);
}

} // namespace heddle::validation
