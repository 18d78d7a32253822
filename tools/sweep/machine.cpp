#include "tools/sweep/machine.hpp"

#include "sim/config/hash.hpp"
#include "sim/config/section_walk.hpp"
#include "sim/config/spelling.hpp"
#include "sim/config/value.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heddle::sweep {

namespace {

constexpr double kMostSms = 1024;
constexpr double kTrialsForCap = 3, kTrialsForMinimum = 11; // as seen

std::optional<std::uint64_t> whole(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

} // namespace

Machine::Machine(const GpuReader& reader, std::string gpu) : gpu_(std::move(gpu)) {
    reader(gpu_, base_);
    config_ = base_;
    config_.describe(section_);
    sm_count_.field(std::string(kSmCount), sm_count_value_, config::Unit::Count, {1, kMostSms}, "SMs in all, spread evenly over the GPCs, in pairs if the number is even.");
}

const config::Field* Machine::field(std::string_view key) const {
    if (key == kSmCount) return &sm_count_.fields().front();
    return config::find(section_, key).field;
}

std::string Machine::suggest(std::string_view key) const {
    if (const std::string near = config::closest(key, {std::string(kSmCount)}); !near.empty()) return fmt::format("did you mean {}?", near);
    if (config::find(section_, key).section) return "it is a section: name one of its values (configs/REFERENCE.md)";
    const std::string hint = config::suggest_path(section_, key);
    return hint.empty() ? "see configs/REFERENCE.md, or heddle explain" : hint;
}

void Machine::reset() { config_ = base_; }

std::string Machine::spread(std::uint64_t sms) const {
    const std::uint64_t unit = sms % 2 == 0 ? 2 : 1; // a TPC holds two SMs
    const std::uint64_t parts = sms / unit;
    const std::uint64_t gpcs = std::clamp<std::uint64_t>(parts, 1, base_.sms_per_gpc.size());
    std::vector<std::uint64_t> list;
    for (std::uint64_t g = 0; g < gpcs; ++g) list.push_back((parts / gpcs + (g >= gpcs - parts % gpcs ? 1 : 0)) * unit);
    return fmt::format("[{}]", fmt::join(list, ", "));
}

std::vector<std::string> Machine::overrides(const std::vector<Setting>& settings) const {
    std::vector<std::string> words;
    for (const Setting& s : settings) {
        if (s.key != kSmCount) {
            words.push_back(fmt::format("{}={}", s.key, s.value));
            continue;
        }
        const auto sms = whole(s.value);
        if (!sms || *sms < 1 || static_cast<double>(*sms) > kMostSms)
            fail_at("", 0, 0, fmt::format("{}: \"{}\" cannot be used", kSmCount, s.value), fmt::format("want a whole number from 1 to {}", kMostSms));
        if (*sms == base_.sms()) words.push_back(fmt::format("sms_per_gpc=[{}]", fmt::join(base_.sms_per_gpc, ", ")));
        else words.push_back(fmt::format("sms_per_gpc={}", spread(*sms)));
    }
    return words;
}

void Machine::apply(const std::vector<Setting>& settings) {
    if (!settings.empty()) config::load_overrides(section_, overrides(settings));
}

void Machine::apply_for_now(const std::vector<Setting>& settings) {
    try {
        apply(settings);
    } catch (const UserError&) { // the values are there: checks across fields come last
    }
}

std::optional<double> Machine::number(std::string_view key) const {
    if (key == kSmCount) return config_.sms();
    const config::Field* f = field(key);
    if (!f || !f->get) return std::nullopt;
    const config::Field::Scalar value = f->get();
    if (const auto* integer = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
}

std::string Machine::text(std::string_view key) const {
    if (key == kSmCount) return std::to_string(config_.sms());
    return config::value_text(*field(key));
}

std::string Machine::hash() const { return config::hash(section_); }

double Machine::simulations() const {
    const GovernorConfig& governor = config_.power.governor;
    if (!governor.settles()) return 1;
    return governor.policy == GovernorPolicy::PowerCap ? kTrialsForCap : kTrialsForMinimum;
}

} // namespace heddle::sweep
