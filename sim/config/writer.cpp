#include "sim/config/writer.hpp"

#include "sim/config/section_walk.hpp"
#include "sim/config/value.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heddle::config {

namespace {

constexpr std::size_t kCommentColumn = 56;

bool is_plain_word(std::string_view text) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    };
    return !text.empty() && text[0] != '-' && text[0] != '.' && std::all_of(text.begin(), text.end(), plain);
}

std::string yaml_value(const Field& field) {
    const std::string text = value_text(field);
    const bool quote = field.kind == Field::Kind::Text || (field.kind == Field::Kind::Choice && !is_plain_word(text));
    return quote ? double_quoted(text) : text;
}

std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return text;
}

std::string comment_of(const Origin& origin) {
    const bool has_note = !origin.note.empty() && origin.note != "--set";
    return one_line(has_note ? fmt::format("{}; {}", origin.place(), origin.note) : origin.place());
}

bool has_fields(const Section& section) {
    return !section.fields().empty() ||
           std::any_of(section.children().begin(), section.children().end(), [](const auto& child) { return has_fields(*child.section); });
}

void write_section(const Section& section, const std::string& prefix, std::size_t depth, const Configuration& loaded, std::string& out) {
    const std::string indent(depth * 2, ' ');
    for (const Field& field : section.fields()) {
        const Origin& origin = loaded.origin(join_path(prefix, field.name));
        std::string tag;
        if (origin.source == Source::Default) tag = field.kind == Field::Kind::Text ? "" : "!assumed ";
        else if (origin.source) tag = fmt::format("!{} ", source_word(*origin.source));
        const std::string line = fmt::format("{}{}: {}{}", indent, field.name, tag, yaml_value(field));
        out += fmt::format("{:<{}}  # {}\n", line, kCommentColumn, comment_of(origin));
    }
    for (const auto& child : section.children()) {
        if (!has_fields(*child.section)) continue;
        out += fmt::format("{}{}:\n", indent, child.name);
        write_section(*child.section, join_path(prefix, child.name), depth + 1, loaded, out);
    }
}

} // namespace

std::string write_yaml(const Section& root, const Configuration& loaded) {
    std::string out;
    write_section(root, {}, 0, loaded, out);
    return out;
}

} // namespace heddle::config
