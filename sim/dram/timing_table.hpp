// When a DRAM command is legal: a table of constraints, and the earliest times that follow from it.
//
// Hardware: the timing rules of JEDEC HBM2 and HBM3 between commands of a channel.
// Modelled: each rule is one row, "after `window` commands of `previous` within the same `level`, `next` waits `latency`
//   ticks from the first of them". Rows are generated from DramTimings; a node of the tree channel > pseudo-channel > stack
//   id > bank group > bank holds, for every command, the first tick at which its own rules allow it. A command is legal at
//   the latest of the five nodes above its bank, rounded up to an edge of CK for ACT and column commands.
// Not modelled: power-down, self-refresh, mode registers, read/write preambles beyond RTW, temperature-dependent refresh.
// Sources: the idea of a constraint table is Ramulator 2's; numbers come from the configuration.
#pragma once

#include "sim/dram/dram_config.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace heddle {

// Not "Command": that is a host command of the workload (sim/isa/kernel_launch.hpp).
enum class DramCommand : std::uint8_t { Activate, Precharge, Read, Write, RefreshBank, RefreshAll, PrechargeAll, ReadAuto, WriteAuto };
inline constexpr unsigned kCommands = 9;
const char* name(DramCommand command); // "ACT", "PRE", …

enum class Level : std::uint8_t { Channel, PseudoChannel, StackId, BankGroup, Bank };
inline constexpr unsigned kLevels = 5;

struct Constraint {
    Level level;
    std::vector<DramCommand> previous;
    std::vector<DramCommand> next;
    Cycles latency;
    unsigned window = 1;   // counts `previous` commands back; 4 for FAW
    bool siblings = false; // applies to the other nodes of `level` below the same parent instead of the same node
};

class TimingTable {
  public:
    explicit TimingTable(const DramConfig& config);
    TimingTable(const TimingTable&) = delete; // banks point to their nodes
    TimingTable& operator=(const TimingTable&) = delete;

    // The rules of a configuration, before they are laid out for speed.
    static std::vector<Constraint> constraints(const DramConfig& config);

    // First tick at which `command` may start. For commands to a whole pseudo-channel `bank` is any.
    Cycle earliest(DramCommand command, unsigned pseudo_channel, unsigned bank) const {
        return align(command, std::max(gate(command, pseudo_channel), below_gate(command, pseudo_channel, bank)));
    }
    // Its parts: buses and pseudo-channel; stack id, bank group and bank. Not aligned.
    Cycle gate(DramCommand command, unsigned pseudo_channel) const {
        const Place& place = places_[pseudo_channel * banks_];
        return std::max(place.at(Level::Channel, command), place.at(Level::PseudoChannel, command));
    }
    Cycle below_gate(DramCommand command, unsigned pseudo_channel, unsigned bank) const {
        const Place& place = places_[pseudo_channel * banks_ + bank];
        return std::max({place.at(Level::StackId, command), place.at(Level::BankGroup, command), place.at(Level::Bank, command)});
    }
    // As earliest(), without the command buses that the pseudo-channels share.
    Cycle earliest_off_bus(DramCommand command, unsigned pseudo_channel, unsigned bank) const {
        return std::max(places_[pseudo_channel * banks_].at(Level::PseudoChannel, command), below_gate(command, pseudo_channel, bank));
    }
    // ACT and column commands start on an edge of CK.
    Cycle align(DramCommand command, Cycle t) const { return (t + align_[index(command)]) & ~Cycle{align_[index(command)]}; }

    // Requires: now >= earliest(command, …), which the caller has just asked for.
    void issue(DramCommand command, unsigned pseudo_channel, unsigned bank, Cycle now);
    // A command given in the past while nothing else was (refresh of an idle pseudo-channel): leaves the buses alone.
    // Requires: at >= earliest_off_bus(command, …).
    void issue_in_the_past(DramCommand command, unsigned pseudo_channel, unsigned bank, Cycle at);

  private:
    // First legal tick by command. Commands with auto-precharge share the time of those without, so one cache line does.
    struct alignas(64) Node {
        std::array<Cycle, 8> earliest{};
    };
    // The nodes above a bank, by level; then the other stack ids of its pseudo-channel.
    struct Place {
        std::array<Cycle*, kLevels + 3> node{};
        Cycle at(Level level, DramCommand command) const { return node[static_cast<unsigned>(level)][index(command)]; }
    };
    struct Effect { // what a command does to one time of one of its nodes
        std::uint32_t latency;
        std::uint8_t node;
        std::uint8_t next;
        std::uint8_t window;
    };
    struct Effects {
        static constexpr unsigned kMax = 15;
        std::array<Effect, kMax> plain{}; // Channel level first
        std::uint8_t count = 0;           // of `plain`
        std::uint8_t on_bus = 0;          // how many of `plain` are at Channel level
        std::vector<Effect> windowed;     // from an earlier ACT of the pseudo-channel
        void add(const Effect& effect);
    };
    struct History { // of ACT of a pseudo-channel, for rules with a window
        std::array<Cycle, 8> at{};
        unsigned count = 0;
    };
    static constexpr unsigned index(DramCommand command) { return static_cast<unsigned>(command); }
    void apply(DramCommand command, unsigned pseudo_channel, unsigned bank, Cycle now, unsigned first);

    unsigned banks_;
    std::array<std::uint8_t, kCommands> align_{};
    std::vector<Node> nodes_;   // channel, pseudo-channels, stack ids, bank groups, banks
    std::vector<Place> places_; // by pseudo-channel and bank
    std::array<Effects, kCommands> effects_;
    std::vector<History> activates_;
};

} // namespace heddle
