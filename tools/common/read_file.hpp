// Input files read as a whole.
#pragma once

#include <filesystem>
#include <string>

namespace heddle {

// At most 1 GiB. Errors: UserError (a folder, not there, too large).
std::string read_whole_file(const std::filesystem::path& path);

// The same for a file that need not be there: what can be read of it, else nothing. Never fails.
std::string read_if_there(const std::filesystem::path& path);

} // namespace heddle
