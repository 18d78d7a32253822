// Output that is either there as a whole or not at all.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace heddle {

// Writes beside `path` under a temporary name and renames. Errors: UserError; the temporary file is then gone.
void write_file(const std::filesystem::path& path, std::string_view content);

// The same for content that comes in pieces: without commit() nothing has happened.
class FileWriter {
  public:
    // Errors: UserError.
    explicit FileWriter(const std::filesystem::path& path);
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;
    ~FileWriter();

    // Errors: UserError.
    void append(std::string_view piece);
    // Requires: called once, last. Errors: UserError.
    void commit();

  private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    [[noreturn]] void fail(int error) const;

    std::string path_;
    std::string temporary_;
    std::unique_ptr<std::FILE, Closer> file_;
};

// Writes to standard output and flushes. Errors: UserError (a full disk, a closed pipe that does not end the process).
void write_out(std::string_view content);

} // namespace heddle
