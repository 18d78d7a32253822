#include "sim/area/area_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace heddle {

namespace {

// No claim outside half to twice the anchor.
constexpr double kNearest = 0.5, kFarthest = 2;

double kib(Bytes bytes) { return static_cast<double>(bytes) / static_cast<double>(kKiB); }
double mib(Bytes bytes) { return static_cast<double>(bytes) / static_cast<double>(kMiB); }

// What an SM is made of: how much of it, and what one takes.
struct SmPart {
    const char* name;
    double amount;
    const AreaRange& each;
};

std::array<SmPart, 8> sm_parts(const AreaAmounts& a, const AreaConfig& c) {
    return {{{"control", a.sub_cores, c.sub_core},
             {"fp32", a.fp32_lanes, c.fp32_lane},
             {"integer", a.integer_lanes, c.integer_lane},
             {"fp64", a.fp64_lanes, c.fp64_lane},
             {"tensor", a.tensor, c.tensor},
             {"tensor_f64", a.tensor_f64, c.tensor_f64},
             {"register_file", kib(a.register_file), c.register_kib},
             {"l1", kib(a.l1), c.l1_kib}}};
}

// What is beside SMs and network.
std::array<SmPart, 4> other_parts(const AreaAmounts& a, const AreaConfig& c) {
    return {{{"l2", mib(a.l2), c.l2_mib},
             {"hbm_phy", a.stacks, c.hbm_phy},
             {"hbm_controller", a.stacks, c.hbm_controller},
             {"nvlink", a.nvlinks, c.nvlink}}};
}

// SM ports of the anchor's width.
double ports(const AreaAmounts& a, const AreaConfig& c) {
    const Bytes width = c.anchor.holds.sm_port;
    return width == 0 ? 0 : a.sms * static_cast<double>(a.sm_port) / static_cast<double>(width);
}

// What the network takes beyond growing in proportion, for that exponent.
double crossbar_surplus(const AreaAmounts& a, const AreaConfig& c, double exponent) {
    const double own = ports(a, c), anchor = c.anchor.holds.sms;
    return anchor > 0 ? c.crossbar.value * anchor * (std::pow(own / anchor, exponent) - own / anchor) : 0;
}

// Of an SM's area what its parts do not explain, at the anchor.
double sm_rest(const AreaConfig& c) {
    double rest = c.sm.value;
    for (const SmPart& part : sm_parts(c.anchor.holds, c)) rest -= part.amount * part.each.value;
    return rest;
}

// Of the anchor's die what its parts do not explain.
double die_rest(const AreaConfig& c) {
    const AreaAmounts& holds = c.anchor.holds;
    double rest = c.anchor.die - holds.sms * (c.sm.value + c.crossbar.value);
    for (const SmPart& part : other_parts(holds, c)) rest -= part.amount * part.each.value;
    return rest;
}

void add_terms(DieArea& out, const AreaAmounts& a, const AreaConfig& c) {
    const auto add = [&](std::string name, double amount, const AreaRange& each) {
        out.from_anchor.push_back({std::move(name), amount * each.value, amount * each.low, amount * each.high});
    };
    const AreaAmounts& holds = c.anchor.holds;
    add("sms", a.sms - holds.sms, c.sm);
    const auto own = sm_parts(a, c), anchors = sm_parts(holds, c);
    for (std::size_t i = 0; i < own.size(); ++i) add(own[i].name, a.sms * (own[i].amount - anchors[i].amount), own[i].each);
    add("crossbar", ports(a, c) - holds.sms, c.crossbar);
    out.from_anchor.push_back(
        {"crossbar_growth", crossbar_surplus(a, c, c.crossbar_growth), 0, crossbar_surplus(a, c, c.crossbar_growth_high)});
    const auto others = other_parts(a, c), anchor_others = other_parts(holds, c);
    for (std::size_t i = 0; i < others.size(); ++i) add(others[i].name, others[i].amount - anchor_others[i].amount, others[i].each);
}

void add_breakdown(DieArea& out, const AreaAmounts& a, const AreaConfig& c) {
    for (const SmPart& part : sm_parts(a, c)) out.breakdown.push_back({part.name, a.sms * part.amount * part.each.value});
    out.breakdown.push_back({"sm_rest", a.sms * sm_rest(c)});
    out.breakdown.push_back({"crossbar", ports(a, c) * c.crossbar.value + crossbar_surplus(a, c, c.crossbar_growth)});
    for (const SmPart& part : other_parts(a, c)) out.breakdown.push_back({part.name, part.amount * part.each.value});
    out.breakdown.push_back({"rest", die_rest(c)});
}

void add_notes(DieArea& out, const AreaConfig& c) {
    if (out.mm2 < kNearest * c.anchor.die || out.mm2 > kFarthest * c.anchor.die)
        out.notes.push_back(fmt::format("{:.0f} mm2 is less than half or more than twice {}'s {:.0f} mm2: too far from it to say", out.mm2,
                                        c.anchor.name, c.anchor.die));
    if (out.mm2 > c.reticle)
        out.notes.push_back(fmt::format("{:.0f} mm2 is more than the {:.0f} mm2 that can be exposed at once", out.mm2, c.reticle));
}

} // namespace

std::string AreaConfig::fault() const {
    if (!enabled) return {};
    if (anchor.die <= 0 || anchor.holds.sms <= 0 || anchor.holds.sm_port == 0)
        return "must be known, and the SMs on it with their ports, for areas to be told from it";
    if (const double rest = sm_rest(*this); rest < 0)
        return fmt::format("an SM of {} mm2 is less than its parts, by {:.3g} mm2", sm.value, -rest);
    if (const double rest = die_rest(*this); rest < 0) return fmt::format("is less than what is on it, by {:.3g} mm2", -rest);
    return {};
}

DieArea area_of(const AreaAmounts& amounts, const AreaConfig& config) {
    DieArea out;
    out.anchor = config.anchor.name;
    out.anchor_mm2 = out.mm2 = out.low = out.high = config.anchor.die;
    add_terms(out, amounts, config);
    for (const DieArea::Term& term : out.from_anchor) {
        out.mm2 += term.mm2;
        out.low += std::min(term.at_low, term.at_high);
        out.high += std::max(term.at_low, term.at_high);
    }
    add_breakdown(out, amounts, config);
    // Far below the anchor the differences' ranges leave less than nothing.
    out.low = std::max(out.low, 0.0);
    add_notes(out, config);
    return out;
}

} // namespace heddle
