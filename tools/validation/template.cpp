// Recipes with variables.
#include "sim/base/error.hpp"
#include "tools/validation/expression.hpp"
#include "tools/validation/suite.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace heddle::validation {

namespace {

constexpr double kMostWhole = 9e15; // whole numbers a double holds exactly

std::string replacement(std::string_view inside, const Variables& variables, const std::string& file, std::uint64_t line) {
    if (const auto whole = variables.find(std::string(inside)); whole != variables.end()) return whole->second;
    const Evaluated result = evaluate(inside, [&](std::string_view name) { return number_of(variables, name); });
    if (!result.value) fail_at(file, line, 0, fmt::format("${{{}}}: {}", inside, result.fault), "variables are those of the case, the group, the GPU, and sms, max_shared, recipes");
    if (std::abs(*result.value) > kMostWhole || *result.value != std::floor(*result.value))
        fail_at(file, line, 0, fmt::format("${{{}}} is {}, no whole number", inside, *result.value));
    return fmt::format("{:.0f}", *result.value);
}

} // namespace

std::optional<double> number_of(const Variables& variables, std::string_view name) {
    const auto at = variables.find(std::string(name));
    if (at == variables.end()) return std::nullopt;
    double value = 0;
    const std::string& text = at->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string instantiate(const std::string& text, const std::string& file, const Variables& variables) {
    std::string result;
    std::size_t at = 0;
    while (true) {
        const std::size_t open = text.find("${", at);
        result.append(text, at, open == std::string::npos ? std::string::npos : open - at);
        if (open == std::string::npos) return result;
        const auto line = static_cast<std::uint64_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(open), '\n')) + 1;
        const std::size_t close = text.find('}', open);
        if (close == std::string::npos) fail_at(file, line, 0, "opens ${ and never closes it");
        result += replacement(std::string_view(text).substr(open + 2, close - open - 2), variables, file, line);
        at = close + 1;
    }
}

} // namespace heddle::validation
