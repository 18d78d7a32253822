#include "tools/sweep/formula.hpp"

#include "sim/config/unit_table.hpp"
#include "tools/validation/expression.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <fmt/format.h>
#include <vector>

namespace heddle::sweep {

namespace {

using config::Unit;

constexpr std::array kUnits{Unit::Bytes,         Unit::Hertz, Unit::Nanoseconds, Unit::Cycles, Unit::BytesPerCycle,
                            Unit::BitsPerSecond, Unit::Watts, Unit::Picojoules,  Unit::Volts,  Unit::SquareMillimetres};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

// The longest unit word at the beginning of `text`, and how many base units it is.
std::pair<std::size_t, double> unit_at(std::string_view text) {
    std::pair<std::size_t, double> best{0, 1};
    for (const Unit unit : kUnits)
        for (const config::UnitWord& w : config::unit_words(unit)) {
            const std::size_t size = w.word.size();
            if (!text.starts_with(w.word) || size <= best.first) continue;
            if (text.size() > size && (is_letter(text[size]) || is_digit(text[size]) || text[size] == '.')) continue;
            best = {size, std::ldexp(std::pow(10.0, w.decimal), w.binary)};
        }
    return best;
}

// "0.5 MiB * a" as "(0.5*1048576) * a".
std::string without_units(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (is_letter(text[at])) { // a name, digits and all
            while (at < text.size() && (is_letter(text[at]) || is_digit(text[at]) || text[at] == '.')) result += text[at++];
            continue;
        }
        if (!is_digit(text[at])) {
            result += text[at++];
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
        if (end + 1 < text.size() && (text[end] == 'e' || text[end] == 'E')) {
            std::size_t exponent = end + 1;
            if (text[exponent] == '-' || text[exponent] == '+') ++exponent;
            if (exponent < text.size() && is_digit(text[exponent])) {
                while (exponent < text.size() && is_digit(text[exponent])) ++exponent;
                end = exponent;
            }
        }
        const std::string_view number = text.substr(at, end - at);
        std::size_t word = end;
        while (word < text.size() && is_space(text[word])) ++word;
        const auto [size, factor] = unit_at(text.substr(word));
        if (size == 0) result += number;
        else result += fmt::format("({}*{})", number, factor);
        at = size == 0 ? end : word + size;
    }
    return result;
}

// The parts between `word` outside parentheses and quotes; for a word of letters only where it stands alone.
std::vector<std::string_view> split(std::string_view text, std::string_view word) {
    std::vector<std::string_view> parts;
    int depth = 0;
    std::size_t start = 0;
    for (std::size_t i = 0; i + word.size() <= text.size(); ++i) {
        if (text[i] == '(') ++depth;
        if (text[i] == ')') --depth;
        if (depth != 0 || text.substr(i, word.size()) != word || i == 0 || !is_space(text[i - 1])) continue;
        if (i + word.size() < text.size() && !is_space(text[i + word.size()]) && text[i + word.size()] != '(') continue;
        parts.push_back(text.substr(start, i - start));
        start = i + word.size();
        i = start - 1;
    }
    parts.push_back(text.substr(start));
    return parts;
}

struct Side {
    std::optional<std::string> text; // it is a text
    std::string_view words;
};

Side side_of(std::string_view words, const Names& names) {
    words = trimmed(words);
    if (words.size() >= 2 && (words.front() == '"' || words.front() == '\'') && words.back() == words.front())
        return {std::string(words.substr(1, words.size() - 2)), words};
    if (const auto named = names(words); named && std::holds_alternative<std::string>(*named))
        return {std::get<std::string>(*named), words};
    return {std::nullopt, words};
}

ConstraintResult comparison(std::string_view text, const Names& names) {
    static constexpr std::array<std::string_view, 6> kOperators{"==", "!=", "<=", ">=", "<", ">"};
    std::size_t at = std::string_view::npos;
    std::string_view op;
    for (std::size_t i = 0; i < text.size() && op.empty(); ++i)
        for (const std::string_view candidate : kOperators)
            if (op.empty() && text.substr(i).starts_with(candidate)) {
                at = i;
                op = candidate;
            }
    if (op.empty()) return {std::nullopt, fmt::format("\"{}\" compares nothing", trimmed(text))};
    Side left = side_of(text.substr(0, at), names), right = side_of(text.substr(at + op.size()), names);
    if (left.text || right.text) {
        if (op != "==" && op != "!=") return {std::nullopt, fmt::format("a text has no order: {}", op)};
        const bool same = left.text.value_or(std::string(left.words)) == right.text.value_or(std::string(right.words));
        return {same == (op == "=="), {}};
    }
    const QuantityResult a = quantity(left.words, names), b = quantity(right.words, names);
    if (!a.value || !b.value) return {std::nullopt, a.value ? b.fault : a.fault};
    if (op == "==") return {*a.value == *b.value, {}};
    if (op == "!=") return {*a.value != *b.value, {}};
    if (op == "<=") return {*a.value <= *b.value, {}};
    if (op == ">=") return {*a.value >= *b.value, {}};
    if (op == "<") return {*a.value < *b.value, {}};
    return {*a.value > *b.value, {}};
}

} // namespace

QuantityResult quantity(std::string_view text, const Names& names) {
    std::string fault;
    const auto numbers = [&](std::string_view name) -> std::optional<double> {
        const auto value = names(name);
        if (!value) return std::nullopt;
        if (const auto* number = std::get_if<double>(&*value)) return *number;
        fault = fmt::format("{} is a text", name);
        return 0;
    };
    const validation::Evaluated result = validation::evaluate(without_units(text), numbers);
    if (!fault.empty()) return {std::nullopt, fault};
    return {result.value, result.fault};
}

ConstraintResult constraint(std::string_view text, const Names& names) {
    bool any = false;
    for (const std::string_view alternative : split(text, "or")) { // no short cut: a fault shows at every point
        bool all = true;
        for (const std::string_view part : split(alternative, "and")) {
            const ConstraintResult one = comparison(part, names);
            if (!one.holds) return one;
            all = all && *one.holds;
        }
        any = any || all;
    }
    return {any, {}};
}

} // namespace heddle::sweep
