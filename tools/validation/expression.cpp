#include "tools/validation/expression.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <vector>

namespace heddle::validation {

namespace {

constexpr int kMostNesting = 64;

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name(char c) { return is_name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.'; }

// Recursive descent; the first fault stays and makes every later value 0.
class Parser {
  public:
    Parser(std::string_view text, const NameLookup& lookup) : text_(text), lookup_(lookup) {}

    Evaluated run() {
        const double value = sum();
        skip();
        if (fault_.empty() && at_ < text_.size()) fail(fmt::format("\"{}\" is one word too many", text_.substr(at_)));
        if (fault_.empty() && !std::isfinite(value)) fail("is no finite number");
        if (!fault_.empty()) return {std::nullopt, fault_};
        return {value, {}};
    }

  private:
    void fail(std::string why) {
        if (fault_.empty()) fault_ = std::move(why);
    }
    void skip() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    }
    bool take(char c) {
        skip();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    double sum() {
        double value = product();
        while (fault_.empty()) {
            if (take('+')) value += product();
            else if (take('-')) value -= product();
            else break;
        }
        return value;
    }
    double product() {
        double value = factor();
        while (fault_.empty()) {
            if (take('*')) {
                value *= factor();
            } else if (take('/')) {
                const double by = factor();
                if (fault_.empty() && by == 0) fail("divides by zero");
                value = by == 0 ? 0 : value / by;
            } else {
                break;
            }
        }
        return value;
    }
    double factor() {
        if (++nesting_ > kMostNesting) fail("is nested too deeply");
        const double value = fault_.empty() ? atom() : 0;
        --nesting_;
        return value;
    }
    double atom() {
        if (take('-')) return -factor();
        if (take('(')) {
            const double value = sum();
            if (!take(')')) fail("misses a )");
            return value;
        }
        skip();
        if (at_ == text_.size()) {
            fail("ends too early");
            return 0;
        }
        return is_name_start(text_[at_]) ? name() : number();
    }
    double name() {
        const std::size_t start = at_;
        while (at_ < text_.size() && is_name(text_[at_])) ++at_;
        const std::string_view word = text_.substr(start, at_ - start);
        const auto value = lookup_(word);
        if (!value && take('(')) return call(word);
        if (!value) fail(fmt::format("there is no {}", word));
        return value.value_or(0);
    }
    // After the opening parenthesis of a function.
    double call(std::string_view function) {
        std::vector<double> arguments{sum()};
        while (take(',')) arguments.push_back(sum());
        if (!take(')')) fail("misses a )");
        if (function == "min") return *std::min_element(arguments.begin(), arguments.end());
        if (function == "max") return *std::max_element(arguments.begin(), arguments.end());
        if (function != "ceil" && function != "floor") fail(fmt::format("there is no function {}", function));
        else if (arguments.size() != 1) fail(fmt::format("{} takes one number", function));
        return function == "ceil" ? std::ceil(arguments.front()) : std::floor(arguments.front());
    }
    double number() {
        double value = 0;
        const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (error != std::errc{}) fail(fmt::format("\"{}\" is neither number nor name", text_.substr(at_)));
        else at_ = static_cast<std::size_t>(end - text_.data());
        return value;
    }

    std::string_view text_;
    const NameLookup& lookup_;
    std::size_t at_ = 0;
    int nesting_ = 0;
    std::string fault_;
};

} // namespace

Evaluated evaluate(std::string_view text, const NameLookup& lookup) { return Parser(text, lookup).run(); }

} // namespace heddle::validation
