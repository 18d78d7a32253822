#include "tools/common/write_file.hpp"

#include "sim/base/error.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace heddle {

namespace {

[[noreturn]] void fail_writing(const std::string& path, int error) {
    fail_at(path, 0, 0, fmt::format("cannot be written: {}", std::strerror(error)));
}

} // namespace

FileWriter::FileWriter(const std::filesystem::path& path)
    : path_(path.string()), temporary_(fmt::format("{}.{}.partial", path_, getpid())), file_(std::fopen(temporary_.c_str(), "wb")) {
    if (!file_) fail(errno);
}

FileWriter::~FileWriter() {
    if (file_) std::remove(temporary_.c_str());
}

void FileWriter::fail(int error) const { fail_writing(path_, error); }

void FileWriter::append(std::string_view piece) {
    if (std::fwrite(piece.data(), 1, piece.size(), file_.get()) != piece.size()) fail(errno);
}

void FileWriter::commit() {
    const bool whole = std::fclose(file_.release()) == 0;
    if (whole && std::rename(temporary_.c_str(), path_.c_str()) == 0) return;
    const int error = errno;
    std::remove(temporary_.c_str());
    fail(error);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
    FileWriter file(path);
    file.append(content);
    file.commit();
}

void write_out(std::string_view content) {
    if (std::fwrite(content.data(), 1, content.size(), stdout) != content.size() || std::fflush(stdout) != 0)
        fail_writing("standard output", errno);
}

} // namespace heddle
