// Where a configuration value comes from: file and place, class of source, note, and the words it was written with.
#pragma once

#include "sim/config/field.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::config {

// The source classes a user may write, in the order of trust; `Default` is not among them.
inline constexpr std::array kWritableSources{Source::Vendor, Source::Measured, Source::Paper, Source::Fitted, Source::Assumed};

// "vendor", "measured", "paper", "fitted", "assumed" or "default".
std::string_view source_word(Source source);
// The class named by `word`, or nothing. "default" is not a word a user may write.
std::optional<Source> parse_source(std::string_view word);
// "vendor, measured, paper, fitted, assumed", for messages.
std::string source_words();

// The origin of one value. A value that nobody set has `Source::Default` and no file.
struct Origin {
    std::string file; // as it was named by the user, or "--set path=value"
    std::uint64_t line = 0;
    std::uint64_t column = 0;
    std::optional<Source> source = Source::Default; // nothing: a text or name that states no source
    std::string note;
    std::string text; // as written, without the source tag

    bool is_default() const { return file.empty(); }
    // "file:line", "--set path=value" or "code default".
    std::string place() const;
};

// Number of values per source class, all six classes, in the order of `Source`.
using SourceCounts = std::vector<std::pair<std::string, std::size_t>>;

} // namespace heddle::config
