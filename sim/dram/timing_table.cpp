#include "sim/dram/timing_table.hpp"

#include "sim/base/error.hpp"

namespace heddle {

const char* name(DramCommand command) {
    static constexpr std::array<const char*, kCommands> names{"ACT", "PRE", "RD", "WR", "REFpb", "REFab", "PREA", "RDA", "WRA"};
    return names[static_cast<unsigned>(command)];
}

namespace {

using enum DramCommand;
using enum Level;

bool is_column(DramCommand c) { return c == Read || c == Write || c == ReadAuto || c == WriteAuto; }

bool is_used(const DramConfig& config, DramCommand c) {
    switch (c) {
    case RefreshBank: return config.refresh == RefreshMode::PerBank;
    case RefreshAll:
    case PrechargeAll: return config.refresh == RefreshMode::AllBank;
    case ReadAuto:
    case WriteAuto: return config.row_policy == RowPolicy::Closed;
    default: return true;
    }
}

Cycles length(const DramTimings& t, DramCommand c) { return c == Activate ? t.activate_length : is_column(c) ? t.column_length : 1; }

} // namespace

std::vector<Constraint> TimingTable::constraints(const DramConfig& config) {
    const DramTimings& t = config.timings;
    const std::vector<DramCommand> reads{Read, ReadAuto}, writes{Write, WriteAuto}, columns{Read, Write, ReadAuto, WriteAuto};
    const std::vector<DramCommand> rows{Activate, Precharge, PrechargeAll, RefreshBank, RefreshAll}, closes{Precharge, PrechargeAll};
    const Cycles write_end = t.cwl + t.burst; // from WR to its last data
    std::vector<Constraint> rules;
    // A delay between commands runs from the last tick of one to the last tick of the other.
    const auto rule = [&](Level level, std::vector<DramCommand> before, std::vector<DramCommand> after, Cycles delay, unsigned window = 1,
                          bool siblings = false) {
        const Cycles head = length(t, before.front()) - 1, tail = length(t, after.front()) - 1;
        rules.push_back({level, std::move(before), std::move(after), delay + head > tail ? delay + head - tail : 0, window, siblings});
    };
    // Buses: from start to start.
    rules.push_back({Channel, {Activate}, rows, t.activate_length});
    rules.push_back({Channel, {Precharge, PrechargeAll, RefreshBank, RefreshAll}, rows, 1});
    rules.push_back({Channel, columns, columns, t.column_length});

    rule(PseudoChannel, reads, reads, t.ccd_s);
    rule(PseudoChannel, writes, writes, t.ccd_s);
    rule(PseudoChannel, reads, writes, t.rtw);
    rule(PseudoChannel, writes, reads, write_end + t.wtr_s);
    rule(PseudoChannel, {Activate}, {Activate}, t.rrd_s);
    rule(PseudoChannel, {Activate}, {Activate}, t.faw, 4);
    if (t.ppd != 0) rule(PseudoChannel, closes, closes, t.ppd);
    rule(PseudoChannel, {Activate}, {PrechargeAll}, t.ras);
    rule(PseudoChannel, {Read}, {PrechargeAll}, t.rtp);
    rule(PseudoChannel, {Write}, {PrechargeAll}, write_end + t.wr);
    rule(PseudoChannel, {PrechargeAll}, {Activate}, t.rp);
    rule(PseudoChannel, {Activate}, {RefreshAll}, t.rc);
    rule(PseudoChannel, closes, {RefreshAll}, t.rp);
    rule(PseudoChannel, {ReadAuto}, {RefreshAll}, t.rtp + t.rp);
    rule(PseudoChannel, {WriteAuto}, {RefreshAll}, write_end + t.wr + t.rp);
    rule(PseudoChannel, {RefreshAll}, {Activate}, t.rfc);
    rule(PseudoChannel, {RefreshAll}, {RefreshAll}, t.rfc);
    rule(PseudoChannel, {Activate}, {RefreshBank}, t.rrd_s);
    rule(PseudoChannel, {RefreshBank}, {Activate}, t.rrefd);
    rule(PseudoChannel, {RefreshBank}, {RefreshBank}, t.rrefd);

    if (config.organisation.stack_ids > 1) rule(StackId, reads, reads, t.ccd_r, 1, true);

    rule(BankGroup, reads, reads, t.ccd_l);
    rule(BankGroup, writes, writes, t.ccd_l);
    rule(BankGroup, writes, reads, write_end + t.wtr_l);
    rule(BankGroup, {Activate}, {Activate}, t.rrd_l);

    rule(Bank, {Activate}, reads, t.rcd_read);
    rule(Bank, {Activate}, writes, t.rcd_write);
    rule(Bank, {Activate}, {Precharge}, t.ras);
    rule(Bank, {Activate}, {Activate}, t.rc);
    rule(Bank, {Precharge}, {Activate}, t.rp);
    rule(Bank, {Read}, {Precharge}, t.rtp);
    rule(Bank, {Write}, {Precharge}, write_end + t.wr);
    rule(Bank, {ReadAuto}, {Activate}, t.rtp + t.rp);
    rule(Bank, {WriteAuto}, {Activate}, write_end + t.wr + t.rp);
    rule(Bank, {Activate}, {RefreshBank}, t.rc);
    rule(Bank, {Precharge}, {RefreshBank}, t.rp);
    rule(Bank, {ReadAuto}, {RefreshBank}, t.rtp + t.rp);
    rule(Bank, {WriteAuto}, {RefreshBank}, write_end + t.wr + t.rp);
    rule(Bank, {RefreshBank}, {Activate}, t.rfc_bank);
    rule(Bank, {RefreshBank}, {RefreshBank}, t.rfc_bank);
    return rules;
}

void TimingTable::Effects::add(const Effect& effect) {
    HEDDLE_EXPECT(count < kMax, "more than {} rules after one command", kMax);
    plain[count++] = effect;
}

TimingTable::TimingTable(const DramConfig& config) : banks_(config.organisation.banks()), activates_(config.organisation.pseudo_channels) {
    const DramOrganisation& o = config.organisation;
    const unsigned banks = o.pseudo_channels * banks_, groups = banks / o.banks_per_group, stacks = groups / o.bank_groups;
    nodes_.resize(1 + o.pseudo_channels + stacks + groups + banks);
    const auto node = [&](unsigned i) { return nodes_[i].earliest.data(); };
    const unsigned first_stack = 1 + o.pseudo_channels, first_group = first_stack + stacks, first_bank = first_group + groups;
    for (unsigned i = 0; i < banks; ++i) {
        const unsigned pc = i / banks_, group = i / o.banks_per_group, stack = group / o.bank_groups;
        Place place{{node(0), node(1 + pc), node(first_stack + stack), node(first_group + group), node(first_bank + i)}};
        for (unsigned other = 1; other < o.stack_ids; ++other)
            place.node[kLevels + other - 1] = node(first_stack + pc * o.stack_ids + (stack + other) % o.stack_ids);
        places_.push_back(place);
    }
    for (const DramCommand c : {Activate, Read, Write, ReadAuto, WriteAuto})
        align_[index(c)] = static_cast<std::uint8_t>(o.ticks_per_ck - 1);

    for (const Constraint& rule : constraints(config)) { // Channel rules come first
        for (const DramCommand before : rule.previous) {
            if (!is_used(config, before)) continue;
            HEDDLE_EXPECT(rule.window == 1 || (before == Activate && rule.level == PseudoChannel && rule.window <= 8),
                          "a window of {} after {} is not supported", rule.window, name(before));
            for (const DramCommand after : rule.next) {
                // With auto-precharge a column command is as early as without.
                if (!is_used(config, after) || after == ReadAuto || after == WriteAuto) continue;
                Effects& effects = effects_[index(before)];
                const Effect effect{static_cast<std::uint32_t>(rule.latency), static_cast<std::uint8_t>(rule.level),
                                    static_cast<std::uint8_t>(index(after)), static_cast<std::uint8_t>(rule.window)};
                if (rule.window != 1) {
                    effects.windowed.push_back(effect);
                } else if (rule.siblings) {
                    for (unsigned other = 1; other < o.stack_ids; ++other) {
                        effects.add(effect);
                        effects.plain[effects.count - 1].node = static_cast<std::uint8_t>(kLevels + other - 1);
                    }
                } else {
                    effects.add(effect);
                    if (rule.level == Channel) ++effects.on_bus;
                }
            }
        }
    }
}

// Effects of a command from the `first` plain one on.
inline void TimingTable::apply(DramCommand command, unsigned pseudo_channel, unsigned bank, Cycle now, unsigned first) {
    const Effects& effects = effects_[index(command)];
    const Place& place = places_[pseudo_channel * banks_ + bank];
    const auto delay = [&place](const Effect& effect, Cycle until) {
        Cycle& earliest = place.node[effect.node][effect.next];
        earliest = std::max(earliest, until);
    };
    for (unsigned i = first; i < effects.count; ++i) delay(effects.plain[i], now + effects.plain[i].latency);
    if (command != Activate) return;
    for (const Effect& effect : effects.windowed) {
        const History& history = activates_[pseudo_channel]; // already holds the present ACT
        if (history.count >= effect.window) delay(effect, history.at[(history.count - effect.window) % history.at.size()] + effect.latency);
    }
}

void TimingTable::issue(DramCommand command, unsigned pseudo_channel, unsigned bank, Cycle now) {
    if (command == Activate) {
        History& history = activates_[pseudo_channel];
        history.at[history.count++ % history.at.size()] = now;
    }
    apply(command, pseudo_channel, bank, now, 0);
}

void TimingTable::issue_in_the_past(DramCommand command, unsigned pseudo_channel, unsigned bank, Cycle at) {
    HEDDLE_EXPECT(at >= earliest_off_bus(command, pseudo_channel, bank), "{} of pseudo-channel {} bank {} at tick {} is legal from {}",
                  name(command), pseudo_channel, bank, at, earliest_off_bus(command, pseudo_channel, bank));
    HEDDLE_EXPECT(command != Activate, "no ACT in the past");
    apply(command, pseudo_channel, bank, at, effects_[index(command)].on_bus);
}

} // namespace heddle
