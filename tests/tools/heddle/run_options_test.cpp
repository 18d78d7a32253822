#include "tools/heddle/run_options.hpp"

#include "sim/base/error.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

TEST_CASE("option threads takes a number or auto") {
    CHECK(parse_threads("1") == 1);
    CHECK(parse_threads("16") == 16);
    CHECK(parse_threads("auto") >= 1);
    for (const char* bad : {"0", "-1", "", "2x", "1025", "99999999999999999999", "AUTO"}) CHECK_THROWS_AS(parse_threads(bad), UserError);
}

TEST_CASE("option quantum takes SM cycles or max") {
    CHECK(parse_quantum("max", 1'000'000'000) == kNoTime);
    // At least the whole length of the cycles, at most a femtosecond more.
    CHECK(parse_quantum("16", 1'000'000'000) == 16'000'001);
    CHECK(parse_quantum("18446744073709551615", 1'000'000'000) == kNoTime);
    for (const char* bad : {"0", "", "1.5", "max "}) CHECK_THROWS_AS(parse_quantum(bad, 1'000'000'000), UserError);
}

TEST_CASE("option kernels takes a range of launches") {
    using Pair = std::pair<std::uint64_t, std::uint64_t>;
    CHECK(parse_kernels("") == Pair{1, ~0ULL});
    CHECK(parse_kernels("3") == Pair{3, 3});
    CHECK(parse_kernels("3:5") == Pair{3, 5});
    CHECK(parse_kernels("3:") == Pair{3, ~0ULL});
    CHECK(parse_kernels(":5") == Pair{1, 5});
    for (const char* bad : {":", "0", "0:3", "5:3", "a", "1:2:3", "1-2"}) CHECK_THROWS_AS(parse_kernels(bad), UserError);
}

TEST_CASE("option cache names a state, and the report says what it means") {
    CHECK(parse_cache("cold") == CacheState::Cold);
    CHECK(parse_cache("carry") == CacheState::Carry);
    CHECK(parse_cache("warm") == CacheState::Warm);
    CHECK_THROWS_AS(parse_cache("hot"), UserError);
    for (const char* word : {"cold", "carry", "warm"}) CHECK(cache_text(parse_cache(word)).starts_with(word));
}

TEST_CASE("choices become options of the run") {
    RunChoices choices;
    GpuRunOptions options = gpu_options(choices);
    CHECK(options.computation.threads == 1);
    CHECK(options.computation.skip);
    CHECK_FALSE(options.host);
    choices.no_skip = true;
    choices.threads = "3";
    choices.kernels = "2:4";
    options = gpu_options(choices);
    CHECK(options.computation.threads == 3);
    CHECK_FALSE(options.computation.skip);
    CHECK(options.first_kernel == 2);
    CHECK(options.last_kernel == 4);
    choices.host = "verilog";
    CHECK_THROWS_AS(gpu_options(choices), UserError);
    choices.host = "loop";
}

TEST_CASE("options of what is watched") {
    CHECK(parse_hot_instructions("") == 0);
    CHECK(parse_hot_instructions("20") == 20);
    CHECK(parse_hot_instructions("all") > 1'000'000'000);
    for (const char* bad : {"0", "-1", "1.5", "All", "3 "}) CHECK_THROWS_AS(parse_hot_instructions(bad), UserError);
    CHECK(parse_timeline("") == 0);
    CHECK(parse_timeline("500ns") == 500 * kNanosecond);
    CHECK(parse_timeline("1us") == 1000 * kNanosecond);
    CHECK(parse_timeline("0.1ms") == 100'000 * kNanosecond);
    for (const char* bad : {"1", "us", "1 us", "-1us", "50ns", "2000ms", "nanus", "infus", "1s", "1e99us"}) CHECK_THROWS_AS(parse_timeline(bad), UserError);
    RunChoices choices;
    CHECK(gpu_options(choices).observe.time_series.interval == 0);
    choices.perfetto = "trace.json"; // has counters over time, too
    CHECK(gpu_options(choices).observe.time_series.interval == 1000 * kNanosecond);
    CHECK(gpu_options(choices).observe.cta_spans > 0);
    choices.timeline = "2us";
    CHECK(gpu_options(choices).observe.time_series.interval == 2000 * kNanosecond);
    choices.functional = true;
    CHECK_THROWS_AS(gpu_options(choices), UserError);
    choices = {};
    choices.timeline_sms = true;
    CHECK_THROWS_AS(gpu_options(choices), UserError);
}
