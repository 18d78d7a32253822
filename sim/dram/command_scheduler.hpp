// The queues of one pseudo-channel, and which command it gives next.
//
// Hardware: read and write queue, per-bank row state, the row and column command pickers of an HBM controller.
// Modelled: requests wait in per-bank lists, those that hit the open row apart from the others. Each tick the column picker
//   takes the oldest hit whose RD or WR is legal (FR-FCFS), the row picker the oldest request whose ACT or PRE is. A PRE never
//   closes a row with older hits waiting, and with younger ones only once its own request has waited `age_cap` ticks. Reads
//   and writes are served in turns: writes when `write_high` atoms wait or no read does, reads again at `write_low` or after
//   `write_max_burst` atoms. A read finds data of a waiting
//   write; a write merges into a waiting write of the same line. Refresh commands go before other row commands.
// Not modelled: priorities between ports, row commands for the other direction while one is being served.
// Sources: FR-FCFS (Rixner et al., ISCA 2000); write drain by watermarks as in gem5 and Ramulator 2.
#pragma once

#include "sim/dram/bank_order.hpp"
#include "sim/dram/dram_config.hpp"
#include "sim/dram/dram_stats.hpp"
#include "sim/dram/refresh.hpp"
#include "sim/dram/timing_table.hpp"

#include <array>
#include <utility>
#include <vector>

namespace heddle {

// One command as it was given, for tests and tools.
struct IssuedCommand {
    Cycle at = 0;
    DramCommand command = DramCommand::Activate;
    std::uint8_t pseudo_channel = 0;
    std::uint8_t bank = 0;
    std::uint32_t row = 0;
};

// Atoms in a line's sector mask.
constexpr unsigned count_atoms(unsigned sector_mask) { return 0x4332'3221'3221'2110ULL >> (4 * sector_mask) & 0xF; }

// The atoms of one line that lie in one row, from the moment they are queued.
struct DramJob {
    Address line = 0;
    std::uint32_t transaction = 0;
    std::uint32_t row = 0;
    std::uint8_t bank = 0;
    std::uint8_t port = 0;
    std::uint8_t sector_mask = 0;
    bool write = false;
};

class CommandScheduler {
  public:
    // Requires: `timing` and `stats` outlive the scheduler.
    CommandScheduler(const DramConfig& config, unsigned pseudo_channel, TimingTable& timing, DramStats& stats);

    bool room(bool write, unsigned atoms) const { return atoms_[write] + atoms <= capacity_[write]; }
    // Queues a job that arrives at tick `now`; its first command may be given from tick `from` on. Requires: room for its
    // atoms. Returns the sectors of a read that a waiting write holds; they are done and not queued.
    std::uint8_t add(const DramJob& job, Cycle now, Cycle from);

    struct Served {
        Address line;
        Cycle arrival;
        std::uint32_t transaction;
        std::uint8_t port;
        std::uint8_t sector_mask; // one atom
        bool write;
    };
    // Gives at most one column (row) command at tick `now`; says whether it did.
    bool issue_column(Cycle now, Served& served) { return now >= next_column_ && pick_column(now, served); }
    bool issue_row(Cycle now) { return now >= next_row_ && !idle() && pick_row(now); }

    bool idle() const { return used_ == 0; }
    // No command can be legal before this tick unless something is added; kNever when idle.
    Cycle next_event() const { return idle() ? kNever : std::min(next_column_, next_row_); }

    unsigned waiting_atoms(bool write) const { return atoms_[write]; }
    void record_commands(std::vector<IssuedCommand>* log) { log_ = log; }

  private:
    using Index = std::uint16_t;
    static constexpr Index kNone = 0xFFFF;
    enum Cause : std::uint8_t { Hit, Miss, Conflict };

    struct Entry {
        Address line;
        Cycle arrival;
        std::uint64_t order;
        std::uint32_t transaction;
        std::uint32_t row;
        Index next;
        std::uint8_t bank;
        std::uint8_t port;
        std::uint8_t sector_mask;
        Cause cause;
    };
    struct List { // in order of arrival
        Index head = kNone, tail = kNone;
        bool empty() const { return head == kNone; }
    };
    struct BankState {
        std::array<List, 2> hits;   // by direction: of the open row
        std::array<List, 2> misses; // all others
        std::uint32_t open_row = 0;
        std::uint32_t columns = 0; // since the row was opened
    };

    Entry& entry(Index i) { return entries_[i]; }
    const Entry& entry(Index i) const { return entries_[i]; }
    void append(List& list, Index i);
    List merge(List a, List b);
    bool is_open(unsigned bank) const { return open_ >> bank & 1; }
    std::uint64_t waiting() const { return hits_[0].members() | hits_[1].members() | misses_[0].members() | misses_[1].members(); }
    Index find(const List& list, Address line) const;
    // Of the direction being served: the bank of the oldest request, and whether that is a hit. Requires: there is one.
    std::pair<unsigned, bool> oldest() const;
    void sort_in(unsigned bank, unsigned direction); // after its lists changed
    bool pick_column(Cycle now, Served& served);
    bool pick_row(Cycle now);
    bool must_yield(unsigned bank, Cycle now) const;
    unsigned pick_activate(Cycle now, Cycle& next) const;
    unsigned pick_precharge(std::uint64_t conflicts, Cycle now, Cycle& next) const;
    void choose_direction();
    void serve(unsigned bank, Cycle now, Served& served);
    void activate(unsigned bank, Cycle now);
    void close(unsigned bank); // bookkeeping of a closed row
    bool refresh(Cycle now, Cycle& next);
    void catch_up(Cycle now);
    void log(DramCommand command, unsigned bank, std::uint32_t row, Cycle now) {
        if (log_ != nullptr) [[unlikely]]
            log_->push_back({now, command, static_cast<std::uint8_t>(pseudo_channel_), static_cast<std::uint8_t>(bank), row});
    }

    const unsigned pseudo_channel_;
    TimingTable& timing_;
    DramStats& stats_;
    // Policy, from the configuration.
    const bool in_order_, auto_precharge_;
    const unsigned row_column_cap_, write_high_, write_low_, write_min_burst_, write_max_burst_, read_min_burst_;
    const Cycles age_cap_, burst_;
    const std::array<unsigned, 2> capacity_; // atoms by direction: read, write

    Refresh refresh_;
    Cycle next_column_ = 0, next_row_ = 0;
    std::uint64_t open_ = 0;        // banks with an open row
    std::array<BankOrder, 2> hits_; // by direction: banks whose list is not empty
    std::array<BankOrder, 2> misses_;
    std::array<unsigned, 2> atoms_{};
    std::uint64_t next_order_ = 0;
    unsigned used_ = 0;       // entries
    unsigned turn_atoms_ = 0; // served since the pins last turned
    bool writing_ = false;
    bool draining_ = false; // writing because of the high watermark
    Index free_ = kNone;
    Cycle idle_since_ = 0;
    std::vector<Entry> entries_;
    std::vector<BankState> banks_;
    std::vector<IssuedCommand>* log_ = nullptr;
};

} // namespace heddle
