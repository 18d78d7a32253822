#include "tools/common/read_file.hpp"

#include "sim/base/error.hpp"

#include <fstream>
#include <iterator>

namespace heddle {

namespace {

constexpr std::uintmax_t kMostBytes = 1ULL << 30;

} // namespace

std::string read_whole_file(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) fail_at(path.string(), 0, 0, "is a folder", "want a file");
    const auto size = std::filesystem::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file) fail_at(path.string(), 0, 0, "cannot be read", error ? error.message() : "");
    if (size > kMostBytes) fail_at(path.string(), 0, 0, "is larger than 1 GiB");
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string read_if_there(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace heddle
