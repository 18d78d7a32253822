#include "sim/dram/hbm_channel.hpp"

#include <fmt/format.h>

namespace heddle {

HbmChannel::HbmChannel(std::string path, const ClockDomain& clock, const DramConfig& config, Ports ports)
    : ComponentOf(std::move(path), clock), config_(config), map_(config_), timing_(config_),
      read_done_(config_.timings.cl + config_.timings.burst + config_.front_latency + config_.back_latency),
      edge_memo_(ports.requests.size()) {
    HEDDLE_EXPECT(!ports.requests.empty() && ports.requests.size() == ports.replies.size(), "{} has {} request and {} reply ports",
                  this->path(), ports.requests.size(), ports.replies.size());
    schedulers_.reserve(config_.organisation.pseudo_channels);
    for (unsigned i = 0; i < config_.organisation.pseudo_channels; ++i) schedulers_.emplace_back(config_, i, timing_, stats_);
    ports_.resize(ports.requests.size());
    for (std::size_t i = 0; i < ports_.size(); ++i) {
        ports_[i].requests = ports.requests[i];
        ports_[i].replies = ports.replies[i];
        ports_[i].pending = Ring<PendingReply>(config_.reply_buffer);
    }
}

void HbmChannel::tick(Now now) {
    if (blocked_ports_ != ports_.size()) accept(now, false);
    issue(now.cycle);
    bool room_made = false;
    for (Port& port : ports_) {
        if (now.cycle >= port.reply_due) send_replies(port, now);
        room_made |= port.blocked_since != kNever && has_room(port, port.lacking);
    }
    if (room_made) accept(now, true);
}

// Requests ------------------------------------------------------------------------------------------------------------

// At the beginning of a tick new arrivals join the queues, and their first command may be given in this tick. At its end
// (`blocked`) those join for which the tick has made room.
void HbmChannel::accept(Now now, bool blocked) {
    const auto count = static_cast<unsigned>(ports_.size());
    unsigned next_first = first_port_;
    for (unsigned i = 0, p = first_port_; i < count; ++i, p = p + 1 == count ? 0 : p + 1) {
        Port& port = ports_[p];
        if ((port.blocked_since != kNever) != blocked) continue;
        if (!port.staged && !stage(port, now)) continue;
        if (fits(port)) {
            enter(port, now, now.cycle + blocked);
            next_first = p + 1 == count ? 0 : p + 1;
            if (!stage(port, now) || fits(port)) continue; // the next one's turn is in the next tick
        }
        if (port.blocked_since != kNever) continue;
        port.blocked_since = now.cycle;
        ++blocked_ports_;
    }
    first_port_ = next_first;
}

// Looks at the next request of a port, if one has arrived.
inline bool HbmChannel::stage(Port& port, Now now) {
    const DramRequest* request = port.requests.peek(now);
    if (request == nullptr) return false;
    take_apart(*request, port);
    return port.staged = true;
}

// Takes the request in port.parts off its link and queues it.
void HbmChannel::enter(Port& port, Now now, Cycle from) {
    if (port.blocked_since != kNever) {
        stats_.queue_full += now.cycle - port.blocked_since;
        port.blocked_since = kNever;
        --blocked_ports_;
    }
    port.staged = false;
    port.requests.pop(now);
    const Parts& parts = port.parts;
    if (!parts.write) port.outstanding += parts.all_atoms;
    unsigned forwarded = 0;
    for (unsigned j = 0; j < parts.count; ++j) forwarded |= schedulers_[parts.pseudo_channel[j]].add(parts.jobs[j], now.cycle, from);
    if (forwarded == 0) return;
    const Cycles latency = from - now.cycle + config_.front_latency + config_.back_latency;
    reply_at(port, {now.cycle + latency, parts.jobs[0].line, parts.jobs[0].transaction, static_cast<std::uint8_t>(forwarded)});
    stats_.read_latency += count_atoms(forwarded) * latency;
}

inline bool HbmChannel::has_room(const Port& port, unsigned where) const {
    const Parts& parts = port.parts;
    if (where == kReplyBuffer) return parts.write || port.outstanding + parts.all_atoms <= config_.reply_buffer;
    if (parts.atoms[where] == 0) return true;
    if (!config_.shared_queues) return schedulers_[where].room(parts.write, parts.atoms[where]);
    unsigned atoms = parts.all_atoms;
    for (const CommandScheduler& scheduler : schedulers_) atoms += scheduler.waiting_atoms(parts.write);
    return atoms <= (parts.write ? config_.write_queue : config_.read_queue);
}

// There is room for the request in port.parts; otherwise port.lacking says where not.
bool HbmChannel::fits(Port& port) const {
    if (!has_room(port, port.lacking)) return false; // most likely still so
    for (unsigned where = 0; where <= kReplyBuffer; ++where) {
        if (has_room(port, where)) continue;
        port.lacking = where;
        return false;
    }
    return true;
}

void HbmChannel::take_apart(const DramRequest& request, Port& port) const {
    Parts& parts = port.parts;
    HEDDLE_EXPECT(request.sector_mask != 0 && request.sector_mask < 16 && request.line % kLineBytes == 0,
                  "{}: request for sectors {:#x} of line {:#x}", path(), request.sector_mask, request.line);
    parts.count = 0;
    parts.atoms = {};
    parts.all_atoms = 0;
    parts.write = request.write;
    const auto add = [&](const DramAddress& place, unsigned sectors) {
        parts.atoms[place.pseudo_channel] = static_cast<std::uint8_t>(parts.atoms[place.pseudo_channel] + count_atoms(sectors));
        parts.all_atoms = static_cast<std::uint8_t>(parts.all_atoms + count_atoms(sectors));
        for (unsigned j = 0; j < parts.count; ++j) {
            if (parts.pseudo_channel[j] != place.pseudo_channel || parts.jobs[j].bank != place.bank || parts.jobs[j].row != place.row)
                continue;
            parts.jobs[j].sector_mask = static_cast<std::uint8_t>(parts.jobs[j].sector_mask | sectors);
            return;
        }
        parts.pseudo_channel[parts.count] = place.pseudo_channel;
        parts.jobs[parts.count++] = {request.line,
                                     request.transaction,
                                     place.row,
                                     place.bank,
                                     static_cast<std::uint8_t>(&port - ports_.data()),
                                     static_cast<std::uint8_t>(sectors),
                                     request.write};
    };
    if (map_.line_in_one_row()) {
        add(map_.locate(request.line), request.sector_mask);
        return;
    }
    for (unsigned sector = 0; sector < kSectorsPerLine; ++sector)
        if (request.sector_mask >> sector & 1) add(map_.locate(request.line + sector * kSectorBytes), 1U << sector);
}

// Commands ------------------------------------------------------------------------------------------------------------

// Gives up to one column and one row command.
inline void HbmChannel::issue(Cycle now) {
    const unsigned last = static_cast<unsigned>(schedulers_.size()) - 1;
    CommandScheduler::Served served;
    for (unsigned turn = 0; turn <= last; ++turn) {
        const unsigned pc = first_column_ ^ turn;
        if (!schedulers_[pc].issue_column(now, served)) continue;
        first_column_ = pc ^ last;
        if (!served.write) {
            const Cycle due = now + read_done_;
            reply_at(ports_[served.port], {due, served.line, served.transaction, served.sector_mask});
            stats_.read_latency += due - served.arrival;
        }
        break;
    }
    for (unsigned turn = 0; turn <= last; ++turn) {
        const unsigned pc = first_row_ ^ turn;
        if (!schedulers_[pc].issue_row(now)) continue;
        first_row_ = pc ^ last;
        break;
    }
}

// Replies -------------------------------------------------------------------------------------------------------------

inline void HbmChannel::reply_at(Port& port, const PendingReply& reply) {
    Ring<PendingReply>& pending = port.pending;
    pending.push(reply);
    // Data from the write queue overtakes data on its way from the banks.
    for (std::size_t i = pending.size() - 1; i > 0 && pending[i - 1].due > pending[i].due; --i) std::swap(pending[i - 1], pending[i]);
    port.reply_due = pending.front().due;
}

void HbmChannel::send_replies(Port& port, Now now) {
    Ring<PendingReply>& pending = port.pending;
    while (pending.front().due <= now.cycle && port.replies.can_send(now)) {
        DramReply reply{pending.front().line, pending.front().transaction, 0};
        do {
            reply.sector_mask |= pending.front().sector_mask;
            pending.pop();
        } while (!pending.empty() && pending.front().due <= now.cycle && pending.front().transaction == reply.transaction &&
                 pending.front().line == reply.line);
        port.outstanding -= count_atoms(reply.sector_mask);
        port.replies.send(now, reply);
        if (pending.empty()) break;
    }
    port.reply_due = pending.empty() ? kNever : pending.front().due;
}

// Time ----------------------------------------------------------------------------------------------------------------

Cycle HbmChannel::arrival_edge(unsigned port) const {
    EdgeMemo& memo = edge_memo_[port];
    const Time arrival = ports_[port].requests.next_arrival();
    if (memo.time != arrival) memo = {arrival, edge(arrival)};
    return memo.edge;
}

Cycle HbmChannel::next_event(Cycle now) const {
    Cycle next = kNever;
    for (unsigned p = 0; p < ports_.size(); ++p) {
        const Port& port = ports_[p];
        if (port.blocked_since == kNever) next = std::min(next, port.staged ? now + 1 : arrival_edge(p));
        next = std::min(next, port.reply_due > now ? port.reply_due : edge(port.replies.next_credit()));
    }
    for (const CommandScheduler& scheduler : schedulers_) next = std::min(next, scheduler.next_event());
    return next == kNever ? kNever : std::max(next, now + 1);
}

void HbmChannel::settle(Now now) {
    for (Port& port : ports_) {
        if (port.blocked_since == kNever || port.blocked_since >= now.cycle) continue;
        stats_.queue_full += now.cycle - port.blocked_since;
        port.blocked_since = now.cycle;
    }
}

void HbmChannel::explain_wait(WaitReport& report) const {
    for (std::size_t pc = 0; pc < schedulers_.size(); ++pc) {
        const CommandScheduler& s = schedulers_[pc];
        if (!s.idle())
            report.add(path(), fmt::format("commands of pseudo-channel {} ({} read and {} write atoms queued)", pc, s.waiting_atoms(false),
                                           s.waiting_atoms(true)));
    }
    for (const Port& port : ports_) {
        if (port.blocked_since != kNever) report.add(path(), fmt::format("room for the request at {}", port.requests.name()));
        if (!port.pending.empty())
            report.add(path(), fmt::format("data or credit for {} ({} replies)", port.replies.name(), port.pending.size()));
    }
}

void HbmChannel::record_commands(std::vector<IssuedCommand>& log) {
    for (CommandScheduler& scheduler : schedulers_) scheduler.record_commands(&log);
}

} // namespace heddle
