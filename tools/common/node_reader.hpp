// Reading the nodes of a YAML file that is no configuration (a sweep, a suite), with a finding at its place for whatever is wrong.
#pragma once

#include "sim/config/yaml_reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace heddle {

class NodeReader {
  public:
    explicit NodeReader(std::string file) : file_(std::move(file)) {}

    const std::string& file() const { return file_; }
    std::vector<Diagnostic>& findings() { return findings_; }

    void find(const config::YamlNode& at, std::string what, std::string hint = {});
    void find(std::uint64_t line, std::uint64_t column, std::string what, std::string hint = {});
    // A finding for each key that is not known, with "did you mean".
    void check_keys(const config::YamlNode& map, const std::vector<std::string>& known);
    // The text of a key; empty and a finding if it is no text, or is missing and needed.
    std::string word(const config::YamlNode& map, const char* key, bool needed = false);
    bool flag(const config::YamlNode& map, const char* key, bool otherwise);
    std::optional<std::uint64_t> whole(const config::YamlNode& node);
    // A scalar, or a list of them, as a list.
    std::vector<std::string> words(const config::YamlNode& node);
    // A scalar as it is, a list of scalars as "[a, b]": what --set takes.
    std::string value_words(const config::YamlNode& node);

  private:
    std::string file_;
    std::vector<Diagnostic> findings_;
};

} // namespace heddle
