#include "sim/config/explain.hpp"

#include "sim/base/error.hpp"
#include "sim/config/section_walk.hpp"
#include "sim/config/value.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heddle::config {

namespace {

bool has_range(const Field& field) {
    return field.kind == Field::Kind::Integer || field.kind == Field::Kind::Real || field.kind == Field::Kind::IntegerList;
}

std::string shown_value(const Field& field) {
    return field.kind == Field::Kind::Text ? double_quoted(value_text(field)) : value_text(field);
}

std::string source_text(const Origin& origin) { return std::string{origin.source ? source_word(*origin.source) : "not stated"}; }

std::string explain_field(const Field& field, std::string_view path, const Origin& origin) {
    std::string out = fmt::format("{} = {}\n  {}\n", path, shown_value(field), field.doc);
    out += fmt::format("  type    {}\n", type_text(field));
    if (has_range(field))
        out += fmt::format("  range   {}{}\n", field.kind == Field::Kind::IntegerList ? "each " : "", format_range(field));
    out += fmt::format("  source  {}\n", source_text(origin));
    const bool other_words = !origin.text.empty() && origin.text != value_text(field);
    const std::string place = origin.column == 0 ? origin.place() : fmt::format("{}:{}", origin.place(), origin.column);
    out += fmt::format("  origin  {}{}\n", place, other_words ? fmt::format(", written {}", in_quotes(origin.text)) : "");
    if (!origin.note.empty() && origin.note != "--set") out += fmt::format("  note    {}\n", origin.note);
    return out;
}

std::string explain_section(const Target& target, std::string_view path, const Configuration& loaded) {
    std::string out = path.empty() ? std::string{"the whole configuration\n"} : fmt::format("{} (section)\n  {}\n", path, target.doc);
    std::size_t width = 0;
    const auto measure = [&](const std::string& relative, const Field&) { width = std::max(width, relative.size()); };
    for_each_field(*target.section, measure);
    for_each_field(*target.section, [&](const std::string& relative, const Field& field) {
        const Origin& origin = loaded.origin(join_path(path, relative));
        out += fmt::format("  {:<{}}  {}  ({}): {}\n", relative, width, shown_value(field), source_text(origin), field.doc);
    });
    return out;
}

} // namespace

std::string explain(const Section& root, const Configuration& loaded, std::string_view path) {
    const Target target = find(root, path);
    if (target.field != nullptr) return explain_field(*target.field, path, loaded.origin(path));
    if (target.section != nullptr) return explain_section(target, path, loaded);
    fail_at("", 0, 0, fmt::format("no configuration key {}", in_quotes(path)), suggest_path(root, path));
}

} // namespace heddle::config
