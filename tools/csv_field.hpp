// One field of comma-separated values (RFC 4180), for every table the tools write.
#pragma once

#include <string>

namespace heddle {

// The text as one field, quoted if it must be.
inline std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

} // namespace heddle
