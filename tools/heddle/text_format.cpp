#include "tools/heddle/text_format.hpp"

#include <cmath>
#include <cstdlib>
#include <cxxabi.h>
#include <fmt/format.h>
#include <memory>

namespace heddle {

namespace {

struct FreeDeleter {
    void operator()(char* text) const { std::free(text); }
};

std::string demangled(const std::string& symbol) {
    if (!symbol.starts_with("_Z")) return symbol;
    int status = 0;
    const std::unique_ptr<char, FreeDeleter> text{abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status)};
    return status == 0 && text ? std::string{text.get()} : symbol;
}

// Without what stands between `open` and `close`, nested ones included. Text in which they do not pair stays as it is.
std::string without_nested(const std::string& text, char open, char close) {
    std::string result;
    int depth = 0;
    for (const char c : text) {
        if (c == open) ++depth;
        if (depth == 0) result += c;
        if (c == close && --depth < 0) return text;
    }
    return depth == 0 ? result : text;
}

} // namespace

std::string with_commas(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3)
        digits.insert(static_cast<std::size_t>(place), ",");
    return digits;
}

std::string si(double value, std::string_view unit) {
    static constexpr const char* kPrefixes[] = {"f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"};
    if (value == 0 || !std::isfinite(value)) return fmt::format("{:.0f} {}", value, unit);
    int prefix = 5;
    double scaled = std::fabs(value);
    // 999.5 would be printed as 1000 of the smaller unit.
    for (; scaled >= 999.5 && prefix < 11; ++prefix) scaled /= 1000;
    for (; scaled < 0.9995 && prefix > 0; --prefix) scaled *= 1000;
    const int decimals = scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
    return fmt::format("{}{:.{}f} {}{}", value < 0 ? "-" : "", scaled, decimals, kPrefixes[prefix], unit);
}

std::string percent(const Ratio& ratio) { return ratio ? fmt::format("{:.1f} %", *ratio * 100) : "-"; }

std::string decimal(const Ratio& ratio) { return ratio ? fmt::format("{:.2f}", *ratio) : "-"; }

std::string extent(const Dim3& d) {
    if (d.z != 1) return fmt::format("{}x{}x{}", d.x, d.y, d.z);
    return d.y != 1 ? fmt::format("{}x{}", d.x, d.y) : std::to_string(d.x);
}

std::string clock_time(double seconds) {
    if (!(seconds >= 0) || seconds > 3.6e6) return "?";
    const auto whole = static_cast<std::uint64_t>(seconds);
    const std::uint64_t hours = whole / 3600, minutes = whole / 60 % 60;
    return hours != 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60) : fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string short_name(const std::string& symbol) {
    std::string name = demangled(symbol);
    // "(anonymous namespace)::f(int)": these parentheses are part of the name's path.
    if (const auto anonymous = name.find("(anonymous namespace)::"); anonymous != std::string::npos) name.erase(anonymous, 23);
    name = without_nested(name, '<', '>');
    if (const auto parameters = name.find('('); parameters != std::string::npos && parameters != 0) name.resize(parameters);
    while (name.ends_with(' ')) name.pop_back();
    if (const auto space = name.rfind(' '); space != std::string::npos) name.erase(0, space + 1);
    return name.empty() ? symbol : name;
}

std::size_t columns(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
    return count;
}

std::string fitted(std::string_view text, std::size_t width) {
    std::string result;
    for (const char c : text) result += c >= 0x20 && c < 0x7f ? c : '?';
    if (result.size() <= width || width == 0) return result;
    result.resize(width - 1);
    return result + "…";
}

} // namespace heddle
