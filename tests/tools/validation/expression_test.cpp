#include "tools/validation/expression.hpp"

#include <catch2/catch.hpp>

using namespace heddle::validation;

namespace {

Evaluated with_names(const char* text) {
    return evaluate(text, [](std::string_view name) -> std::optional<double> {
        if (name == "k1.cycles") return 100;
        if (name == "sms") return 4;
        return std::nullopt;
    });
}

} // namespace

TEST_CASE("Expressions follow the usual precedence", "[validation]") {
    CHECK(*with_names("1 + 2 * 3").value == 7);
    CHECK(*with_names("(1 + 2) * 3").value == 9);
    CHECK(*with_names("8 / 4 / 2").value == 1);
    CHECK(*with_names("7 - 2 - 1").value == 4);
    CHECK(*with_names("-k1.cycles / sms").value == -25);
    CHECK(*with_names(" 1.5e2 ").value == 150);
}

TEST_CASE("What is no expression says why", "[validation]") {
    CHECK(with_names("k2.cycles").fault == "there is no k2.cycles");
    CHECK(with_names("1 / (sms - 4)").fault == "divides by zero");
    CHECK(with_names("1 +").fault == "ends too early");
    CHECK(with_names("(1").fault == "misses a )");
    CHECK(with_names("1 2").fault == "\"2\" is one word too many");
    CHECK(with_names("1 $ 2").fault == "\"$ 2\" is one word too many");
    CHECK(with_names("").fault == "ends too early");
    CHECK(with_names("1e308 * 1e308").fault == "is no finite number");
    CHECK_FALSE(with_names(std::string(10000, '(').c_str()).value); // no stack is used up
    CHECK_FALSE(with_names(std::string(10000, '-').c_str()).value);
}

TEST_CASE("Functions take what is in their parentheses", "[validation]") {
    CHECK(*with_names("max(1, sms, 3)").value == 4);
    CHECK(*with_names("min(2 * 3, 5) + 1").value == 6);
    CHECK(*with_names("ceil(5 / 2) * floor(5 / 2)").value == 6);
    CHECK(*with_names("max(1)").value == 1);
    CHECK(with_names("max()").fault == "\")\" is neither number nor name");
    CHECK(with_names("ceil(1, 2)").fault == "ceil takes one number");
    CHECK(with_names("root(4)").fault == "there is no function root");
    CHECK(with_names("max(1, 2").fault == "misses a )");
    CHECK(with_names("max(1, 1 / 0)").fault == "divides by zero");
}
