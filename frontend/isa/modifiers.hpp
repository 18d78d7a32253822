// Walks over the dot-separated parts of an opcode: "LDG.E.128" -> "LDG", "E", "128".
#pragma once

#include <string_view>

namespace heddle {

inline std::string_view base_mnemonic(std::string_view text) { return text.substr(0, text.find('.')); }

// Calls visit(std::string_view) for every modifier after the base mnemonic, in order.
template <class Visit> void for_each_modifier(std::string_view text, Visit visit) {
    std::size_t at = text.find('.');
    while (at != std::string_view::npos) {
        const std::size_t next = text.find('.', at + 1);
        const std::string_view part = text.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
        if (!part.empty()) visit(part);
        at = next;
    }
}

inline bool has_modifier(std::string_view text, std::string_view wanted) {
    bool found = false;
    for_each_modifier(text, [&](std::string_view part) { found |= part == wanted; });
    return found;
}

} // namespace heddle
