// Applies files and overrides to a described struct, one after the other, and collects findings and origins.
#pragma once

#include "sim/config/configuration.hpp"
#include "sim/config/value_reader.hpp"
#include "sim/config/yaml_reader.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace heddle::config {

// Use: read_file or read_text, set for each override, finish.
class Loader {
  public:
    Loader(const Section& root, SearchFolders search) : root_(root), search_(std::move(search)) {}

    void read_file(const std::filesystem::path& file);
    void read_text(const std::string& text, const std::string& name);
    void set(const std::string& override_text);
    // Runs the checks across fields. Throws UserError if anything was found.
    Configuration finish();

  private:
    void apply_text(const std::string& text, const std::string& name, const Section& section, const std::string& prefix);
    void apply(const YamlNode& node, const Section& section, const std::string& prefix, const std::string& file);
    void apply_entry(const YamlNode::Entry& entry, const Section& section, const std::string& prefix, const std::string& file);
    void extend(const YamlNode& node, const Section& section, const std::string& prefix, const std::string& file);
    void report(const std::string& file, std::uint64_t line, std::uint64_t column, std::string what, std::string hint = {});
    void run_checks(const Section& section, const std::string& prefix);
    bool failed_within(const std::string& prefix) const;
    SourceCounts count_sources() const;
    [[noreturn]] void fail();

    const Section& root_;
    SearchFolders search_;
    std::vector<Diagnostic> findings_;
    std::set<std::string> failed_;              // paths of fields and sections with findings
    bool broken_ = false;                       // a whole file could not be read
    std::vector<std::filesystem::path> active_; // files being read, the extending before the extended
    std::size_t files_read_ = 0;
    std::vector<std::string> files_;
    Configuration::Origins origins_;
};

} // namespace heddle::config
