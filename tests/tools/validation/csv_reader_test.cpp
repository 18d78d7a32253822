#include "tools/validation/csv_reader.hpp"

#include "sim/base/error.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::validation;

TEST_CASE("Quotes, commas, line ends and blank lines", "[validation]") {
    const auto rows = parse_csv("\xef\xbb\xbf" "a,\"b,\"\"c\"\"\",\r\n\r\n\"two\nlines\",x\n\"\"\nlast", "f.csv");
    REQUIRE(rows.size() == 4);
    CHECK(rows[0].fields == std::vector<std::string>{"a", "b,\"c\"", ""});
    CHECK(rows[0].line == 1);
    CHECK(rows[1].fields == std::vector<std::string>{"two\nlines", "x"});
    CHECK(rows[1].line == 3);
    CHECK(rows[2].fields == std::vector<std::string>{""});
    CHECK(rows[3].fields == std::vector<std::string>{"last"});
    CHECK(rows[3].line == 6);
    CHECK(parse_csv("", "f.csv").empty());
}

TEST_CASE("Malformed CSV names the line", "[validation]") {
    const auto message = [](std::string_view text) -> std::string {
        try {
            parse_csv(text, "f.csv");
        } catch (const UserError& error) {
            return error.findings().front().text();
        }
        return "accepted";
    };
    CHECK(message("a\nb,\"c\n\nd").starts_with("f.csv:2: opens a quote"));
    CHECK(message("a\n\"b\"c\n").starts_with("f.csv:2: has text behind"));
    CHECK(message(std::string_view("a\nb\0", 4)).starts_with("f.csv:2: holds a NUL"));
}
