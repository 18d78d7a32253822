#include "tools/report/bottleneck.hpp"

#include <array>
#include <cctype>
#include <fmt/format.h>
#include <utility>

namespace heddle::report {

namespace {

// Metrics that say how much of its peak a unit reaches, and what the unit is called in a sentence. Those of an SM's own units
// are shares of the time in which the SM had work; if that was short, the text says so.
constexpr std::array<std::pair<const char*, const char*>, 11> kUnits{{
    {"issue_active_percent", "instruction issue"},
    {"pipe_alu_utilization_percent", "the ALU pipe"},
    {"pipe_fma_utilization_percent", "the FMA pipe"},
    {"pipe_fp16_utilization_percent", "the FP16 pipe"},
    {"pipe_fp64_utilization_percent", "the FP64 pipe"},
    {"pipe_xu_utilization_percent", "the XU pipe"},
    {"pipe_tensor_utilization_percent", "tensor cores"},
    {"pipe_lsu_utilization_percent", "the LSU pipe"},
    {"l1_utilization_percent", "L1 and shared memory bandwidth"},
    {"l2_utilization_percent", "L2 bandwidth"},
    {"dram_utilization_percent", "DRAM bandwidth"},
}};

constexpr std::array<std::pair<const char*, const char*>, 16> kMeanings{{
    {"not_selected", "another warp was chosen, which is no loss"},
    {"no_instruction", "instructions that had to be fetched"},
    {"branch_resolving", "the target of a branch"},
    {"wait", "results of fixed latency"},
    {"short_scoreboard", "shared memory, a shuffle or the special function unit"},
    {"long_scoreboard", "loads from global, local or texture memory"},
    {"barrier", "other warps at a CTA barrier"},
    {"membar", "a memory barrier"},
    {"math_pipe_throttle", "a busy execution pipe"},
    {"lg_throttle", "room in the queue of global and local memory"},
    {"mio_throttle", "room in the queue of shared memory and shuffles"},
    {"tex_throttle", "room in the texture queue"},
    {"dispatch_stall", "register file ports"},
    {"drain", "stores to leave after the last instruction"},
    {"sleeping", "the end of a sleep"},
    {"no_warp", "a CTA to arrive"},
}};

// "long_scoreboard" -> "Long Scoreboard", as Nsight Compute prints it.
std::string words(const std::string& name) {
    std::string text;
    bool begins = true;
    for (const char c : name) {
        text += c == '_' ? ' ' : begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        begins = c == '_';
    }
    if (text.starts_with("Mio ")) text.replace(0, 3, "MIO");
    if (text.starts_with("Lg ")) text.replace(0, 2, "LG");
    return text;
}

} // namespace

std::string stall_meaning(const std::string& reason) {
    for (const auto& [name, meaning] : kMeanings)
        if (reason == name) return meaning;
    return {};
}

Bottleneck bottleneck(const nlohmann::json& metrics) {
    Bottleneck found;
    if (!metrics.is_object()) return found;
    for (const auto& [metric, unit] : kUnits)
        if (const auto at = metrics.find(metric); at != metrics.end() && at->is_number())
            if (found.unit.empty() || at->get<double>() > found.used) {
                found.unit = unit;
                found.used = at->get<double>();
            }
    constexpr std::string_view prefix = "stall_", suffix = "_percent";
    for (const auto& [metric, value] : metrics.items()) {
        if (!metric.starts_with(prefix) || !metric.ends_with(suffix) || !value.is_number() || value.get<double>() <= found.stall_percent)
            continue;
        found.stall = metric.substr(prefix.size(), metric.size() - prefix.size() - suffix.size());
        found.stall_percent = value.get<double>();
    }
    if (const auto at = metrics.find("sm_active_percent"); at != metrics.end() && at->is_number())
        found.sm_active_percent = at->get<double>();
    if (!found.unit.empty()) found.kind = found.used >= kBoundPercent ? Bottleneck::Kind::Unit : Bottleneck::Kind::Latency;
    return found;
}

std::string Bottleneck::name() const {
    if (kind == Kind::Unknown) return "unknown";
    if (kind == Kind::Unit) return unit;
    return stall.empty() ? "latency" : words(stall) + " latency";
}

std::string Bottleneck::text() const {
    if (kind == Kind::Unknown) return "The run does not say how far its units were used.";
    const std::string meaning = stall_meaning(stall);
    const std::string lost =
        stall.empty() ? ""
                      : fmt::format("{} ({:.1f} %{}{})", words(stall), stall_percent, meaning.empty() ? "" : ": waiting for ", meaning);
    std::string said;
    if (kind == Kind::Unit)
        said = fmt::format("Bound by {}: {:.1f} % of its peak.{}", unit, used,
                           lost.empty() ? "" : " The largest part of the other issue slots went to " + lost + ".");
    else
        said = fmt::format("Bound by latency: no unit reaches {:.0f} % of its peak; the highest is {} with {:.1f} %.{}", kBoundPercent,
                           unit, used, lost.empty() ? "" : " The largest part of the issue slots went to " + lost + ".");
    if (sm_active_percent < kBusyPercent)
        said += fmt::format(" SMs had work in {:.1f} % of their cycles only: more CTAs, or more even ones, would help.", sm_active_percent);
    return said;
}

} // namespace heddle::report
