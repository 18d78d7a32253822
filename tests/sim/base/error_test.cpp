#include <catch2/catch.hpp>

#include "sim/base/error.hpp"

using namespace heddle;

TEST_CASE("a finding leaves out what is not known", "[error]") {
    CHECK(Diagnostic{"a.yaml", 3, 7, "no such key", "did you mean size?"}.text() == "a.yaml:3:7: no such key - did you mean size?");
    CHECK(Diagnostic{"a.yaml", 3, 7, "no such key", ""}.text() == "a.yaml:3:7: no such key");
    CHECK(Diagnostic{"a.yaml", 3, 0, "bad", ""}.text() == "a.yaml:3: bad");
    CHECK(Diagnostic{"a.yaml", 0, 7, "bad", ""}.text() == "a.yaml: bad"); // a column without a line says nothing
    CHECK(Diagnostic{"", 0, 0, "bad", "try again"}.text() == "bad - try again");
    CHECK(Diagnostic{"", 0, 0, "bad", ""}.text() == "bad");
}

TEST_CASE("a user error tells all its findings, one a line", "[error]") {
    const UserError error({{"a", 1, 2, "first", ""}, {"b", 0, 0, "second", "hint"}});
    CHECK(std::string(error.what()) == "a:1:2: first\nb: second - hint");
    REQUIRE(error.findings().size() == 2);
    CHECK(error.findings()[1].hint == "hint");
    CHECK(std::string(UserError(Diagnostic{"", 0, 0, "alone", ""}).what()) == "alone");
}

TEST_CASE("fail_at throws one finding at its place", "[error]") {
    CHECK_THROWS_AS(fail_at("f.txt", 4, 5, "what", "hint"), UserError);
    CHECK_THROWS_WITH(fail_at("f.txt", 4, 5, "what", "hint"), "f.txt:4:5: what - hint");
    CHECK_THROWS_WITH(fail_at("f.txt", 4, 5, "what"), "f.txt:4:5: what");
}

TEST_CASE("a broken invariant names place, condition and values", "[error]") {
    const int size = 3;
    CHECK_NOTHROW([&] { HEDDLE_EXPECT(size == 3, "never said"); }());
    CHECK_THROWS_AS([&] { HEDDLE_EXPECT(size < 2, "size {}", size); }(), InternalError);
    CHECK_THROWS_WITH([&] { HEDDLE_EXPECT(size < 2, "size {}", size); }(),
                      Catch::Contains("error_test.cpp:") && Catch::Contains("internal error: size < 2 does not hold: size 3"));
}

TEST_CASE("the message of an invariant that holds is not put together", "[error]") {
    int formatted = 0;
    const auto cost = [&] { return ++formatted; };
    HEDDLE_EXPECT(true, "{}", cost());
    CHECK(formatted == 0);
}

TEST_CASE("the kinds of failure can be told apart", "[error]") {
    const auto kind = [](auto&& fail) {
        try {
            fail();
        } catch (const UserError&) {
            return 2;
        } catch (const Deadlock&) {
            return 3;
        } catch (const InternalError&) {
            return 1;
        }
        return 0;
    };
    CHECK(kind([] { fail_at("", 0, 0, "x"); }) == 2);
    CHECK(kind([] { throw Deadlock("x"); }) == 3);
    CHECK(kind([] { HEDDLE_EXPECT(false, "x"); }) == 1);
    CHECK(kind([] {}) == 0);
}
