// The value of a field of any kind as text, and back.
#pragma once

#include "sim/config/field.hpp"
#include "sim/config/number.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::config {

// Stores `text` in a field that is not a list. Returns what is wrong, and then stores nothing.
std::optional<Problem> store_scalar(const Field& field, std::string_view text);
// Stores the elements in a list field. Returns everything that is wrong by element, and then stores nothing.
struct ElementProblem {
    std::size_t element;
    Problem problem;
};
std::vector<ElementProblem> store_list(const Field& field, const std::vector<std::string>& elements);

// The current value in human form: `33 cycles`, `true`, `lru`, `some text`, `[0 KiB, 8 KiB]`.
std::string value_text(const Field& field);
// The current value in base units and a form that is the same everywhere, for hashing and comparing.
std::string canonical_text(const Field& field);
// A text in double quotes, with the escapes YAML and the hash need.
std::string double_quoted(std::string_view text);
// "integer, cycles", "one of lru, random", "list of integers, bytes", "text", "true or false".
std::string type_text(const Field& field);
// A value to show in a hint: the current value, or something of the right form.
std::string example_text(const Field& field);

} // namespace heddle::config
