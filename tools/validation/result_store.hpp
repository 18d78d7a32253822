// Finished simulations, kept by what they are of: Heddle's own build, the configuration, the recipe with its code, and how it is run.
//
// A folder holds one entry a simulation, `<key>/run.json`; an entry appears as a whole or not at all, so a store may be
// shared by several validations at once and survives an interruption.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::validation {

// A key from parts, order mattering: 32 hexadecimal digits of two FNV-1a sums.
std::string content_key(const std::vector<std::string>& parts);
// The digest of a file's bytes. Errors: UserError.
std::string file_digest(const std::filesystem::path& file);

class ResultStore {
  public:
    // Makes the folder. Errors: UserError.
    explicit ResultStore(std::filesystem::path folder);
    // $XDG_CACHE_HOME/heddle/validate, else ~/.cache/heddle/validate, else a folder in the one for temporary files.
    static std::filesystem::path usual_folder();

    bool has(const std::string& key) const;
    std::filesystem::path run_json(const std::string& key) const { return folder_ / key / "run.json"; }
    // A new empty folder to work in; commit() makes it the entry, discard() removes it.
    std::filesystem::path scratch(const std::string& key) const;
    void commit(const std::filesystem::path& scratch, const std::string& key) const;
    static void discard(const std::filesystem::path& scratch);

  private:
    std::filesystem::path folder_;
};

} // namespace heddle::validation
