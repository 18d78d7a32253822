#include "sim/config/reference.hpp"

#include "sim/config/section_walk.hpp"
#include "sim/config/value.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heddle::config {

namespace {

// A '|' ends a table cell and a line end ends the table.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += "\\|";
        else out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string accepted(const Field& field) {
    switch (field.kind) {
    case Field::Kind::Choice: {
        std::string words;
        for (const std::string& word : field.choices) words += fmt::format("{}`{}`", words.empty() ? "" : ", ", word);
        return words;
    }
    case Field::Kind::Boolean: return "`true`, `false`";
    case Field::Kind::Text: return "any";
    case Field::Kind::IntegerList: return "each " + format_range(field);
    case Field::Kind::Integer:
    case Field::Kind::Real: break;
    }
    return format_range(field);
}

std::string type_cell(const Field& field) {
    if (field.kind == Field::Kind::Choice) return "choice";
    return field.kind == Field::Kind::Boolean ? "boolean" : type_text(field);
}

void write_section(const Section& section, const std::string& prefix, std::size_t depth, std::string& out) {
    if (!section.fields().empty()) {
        out += "| path | type | accepted | default | meaning |\n|---|---|---|---|---|\n";
        for (const Field& field : section.fields())
            out += fmt::format("| `{}` | {} | {} | `{}` | {} |\n", join_path(prefix, field.name), type_cell(field), cell(accepted(field)),
                               cell(example_text(field)), cell(field.doc));
        out += "\n";
    }
    for (const auto& child : section.children()) {
        const std::string path = join_path(prefix, child.name);
        out += fmt::format("{} `{}`\n\n{}\n\n", std::string(std::min<std::size_t>(depth + 1, 6), '#'), path, child.doc);
        write_section(*child.section, path, depth + 1, out);
    }
}

} // namespace

std::string write_reference(const Section& root, std::string_view title) {
    std::string out = fmt::format("# {}\n\n", title);
    write_section(root, {}, 1, out);
    while (out.ends_with("\n\n")) out.pop_back();
    return out;
}

} // namespace heddle::config
