#include "tools/heddle/write_file.hpp"

#include "sim/base/error.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <unistd.h>

namespace heddle {

namespace {

struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

[[noreturn]] void fail_writing(const std::string& path, int error) {
    fail_at(path, 0, 0, fmt::format("cannot be written: {}", std::strerror(error)));
}

} // namespace

void write_file(const std::filesystem::path& path, std::string_view content) {
    const std::string temporary = fmt::format("{}.{}.partial", path.string(), getpid());
    std::unique_ptr<std::FILE, Closer> file{std::fopen(temporary.c_str(), "wb")};
    if (!file) fail_writing(path, errno);
    const bool whole = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
    int error = errno;
    if (std::fclose(file.release()) != 0 || !whole) {
        if (whole) error = errno;
        std::remove(temporary.c_str());
        fail_writing(path, error);
    }
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
        error = errno;
        std::remove(temporary.c_str());
        fail_writing(path, error);
    }
}

void write_out(std::string_view content) {
    if (std::fwrite(content.data(), 1, content.size(), stdout) != content.size() || std::fflush(stdout) != 0)
        fail_writing("standard output", errno);
}

} // namespace heddle
