// Output that is either there as a whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace heddle {

// Writes beside `path` under a temporary name and renames. Errors: UserError; the temporary file is then gone.
void write_file(const std::filesystem::path& path, std::string_view content);

// Writes to standard output and flushes. Errors: UserError (a full disk, a closed pipe that does not end the process).
void write_out(std::string_view content);

} // namespace heddle
