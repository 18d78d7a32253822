#include "sim/dram/command_scheduler.hpp"

#include "sim/base/error.hpp"

#include <bit>

namespace heddle {

namespace {
constexpr std::uint64_t bit(unsigned bank) { return std::uint64_t{1} << bank; }
constexpr DramCommand column_command(bool write) { return write ? DramCommand::Write : DramCommand::Read; }
} // namespace

CommandScheduler::CommandScheduler(const DramConfig& config, unsigned pseudo_channel, TimingTable& timing, DramStats& stats)
    : pseudo_channel_(pseudo_channel), timing_(timing), stats_(stats), in_order_(config.scheduling == DramScheduling::Fcfs),
      auto_precharge_(config.row_policy == RowPolicy::Closed), row_column_cap_(config.row_column_cap), write_high_(config.write_high),
      write_low_(config.write_low), write_min_burst_(config.write_min_burst), write_max_burst_(config.write_max_burst),
      read_min_burst_(config.read_min_burst), age_cap_(config.age_cap),
      burst_(config.timings.burst), capacity_{config.read_queue, config.write_queue}, refresh_(config),
      entries_(config.read_queue + config.write_queue), banks_(config.organisation.banks()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].next = i + 1 < entries_.size() ? static_cast<Index>(i + 1) : kNone;
    free_ = 0;
}

// Lists ---------------------------------------------------------------------------------------------------------------

void CommandScheduler::append(List& list, Index i) {
    entry(i).next = kNone;
    if (list.empty()) list.head = i;
    else entry(list.tail).next = i;
    list.tail = i;
}

// Both in order of arrival; so is the result.
CommandScheduler::List CommandScheduler::merge(List a, List b) {
    List merged;
    while (!a.empty() || !b.empty()) {
        List& from = b.empty() || (!a.empty() && entry(a.head).order < entry(b.head).order) ? a : b;
        const Index i = from.head;
        from.head = entry(i).next;
        append(merged, i);
    }
    return merged;
}

CommandScheduler::Index CommandScheduler::find(const List& list, Address line) const {
    Index i = list.head;
    while (i != kNone && entry(i).line != line) i = entry(i).next;
    return i;
}

std::pair<unsigned, bool> CommandScheduler::oldest() const {
    const BankOrder &hits = hits_[writing_], &misses = misses_[writing_];
    if (misses.members() == 0) return {hits.first(), true};
    if (hits.members() == 0) return {misses.first(), false};
    const bool hit = hits.age(hits.first()) < misses.age(misses.first());
    return {hit ? hits.first() : misses.first(), hit};
}

void CommandScheduler::sort_in(unsigned bank, unsigned direction) {
    const auto update = [&](BankOrder& order, const List& list) {
        if (!list.empty()) order.put(bank, entry(list.head).order);
        else if (order.holds(bank)) order.remove(bank);
    };
    update(hits_[direction], banks_[bank].hits[direction]);
    update(misses_[direction], banks_[bank].misses[direction]);
}

// Queueing ------------------------------------------------------------------------------------------------------------

std::uint8_t CommandScheduler::add(const DramJob& job, Cycle now, Cycle from) {
    BankState& bank = banks_[job.bank];
    std::uint8_t sectors = job.sector_mask, forwarded = 0;
    if ((hits_[1].members() | misses_[1].members()) & bit(job.bank)) {
        for (const List& list : {bank.hits[1], bank.misses[1]}) {
            const Index i = find(list, job.line);
            if (i == kNone || entry(i).row != job.row) continue;
            Entry& waiting = entry(i);
            if (job.write) {
                const auto fresh = static_cast<std::uint8_t>(sectors & ~waiting.sector_mask);
                stats_.merged_atoms += count_atoms(sectors) - count_atoms(fresh);
                waiting.sector_mask |= fresh;
                atoms_[1] += count_atoms(fresh);
                choose_direction();
                return 0;
            }
            forwarded |= sectors & waiting.sector_mask;
        }
        sectors &= static_cast<std::uint8_t>(~forwarded);
        stats_.forwarded_atoms += count_atoms(forwarded);
        if (sectors == 0) return forwarded;
    }
    if (idle()) {
        catch_up(now);
        next_column_ = next_row_ = from;
    }
    const Index i = free_;
    HEDDLE_EXPECT(i != kNone, "queue of pseudo-channel {} overflows", pseudo_channel_);
    free_ = entry(i).next;
    ++used_;
    const unsigned atoms = count_atoms(sectors);
    atoms_[job.write] += atoms;
    entry(i) = {job.line, now, next_order_++, job.transaction, job.row, kNone, job.bank, job.port, sectors, Hit};

    const bool hit = is_open(job.bank) && bank.open_row == job.row;
    BankOrder& order = (hit ? hits_ : misses_)[job.write];
    append((hit ? bank.hits : bank.misses)[job.write], i);
    if (!order.holds(job.bank)) order.put(job.bank, entry(i).order);
    choose_direction();
    if (job.write == writing_) {
        const DramCommand first = hit ? column_command(writing_) : is_open(job.bank) ? DramCommand::Precharge : DramCommand::Activate;
        Cycle& next = hit ? next_column_ : next_row_;
        next = std::min(next, timing_.align(first, std::max(from, timing_.earliest(first, pseudo_channel_, job.bank))));
    }
    return forwarded;
}

void CommandScheduler::choose_direction() {
    const unsigned reads = atoms_[0], writes = atoms_[1];
    bool write = writing_;
    if (!writing_) {
        write = writes != 0 && (reads == 0 || (writes >= write_high_ && turn_atoms_ >= read_min_burst_));
    } else if (writes == 0) {
        write = false;
    } else {
        draining_ |= writes >= write_high_;
        if (reads != 0) write = draining_ ? writes > write_low_ && turn_atoms_ < write_max_burst_ : turn_atoms_ < write_min_burst_;
    }
    if (write == writing_) return;
    writing_ = write;
    draining_ = writes >= write_high_;
    turn_atoms_ = 0;
    if (write) ++stats_.write_turns;
    next_column_ = next_row_ = 0;
}

// Column commands -----------------------------------------------------------------------------------------------------

bool CommandScheduler::pick_column(Cycle now, Served& served) {
    const BankOrder& hits = hits_[writing_];
    const DramCommand command = column_command(writing_);
    const Cycle gate = timing_.align(command, std::max(now, timing_.gate(command, pseudo_channel_)));
    if (gate > now) {
        next_column_ = gate;
        return false;
    }
    Cycle next = kNever;
    const std::uint64_t locked = refresh_.locked();
    for (unsigned bank = hits.first(); bank != BankOrder::kEnd; bank = hits.after(bank)) {
        if ((locked >> bank & 1) || (misses_[writing_].holds(bank) && must_yield(bank, now))) continue;
        if (in_order_ && oldest() != std::pair{bank, true}) break;
        const Cycle ready = timing_.below_gate(command, pseudo_channel_, bank);
        if (ready <= now) {
            serve(bank, now, served);
            return true;
        }
        next = std::min(next, ready);
    }
    next_column_ = next == kNever ? kNever : timing_.align(command, next);
    return false;
}

// The hits on the bank's open row have kept an older request waiting for long enough.
inline bool CommandScheduler::must_yield(unsigned bank, Cycle now) const {
    return hits_[writing_].age(bank) > misses_[writing_].age(bank) && entry(banks_[bank].misses[writing_].head).arrival + age_cap_ <= now;
}

void CommandScheduler::serve(unsigned bank_index, Cycle now, Served& served) {
    BankState& bank = banks_[bank_index];
    const bool write = writing_;
    List& hits = bank.hits[write];
    const Index i = hits.head;
    Entry& e = entry(i);
    const auto atom = static_cast<std::uint8_t>(e.sector_mask & -e.sector_mask);
    served = {e.line, e.arrival, e.transaction, e.port, atom, write};
    e.sector_mask = static_cast<std::uint8_t>(e.sector_mask & ~atom);

    ++(e.cause == Hit ? stats_.row_hits : e.cause == Miss ? stats_.row_misses : stats_.row_conflicts);
    e.cause = Hit;
    ++(write ? stats_.write_atoms : stats_.read_atoms);
    stats_.data_bus_busy += burst_;
    ++bank.columns;
    --atoms_[write];
    ++turn_atoms_;
    if (e.sector_mask == 0) {
        hits.head = e.next;
        if (hits.empty()) hits_[write].remove(bank_index);
        else hits_[write].grow_younger(bank_index, entry(hits.head).order);
        e.next = free_;
        free_ = i;
        if (--used_ == 0) idle_since_ = now;
    }

    const bool close_row = auto_precharge_ && ((bank.hits[0].empty() && bank.hits[1].empty()) || bank.columns == row_column_cap_);
    const DramCommand command = close_row ? (write ? DramCommand::WriteAuto : DramCommand::ReadAuto) : column_command(write);
    timing_.issue(command, pseudo_channel_, bank_index, now);
    log(command, bank_index, bank.open_row, now);
    if (close_row) close(bank_index);

    next_column_ = hits_[write].members() == 0 ? kNever : timing_.align(command, timing_.gate(column_command(write), pseudo_channel_));
    // What waits for this bank's row to close, and a refresh that waits for the bank, may go sooner now.
    if (misses_[write].holds(bank_index))
        next_row_ = std::min(next_row_, std::max(now + 1, timing_.earliest(close_row ? DramCommand::Activate : DramCommand::Precharge,
                                                                           pseudo_channel_, bank_index)));
    if (refresh_.owed() != 0 && (waiting() & bit(bank_index)) == 0) next_row_ = now;
    if (in_order_) next_row_ = now;
    choose_direction();
}

// Row commands --------------------------------------------------------------------------------------------------------

bool CommandScheduler::pick_row(Cycle now) {
    Cycle next = kNever;
    if (now >= refresh_.next_due() || refresh_.owed() != 0) {
        if (refresh(now, next)) {
            next_row_ = now + 1;
            return true;
        }
    }
    next = std::min(next, refresh_.next_due());
    const BankOrder& misses = misses_[writing_];
    const std::uint64_t wanted = misses.members() & ~refresh_.locked();
    const unsigned to_open = (wanted & ~open_) != 0 ? pick_activate(now, next) : BankOrder::kEnd;
    const unsigned to_close = (wanted & open_) != 0 ? pick_precharge(wanted & open_, now, next) : BankOrder::kEnd;
    if (to_open != BankOrder::kEnd && (to_close == BankOrder::kEnd || misses.age(to_open) < misses.age(to_close))) {
        activate(to_open, now);
    } else if (to_close != BankOrder::kEnd) {
        BankState& bank = banks_[to_close];
        entry(bank.misses[writing_].head).cause = Conflict;
        timing_.issue(DramCommand::Precharge, pseudo_channel_, to_close, now);
        log(DramCommand::Precharge, to_close, bank.open_row, now);
        close(to_close);
    } else {
        next_row_ = next;
        return false;
    }
    next_row_ = refresh_.owed() != 0 ? now + 1
                                     : std::min({refresh_.next_due(), timing_.gate(DramCommand::Activate, pseudo_channel_),
                                                 timing_.gate(DramCommand::Precharge, pseudo_channel_)});
    return true;
}

// The bank of the oldest request whose ACT is legal, or kEnd; then `next` is lowered to when to look again.
unsigned CommandScheduler::pick_activate(Cycle now, Cycle& next) const {
    const Cycle gate = timing_.align(DramCommand::Activate, std::max(now, timing_.gate(DramCommand::Activate, pseudo_channel_)));
    if (gate > now) {
        next = std::min(next, gate);
        return BankOrder::kEnd;
    }
    const BankOrder& misses = misses_[writing_];
    const std::uint64_t barred = refresh_.locked() | open_;
    for (unsigned bank = misses.first(); bank != BankOrder::kEnd; bank = misses.after(bank)) {
        if (barred >> bank & 1) continue;
        if (in_order_ && oldest() != std::pair{bank, false}) break;
        const Cycle ready = timing_.below_gate(DramCommand::Activate, pseudo_channel_, bank);
        if (ready <= now) return bank;
        next = std::min(next, timing_.align(DramCommand::Activate, ready));
    }
    return BankOrder::kEnd;
}

// The bank of the oldest request whose PRE is legal and fair to the hits on the open row, or kEnd; `next` as above.
unsigned CommandScheduler::pick_precharge(std::uint64_t conflicts, Cycle now, Cycle& next) const {
    const Cycle gate = timing_.gate(DramCommand::Precharge, pseudo_channel_);
    if (gate > now) {
        next = std::min(next, gate);
        return BankOrder::kEnd;
    }
    const BankOrder &misses = misses_[writing_], &hits = hits_[writing_];
    unsigned best = BankOrder::kEnd;
    for (; conflicts != 0; conflicts &= conflicts - 1) {
        const auto bank = static_cast<unsigned>(std::countr_zero(conflicts));
        Cycle ready = timing_.below_gate(DramCommand::Precharge, pseudo_channel_, bank);
        if (in_order_) {
            if (oldest() != std::pair{bank, false}) continue;
        } else if (hits.holds(bank)) {
            if (hits.age(bank) < misses.age(bank)) continue; // serve() looks again
            ready = std::max(ready, entry(banks_[bank].misses[writing_].head).arrival + age_cap_);
        }
        if (ready > now) next = std::min(next, ready);
        else if (best == BankOrder::kEnd || misses.age(bank) < misses.age(best)) best = bank;
    }
    return best;
}

void CommandScheduler::activate(unsigned bank_index, Cycle now) {
    BankState& bank = banks_[bank_index];
    Entry& first = entry(bank.misses[writing_].head);
    if (first.cause == Hit) first.cause = Miss;
    timing_.issue(DramCommand::Activate, pseudo_channel_, bank_index, now);
    log(DramCommand::Activate, bank_index, first.row, now);
    ++stats_.activates;
    bank.open_row = first.row;
    bank.columns = 0;
    open_ |= bit(bank_index);
    for (unsigned direction = 0; direction < 2; ++direction) {
        if (bank.misses[direction].empty()) continue;
        List misses;
        for (Index i = bank.misses[direction].head; i != kNone;) {
            const Index next = entry(i).next;
            append(entry(i).row == bank.open_row ? bank.hits[direction] : misses, i);
            i = next;
        }
        bank.misses[direction] = misses;
        sort_in(bank_index, direction);
    }
    next_column_ = std::min(next_column_, timing_.earliest(column_command(writing_), pseudo_channel_, bank_index));
}

void CommandScheduler::close(unsigned bank_index) {
    BankState& bank = banks_[bank_index];
    ++stats_.precharges;
    open_ &= ~bit(bank_index);
    for (unsigned direction = 0; direction < 2; ++direction) {
        if (bank.hits[direction].empty()) continue;
        bank.misses[direction] = merge(bank.hits[direction], bank.misses[direction]);
        bank.hits[direction] = {};
        sort_in(bank_index, direction);
    }
}

// Refresh -------------------------------------------------------------------------------------------------------------

// Gives a refresh command, or a precharge towards it, if one is due and legal; otherwise lowers `next` to when to look again.
bool CommandScheduler::refresh(Cycle now, Cycle& next) {
    refresh_.advance(now);
    const std::uint64_t locked = refresh_.choose(waiting(), open_);
    if (locked == 0) return false;
    const bool all = refresh_.mode() == RefreshMode::AllBank;
    const auto bank = static_cast<unsigned>(std::countr_zero(locked));
    const DramCommand command = (open_ & locked) ? (all ? DramCommand::PrechargeAll : DramCommand::Precharge)
                                                 : (all ? DramCommand::RefreshAll : DramCommand::RefreshBank);
    const Cycle ready = timing_.earliest(command, pseudo_channel_, bank);
    if (ready > now) {
        next = std::min(next, ready);
        return false;
    }
    timing_.issue(command, pseudo_channel_, bank, now);
    log(command, bank, 0, now);
    if (open_ & locked) {
        for (std::uint64_t left = open_ & locked; left != 0; left &= left - 1) close(static_cast<unsigned>(std::countr_zero(left)));
    } else {
        ++(all ? stats_.all_bank_refreshes : stats_.bank_refreshes);
        refresh_.done();
    }
    return true;
}

// The pseudo-channel had nothing to do since idle_since_: the refreshes due until now were done in the meantime, each when
// it fell due or as soon after as the banks allowed. A function of the times alone, so it does not matter who asks when.
void CommandScheduler::catch_up(Cycle now) {
    refresh_.advance(now);
    const bool all = refresh_.mode() == RefreshMode::AllBank;
    const DramCommand close_command = all ? DramCommand::PrechargeAll : DramCommand::Precharge;
    const DramCommand command = all ? DramCommand::RefreshAll : DramCommand::RefreshBank;
    Stat& count = all ? stats_.all_bank_refreshes : stats_.bank_refreshes;
    count += refresh_.skip_rounds(now - idle_since_);
    Cycle free = idle_since_ + 1; // one command a tick
    while (refresh_.owed() != 0) {
        const std::uint64_t locked = refresh_.choose(0, open_);
        const auto bank = static_cast<unsigned>(std::countr_zero(locked));
        if (open_ & locked) {
            const Cycle at = std::max({free, refresh_.oldest_due(), timing_.earliest_off_bus(close_command, pseudo_channel_, bank)});
            if (at >= now) break;
            free = at + 1;
            timing_.issue_in_the_past(close_command, pseudo_channel_, bank, at);
            log(close_command, bank, 0, at);
            for (std::uint64_t left = open_ & locked; left != 0; left &= left - 1) close(static_cast<unsigned>(std::countr_zero(left)));
        }
        const Cycle at = std::max({free, refresh_.oldest_due(), timing_.earliest_off_bus(command, pseudo_channel_, bank)});
        if (at >= now) break;
        free = at + 1;
        timing_.issue_in_the_past(command, pseudo_channel_, bank, at);
        log(command, bank, 0, at);
        ++count;
        refresh_.done();
    }
}

} // namespace heddle
