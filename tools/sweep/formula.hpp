// The expressions of a sweep file: quantities with units, and constraints.
//
//   quantity     0.5 MiB * sm_count, max(l2.size, 32 MiB), clocks.sm / 2
//   constraint   l2_size >= 30 MiB and sm_count * 2 < 200 or scheduler == two_level
//
// A number may be followed by a unit word of the configuration (MiB, MHz, cycles, ns, Gb/s, ...); every value is in base units
// (bytes, Hz, ns, b/s). `and` binds closer than `or`; comparisons are == != <= >= < >. A name that has a text is compared as text.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace heddle::sweep {

using NamedValue = std::variant<double, std::string>;
using Names = std::function<std::optional<NamedValue>(std::string_view name)>;

struct QuantityResult {
    std::optional<double> value; // nothing: `fault` says why
    std::string fault;
};
// Never throws.
QuantityResult quantity(std::string_view text, const Names& names);

struct ConstraintResult {
    std::optional<bool> holds; // nothing: `fault` says why
    std::string fault;
};
// Never throws.
ConstraintResult constraint(std::string_view text, const Names& names);

} // namespace heddle::sweep
