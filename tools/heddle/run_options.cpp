#include "tools/heddle/run_options.hpp"

#include "sim/base/error.hpp"
#ifdef HEDDLE_WITH_SYSTEMC
#include "sim/kernel/systemc_host.hpp"
#endif

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <thread>

namespace heddle {

namespace {

constexpr unsigned kMaxThreads = 1024;

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

[[noreturn]] void refuse(const char* option, const std::string& text, const std::string& wanted) {
    fail_at(option, 0, 0, fmt::format("\"{}\" cannot be used", text), wanted);
}

} // namespace

unsigned parse_threads(const std::string& text, const char* option) {
    if (text == "auto") return std::clamp(std::thread::hardware_concurrency(), 1U, kMaxThreads);
    const auto count = whole_number(text);
    if (!count || *count < 1 || *count > kMaxThreads) refuse(option, text, fmt::format("want 1 to {} or auto", kMaxThreads));
    return static_cast<unsigned>(*count);
}

Duration parse_quantum(const std::string& text, Hertz sm_clock) {
    if (text == "max") return kNoTime;
    const auto cycles = whole_number(text);
    // More cycles than this are longer than any lookahead, and their length must not overflow.
    if (!cycles || *cycles < 1) refuse("--quantum", text, "want SM cycles, at least 1, or max");
    if (*cycles >= 1'000'000) return kNoTime;
    return (*cycles * kFemtosecondsPerSecond / sm_clock) + 1;
}

std::pair<std::uint64_t, std::uint64_t> parse_kernels(const std::string& text) {
    constexpr std::uint64_t kLast = ~0ULL;
    if (text.empty()) return {1, kLast};
    const auto colon = text.find(':');
    const std::string first_text = text.substr(0, colon);
    const std::string last_text = colon == std::string::npos ? first_text : text.substr(colon + 1);
    const auto first = first_text.empty() ? std::optional<std::uint64_t>{1} : whole_number(first_text);
    const auto last = last_text.empty() ? std::optional{kLast} : whole_number(last_text);
    if (!first || !last || *first < 1 || *last < *first || (first_text.empty() && last_text.empty()))
        refuse("--kernels", text, "want A:B, the first and the last launch to simulate, counted from 1; A alone, A: and :B are good too");
    return {*first, *last};
}

CacheState parse_cache(const std::string& text) {
    if (text == "cold") return CacheState::Cold;
    if (text == "carry") return CacheState::Carry;
    if (text == "warm") return CacheState::Warm;
    refuse("--cache", text, "want cold, carry or warm");
}

std::size_t parse_hot_instructions(const std::string& text) {
    if (text.empty()) return 0;
    if (text == "all") return std::numeric_limits<std::size_t>::max();
    const auto count = whole_number(text);
    if (!count || *count < 1) refuse("--hot-instructions", text, "want how many of each kernel, at least 1, or all");
    return *count;
}

Duration parse_timeline(const std::string& text) {
    if (text.empty()) return 0;
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const double nanoseconds = unit == "ns" ? number : unit == "us" ? number * 1e3 : unit == "ms" ? number * 1e6 : 0;
    if (error != std::errc{} || !(nanoseconds >= 100 && nanoseconds <= 1e9))
        refuse("--timeline", text, "want the length of an interval, 100ns to 1000ms, such as 500ns, 1us or 0.1ms");
    return static_cast<Duration>(nanoseconds * static_cast<double>(kNanosecond));
}

namespace {

constexpr std::size_t kMostCtaSpans = 200'000;
constexpr Duration kPerfettoInterval = 1000 * kNanosecond;

ObservationOptions observations(const RunChoices& choices) {
    ObservationOptions observe;
    observe.hot_instructions = parse_hot_instructions(choices.hot_instructions);
    observe.time_series = {parse_timeline(choices.timeline), choices.timeline_sms};
    if (choices.timeline_sms && choices.timeline.empty()) refuse("--timeline-sms", "", "needs --timeline INTERVAL");
    if (!choices.perfetto.empty()) {
        observe.cta_spans = kMostCtaSpans;
        observe.copies = true;
        if (observe.time_series.interval == 0) observe.time_series.interval = kPerfettoInterval;
    }
    const bool any = observe.hot_instructions != 0 || observe.time_series.interval != 0 || !choices.perfetto.empty();
    if (any && choices.functional) fail_at("--functional", 0, 0, "not with --hot-instructions, --timeline or --perfetto", "without timing there are no cycles to show");
    return observe;
}

} // namespace

std::string cache_text(CacheState state) {
    switch (state) {
    case CacheState::Cold: return "cold: L2 is empty when a kernel starts";
    case CacheState::Carry: return "carry: L2 is empty at first and keeps its content from kernel to kernel";
    case CacheState::Warm: return "warm: L2 holds what was copied to the device, and keeps its content from kernel to kernel";
    }
    return {};
}

GpuRunOptions gpu_options(const RunChoices& choices) {
    GpuRunOptions options;
    options.computation.threads = parse_threads(choices.threads);
    options.computation.skip = !choices.no_skip;
    options.cache = parse_cache(choices.cache);
    options.observe = observations(choices);
    std::tie(options.first_kernel, options.last_kernel) = parse_kernels(choices.kernels);
    if (choices.host == "systemc") {
#ifdef HEDDLE_WITH_SYSTEMC
        options.host = [](Simulation& simulation, const RunOptions& computation) { run_on_systemc(simulation, computation.skip); };
#else
        fail_at("--host", 0, 0, "this Heddle was built without SystemC", "build with -DHEDDLE_SYSTEMC=ON, or use --host loop");
#endif
    } else if (choices.host != "loop") {
        refuse("--host", choices.host, "want loop or systemc");
    }
    return options;
}

} // namespace heddle
