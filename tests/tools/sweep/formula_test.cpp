#include "tools/sweep/formula.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace heddle::sweep;

namespace {

const Names kNames = [](std::string_view name) -> std::optional<NamedValue> {
    static const std::map<std::string, NamedValue, std::less<>> values{{"sms", 132.0}, {"l2.size", 62914560.0}, {"scheduler", std::string("two_level")}, {"g8", 8.0}};
    const auto at = values.find(name);
    return at == values.end() ? std::nullopt : std::optional{at->second};
};

} // namespace

TEST_CASE("Quantities have units and names", "[sweep]") {
    const auto value = [](const char* text) { return quantity(text, kNames).value; };
    CHECK(value("0.5 MiB * sms") == 0.5 * 1048576 * 132);
    CHECK(value("l2.size / 2") == 31457280.0);
    CHECK(value("1.5GHz - 500 MHz") == 1e9);
    CHECK(value("2 * (1 KiB + 24 B)") == 2096.0);
    CHECK(value("g8 * 2e3") == 16000.0);
    CHECK(value("6.4 Gb/s") == 6.4e9);
    CHECK(value("max(sms, 144)") == 144.0);
    CHECK(value("12 cycles") == 12.0);
    // A word that begins like a unit is none.
    CHECK_FALSE(value("2 Bytes"));
    CHECK(quantity("2 * nothing", kNames).fault == "there is no nothing");
    CHECK(quantity("2 * scheduler", kNames).fault == "scheduler is a text");
}

TEST_CASE("Constraints compare numbers and texts", "[sweep]") {
    const auto holds = [](const char* text) { return constraint(text, kNames).holds; };
    CHECK(holds("l2.size >= 60 MiB") == true);
    CHECK(holds("l2.size > 60 MiB") == false);
    CHECK(holds("sms * 2 < 264") == false);
    CHECK(holds("sms * 2 <= 264") == true);
    CHECK(holds("sms != 132 or g8 == 8") == true);
    CHECK(holds("sms == 132 and g8 == 9 or sms == 1") == false);
    CHECK(holds("sms == 1 or sms == 132 and g8 == 8") == true);
    CHECK(holds("scheduler == two_level") == true);
    CHECK(holds("scheduler != 'two_level'") == false);
    CHECK(constraint("scheduler < two_level", kNames).fault == "a text has no order: <");
    CHECK(constraint("sms", kNames).fault == "\"sms\" compares nothing");
    CHECK(constraint("sms == 1 and oops > 2", kNames).fault == "there is no oops");
}
