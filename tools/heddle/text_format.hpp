// Numbers and names as a person reads them.
#pragma once

#include "sim/base/units.hpp"
#include "sim/gpu/figures.hpp"

#include <string>
#include <string_view>

namespace heddle {

// 1234567 as "1,234,567".
std::string with_commas(std::uint64_t value);
// Three significant digits with a decimal prefix: si(4.89e12, "B/s") is "4.89 TB/s", si(2.5e-6, "s") is "2.50 µs".
std::string si(double value, std::string_view unit);
// "12.3 %", one decimal; "-" for nothing.
std::string percent(const Ratio& ratio);
// "3.42" with two decimals; "-" for nothing.
std::string decimal(const Ratio& ratio);
// "61x7" or "61x7x2" without trailing ones; "61" for a line.
std::string extent(const Dim3& d);
// Hours, minutes and seconds: "0:07", "12:30", "3:02:11".
std::string clock_time(double seconds);

// The function's own name: demangled, without return type, parameters and template arguments.
std::string short_name(const std::string& symbol);
// At most `width` columns, cut with an ellipsis. Bytes that are no printable text become '?'.
std::string fitted(std::string_view text, std::size_t width);
// Columns a UTF-8 text takes, all characters being one wide.
std::size_t columns(std::string_view text);

} // namespace heddle
