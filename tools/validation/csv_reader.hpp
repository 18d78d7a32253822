// Comma-separated values as RFC 4180 has them: quoted fields, doubled quotes, commas and line ends inside quotes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::validation {

struct CsvRow {
    std::uint64_t line = 0; // where it begins, from 1
    std::vector<std::string> fields;
};

// The rows of `text`, blank lines left out. `name` is the file in errors.
// Errors: UserError with the line (a quote that is never closed, text after a closing quote, a NUL byte).
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name);

// The bytes of a file, or what `path`.zst holds compressed (one Zstandard frame that states its size) if only that is there.
// Errors: UserError (unreadable, more than 1 GiB).
std::string read_table_file(const std::filesystem::path& path);

} // namespace heddle::validation
