// Text files read as lines, plain or compressed with gzip, xz or zstd.
//
// The decompression libraries are called directly rather than through Boost.Iostreams, whose xz and zstd filters end
// quietly at the end of a truncated file; here that is an error.
#pragma once

#include "sim/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace heddle {

enum class Compression : std::uint8_t { None, Gzip, Xz, Zstd };

const char* name(Compression compression); // "plain text", "gzip", "xz", "zstd"

// What the suffix promises: .gz, .xz, .zst, else None.
Compression compression_by_name(const std::filesystem::path& path);
// What the first bytes say. `start` holds up to 6 bytes; fewer are treated as plain text.
Compression compression_by_content(std::string_view start);

// What is wrong with a file to be read: absent, not a regular file, or compressed otherwise than its name says. Empty
// `what` if nothing is.
Diagnostic check_compression(const std::filesystem::path& path);

// Bytes of a file after decompression, in order.
class ByteSource {
  public:
    virtual ~ByteSource() = default;
    // Up to `size` bytes; 0 only at the end. UserError: unreadable, damaged or truncated.
    virtual std::size_t read(char* to, std::size_t size) = 0;
};

// UserError if check_compression() finds something or the file cannot be opened.
std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path);

// Splits bytes into lines. A line is followed by one readable '\n', so number parsers need no end.
class LineReader {
  public:
    LineReader(std::unique_ptr<ByteSource> source, std::string file);
    // The next line without its line end ("\n" or "\r\n"); valid until the next call. False at the end.
    // UserError: a line longer than a megabyte.
    bool next(std::string_view& line);
    // Gives the last line again at the next call. Requires: a line was read and not given back.
    void unread() { again_ = true; }
    std::uint64_t line_number() const { return line_number_; } // of the line read last, from 1
    const std::string& file() const { return file_; }

  private:
    bool refill();

    std::unique_ptr<ByteSource> source_;
    std::string file_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_;
    std::size_t begin_ = 0, end_ = 0;
    std::uint64_t line_number_ = 0;
    std::string_view last_;
    bool again_ = false;
    bool ended_ = false;
};

} // namespace heddle
