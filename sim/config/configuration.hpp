// Reading a configuration file, what it extends, and the `--set` overrides into a described struct.
//
//   GpuConfig gpu;
//   auto loaded = config::load(gpu, "configs/gpu/h200_sxm.yaml", {"sm.l1.hit_latency=31 cycles"});
//   loaded.origin("sm.l1.hit_latency").place();       // "--set sm.l1.hit_latency=31 cycles"
//
// How a file is written:
//
//   extends: h100_sxm.yaml                             # read first; later values win, lists are replaced
//   name: "NVIDIA H200 SXM"                            # text may go without a source
//   sm:
//     l1:
//       hit_latency: !measured 33 cycles               # the tag is the class of the source
//       size: {value: 256 KiB, source: vendor, note: "Hopper tuning guide"}
//       carveouts: !vendor [0 KiB, 8 KiB]
//
// `extends` may stand in any section and then names a file that describes that section alone. Its path is taken
// relative to the extending file, then to the search folders.
#pragma once

#include "sim/config/field.hpp"
#include "sim/config/origin.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::config {

// Everything known about a loaded configuration besides its values, which are in the described struct.
class Configuration {
  public:
    using Origins = std::map<std::string, Origin, std::less<>>;

    Configuration() = default;
    Configuration(Origins origins, std::vector<std::string> files, std::string hash, SourceCounts counts)
        : origins_(std::move(origins)), files_(std::move(files)), hash_(std::move(hash)), source_counts_(std::move(counts)) {}

    // Origin of the field at the dotted path; the code default's when nobody set it.
    const Origin& origin(std::string_view path) const;
    // Origins of the fields that somebody set.
    const Origins& origins() const { return origins_; }
    // Every file read, in the order applied: what is extended comes before what extends it.
    const std::vector<std::string>& files() const { return files_; }
    // 16 hex digits over all paths and values, see hash.hpp.
    const std::string& hash() const { return hash_; }
    // How many values rest on which class of source. Texts that state no source are not counted.
    const SourceCounts& source_counts() const { return source_counts_; }

  private:
    Origins origins_;
    std::vector<std::string> files_;
    std::string hash_;
    SourceCounts source_counts_;
};

// Where `extends` looks besides the folder of the extending file.
using SearchFolders = std::vector<std::filesystem::path>;

// Reads `file` and then the overrides ("path=value") into the struct behind `root`, and runs its checks.
// Throws UserError with every finding; the struct's values are then unspecified.
Configuration load(const Section& root, const std::filesystem::path& file, const std::vector<std::string>& overrides = {},
                   const SearchFolders& search = {});
// The same for a text in memory; `name` stands for the file in messages and origins.
Configuration load_text(const Section& root, const std::string& text, const std::string& name,
                        const std::vector<std::string>& overrides = {}, const SearchFolders& search = {});
// Only the overrides, on top of the values the struct has.
Configuration load_overrides(const Section& root, const std::vector<std::string>& overrides);

// The description of a struct. It refers into `config`, which must outlive it and stay where it is.
template <class Config> Section describe(Config& config) {
    Section root;
    config.describe(root);
    return root;
}

template <class Config>
requires requires(Config& c, Section& s) { c.describe(s); }
Configuration load(Config& config, const std::filesystem::path& file, const std::vector<std::string>& overrides = {},
                   const SearchFolders& search = {}) {
    const Section root = describe(config);
    return load(root, file, overrides, search);
}

template <class Config>
requires requires(Config& c, Section& s) { c.describe(s); }
Configuration load_text(Config& config, const std::string& text, const std::string& name, const std::vector<std::string>& overrides = {},
                        const SearchFolders& search = {}) {
    const Section root = describe(config);
    return load_text(root, text, name, overrides, search);
}

} // namespace heddle::config
