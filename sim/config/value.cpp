#include "sim/config/value.hpp"

#include "sim/config/spelling.hpp"
#include "sim/config/unit_table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace heddle::config {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::optional<Problem> store_boolean(const Field& field, std::string_view text) {
    if (text != "true" && text != "false")
        return Problem{fmt::format("{} is neither true nor false", in_quotes(text)), "write true or false"};
    field.set(Field::Scalar{text == "true"});
    return std::nullopt;
}

std::optional<Problem> store_choice(const Field& field, std::string_view text) {
    if (std::find(field.choices.begin(), field.choices.end(), text) == field.choices.end()) {
        const std::string near = closest(text, field.choices);
        return Problem{fmt::format("{} is none of the choices", in_quotes(text)),
                       (near.empty() ? "" : fmt::format("did you mean '{}'? ", near)) +
                           fmt::format("choose one of {}", joined(field.choices))};
    }
    field.set(Field::Scalar{std::string{text}});
    return std::nullopt;
}

std::string with_unit(std::string_view kind, Unit unit) {
    const std::string_view name = unit_name(unit);
    return name.empty() ? std::string{kind} : fmt::format("{}, {}", kind, name);
}

} // namespace

std::optional<Problem> store_scalar(const Field& field, std::string_view text) {
    switch (field.kind) {
    case Field::Kind::Boolean: return store_boolean(field, text);
    case Field::Kind::Choice: return store_choice(field, text);
    case Field::Kind::Text: field.set(Field::Scalar{std::string{text}}); return std::nullopt;
    case Field::Kind::Integer:
    case Field::Kind::Real: break;
    case Field::Kind::IntegerList:
        return Problem{fmt::format("{} is one value, but a list is wanted", in_quotes(text)), fmt::format("write [{}]", text)};
    }
    const auto value = parse_number(field, text);
    if (const auto* problem = std::get_if<Problem>(&value)) return *problem;
    field.set(std::get<Field::Scalar>(value));
    return std::nullopt;
}

std::vector<ElementProblem> store_list(const Field& field, const std::vector<std::string>& elements) {
    std::vector<ElementProblem> problems;
    std::vector<std::uint64_t> values;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto value = parse_number(field, elements[i]);
        if (const auto* problem = std::get_if<Problem>(&value)) problems.push_back({i, *problem});
        else values.push_back(std::get<std::uint64_t>(std::get<Field::Scalar>(value)));
    }
    if (problems.empty()) field.set_list(values);
    return problems;
}

std::string double_quoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') quoted += fmt::format("\\{}", c);
        else if (c == '\n') quoted += "\\n";
        else if (c == '\t') quoted += "\\t";
        else if (byte < 0x20 || byte == 0x7f) quoted += fmt::format("\\x{:02x}", byte);
        else quoted += c;
    }
    return quoted + '"';
}

std::string value_text(const Field& field) {
    if (field.kind == Field::Kind::IntegerList) {
        std::vector<std::string> words;
        for (const std::uint64_t value : field.get_list()) words.push_back(format_number(field.unit, value));
        return fmt::format("[{}]", joined(words));
    }
    const Field::Scalar value = field.get();
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* integer = std::get_if<std::uint64_t>(&value)) return format_number(field.unit, *integer);
    if (const auto* real = std::get_if<double>(&value)) return format_number(field.unit, *real);
    return std::get<std::string>(value);
}

std::string canonical_text(const Field& field) {
    if (field.kind == Field::Kind::IntegerList) return fmt::format("[{}]", fmt::join(field.get_list(), ","));
    const Field::Scalar value = field.get();
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* integer = std::get_if<std::uint64_t>(&value)) return fmt::format("{}", *integer);
    if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real + 0.0);
    return double_quoted(std::get<std::string>(value));
}

std::string type_text(const Field& field) {
    switch (field.kind) {
    case Field::Kind::Boolean: return "true or false";
    case Field::Kind::Integer: return with_unit("integer", field.unit);
    case Field::Kind::Real: return with_unit("real number", field.unit);
    case Field::Kind::Text: return "text";
    case Field::Kind::Choice: return "one of " + joined(field.choices);
    case Field::Kind::IntegerList: return with_unit("list of integers", field.unit);
    }
    return {};
}

std::string example_text(const Field& field) {
    const std::string now = value_text(field);
    return field.kind == Field::Kind::Text ? double_quoted(now) : now;
}

} // namespace heddle::config
