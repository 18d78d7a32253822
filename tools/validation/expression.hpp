// Small arithmetic expressions, as suites and the table of counters write quantities: `(k3.cycles - k2.cycles) / 1024`.
//
// Numbers, names, + - * /, unary minus, parentheses, min(a, b, ...), max(a, b, ...), ceil(a), floor(a). A name is letters, digits, '_'
// and '.', and means what the caller says.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::validation {

// The value of a name; nothing if there is none.
using NameLookup = std::function<std::optional<double>(std::string_view name)>;

struct Evaluated {
    std::optional<double> value; // nothing: `fault` says why
    std::string fault;
};

// Evaluates `text`. Division by zero, an unknown name and a syntax error give no value, with the reason; never throws.
Evaluated evaluate(std::string_view text, const NameLookup& lookup);

} // namespace heddle::validation
