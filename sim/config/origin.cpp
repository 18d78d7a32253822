#include "sim/config/origin.hpp"

#include <fmt/format.h>

namespace heddle::config {

std::string_view source_word(Source source) {
    switch (source) {
    case Source::Vendor: return "vendor";
    case Source::Measured: return "measured";
    case Source::Paper: return "paper";
    case Source::Fitted: return "fitted";
    case Source::Assumed: return "assumed";
    case Source::Default: break;
    }
    return "default";
}

std::optional<Source> parse_source(std::string_view word) {
    for (const Source source : kWritableSources)
        if (source_word(source) == word) return source;
    return std::nullopt;
}

std::string source_words() {
    std::string words;
    for (const Source source : kWritableSources) {
        if (!words.empty()) words += ", ";
        words += source_word(source);
    }
    return words;
}

std::string Origin::place() const {
    if (is_default()) return "code default";
    return line == 0 ? file : fmt::format("{}:{}", file, line);
}

} // namespace heddle::config
