// Files that are shipped, or the user's own: a name stands for FOLDER/NAME.yaml, anything else is a file already.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace heddle {

// Has a '/' in it, or ends in .yaml or .yml.
bool is_file_name(const std::string& text);

// The first FOLDER/NAME.yaml, or the file that `name` is. `what` names the kind in the error: "sweep".
// Errors: UserError with the nearest name there is, or all.
std::filesystem::path find_named_file(const std::string& name, const std::vector<std::filesystem::path>& folders, const char* what);

} // namespace heddle
