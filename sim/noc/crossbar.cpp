#include "sim/noc/crossbar.hpp"

#include <algorithm>

namespace heddle {
namespace {

unsigned destination(const MemoryRequest& request) { return request.slice; }
unsigned destination(const MemoryReply& reply) { return reply.sm; }

} // namespace

template <class Message>
Crossbar<Message>::Crossbar(std::string path, const ClockDomain& clock, const CrossbarConfig& config, Ports ports,
                            std::vector<std::uint16_t> route)
    : ComponentOf<Crossbar<Message>>(std::move(path), clock), config_(config), out_(std::move(ports.out)), route_(std::move(route)),
      heads_(std::move(ports.in)), inputs_(heads_.size()), slots_(std::size_t{heads_.size()} * config.lookahead),
      input_channel_(heads_.size()), output_channel_(out_.size()), wanted_by_(out_.size()), last_input_(out_.size(), 0) {
    HEDDLE_EXPECT(out_.size() <= 64 * CrossbarWords<Message>::kOut && config.lookahead >= 1 && config.lookahead <= kMaxLookahead,
                  "{}: {} outputs, lookahead {}", this->path(), out_.size(), config.lookahead);
    HEDDLE_EXPECT(config.input_bytes_per_cycle > 0 && config.output_bytes_per_cycle > 0 && config.gpc_bytes_per_cycle > 0,
                  "{}: a port without bandwidth", this->path());
}

template <class Message> void Crossbar<Message>::tick(Now now) {
    charge_blocked(now.cycle);
    if (blocked_any_) {
        std::fill_n(blocked_, static_cast<unsigned>(kReasons), 0);
        blocked_any_ = false;
    }
    accept(now);
    if (active_.any()) arbitrate(now);
}

// Moves arrived messages into free slots.
template <class Message> void Crossbar<Message>::accept(Now now) {
    heads_.arrived(now).without(full_).for_each([&](unsigned i) {
        Input& input = inputs_[i];
        do {
            const Message& message = heads_.head(i, now);
            const unsigned slot = static_cast<unsigned>(std::countr_one(input.used));
            const unsigned to = destination(message);
            HEDDLE_EXPECT(to < route_.size() && route_[to] < out_.size(), "{}: no route to destination {}", this->path(), to);
            const unsigned output = route_[to];
            slots_[i * config_.lookahead + slot] = message;
            input.output[slot] = static_cast<std::uint16_t>(output);
            input.used = static_cast<std::uint8_t>(input.used | 1u << slot);
            input.order |= slot << (4 * input.count++);
            wanted_by_[output].set(i);
            active_.set(output);
        } while (heads_.pop(i, now) && input.count < config_.lookahead);
        if (input.count == config_.lookahead) full_.set(i);
    });
}

template <class Message> void Crossbar<Message>::arbitrate(Now now) {
    credit_blocked_ = Outputs{};
    busy_inputs_.for_each([&](unsigned i) {
        if (!input_channel_[i].busy(now.cycle, config_.input_bytes_per_cycle)) busy_inputs_.clear(i);
    });
    Outputs sent;
    const auto serve = [&](unsigned output) {
        if (output_channel_[output].busy(now.cycle, config_.output_bytes_per_cycle) || !out_[output].can_send(now)) return;
        const unsigned input = wanted_by_[output].without(busy_inputs_).next_cyclic(last_input_[output] + 1u);
        if (input == Inputs::kNone) return;
        last_input_[output] = static_cast<std::uint16_t>(input);
        first_output_ = output + 1;
        sent.set(output);
        if (pass(now, input, output)) return;
        wanted_by_[output].clear(input);
        if (!wanted_by_[output].any()) active_.clear(output);
    };
    // Outputs from where the last message went on, then those before it, while the GPC has bandwidth left.
    const unsigned start = first_output_;
    const auto gpc_free = [&] { return !gpc_channel_.busy(now.cycle, config_.gpc_bytes_per_cycle); };
    for (unsigned o = active_.next(start); o != Outputs::kNone && gpc_free(); o = active_.next(o + 1)) serve(o);
    for (unsigned o = active_.next(0); o < start && gpc_free(); o = active_.next(o + 1)) serve(o);
    if (active_.any()) find_reasons(now, sent);
}

// Says for every message that stays behind why, and when that may end. An output that did send waits from the next
// cycle on.
template <class Message> void Crossbar<Message>::find_reasons(Now now, const Outputs& sent) {
    wake_ = kNever;
    blocked_any_ = true;
    active_.for_each([&](unsigned output) {
        const bool has_sent = sent.test(output);
        const Cycle from = now.cycle + has_sent;
        const Bandwidth& channel = output_channel_[output];
        Reason reason = kInput;
        if (!out_[output].can_send(now)) {
            reason = kCredit;
            credit_blocked_.set(output);
        } else if (channel.busy(from, config_.output_bytes_per_cycle)) {
            reason = kOutput;
            wake_ = std::min(wake_, channel.free_at(config_.output_bytes_per_cycle));
        } else if (gpc_channel_.busy(from, config_.gpc_bytes_per_cycle)) {
            reason = kGpc;
            wake_ = std::min(wake_, gpc_channel_.free_at(config_.gpc_bytes_per_cycle));
        } else {
            wanted_by_[output].for_each(
                [&](unsigned i) { wake_ = std::min(wake_, input_channel_[i].free_at(config_.input_bytes_per_cycle)); });
        }
        ++blocked_[reason];
        unblocked_once_[reason] += has_sent;
    });
    if (wake_ != kNever) wake_ = std::max(wake_, now.cycle + 1);
}

template <class Message> bool Crossbar<Message>::pass(Now now, unsigned i, unsigned output) {
    Input& input = inputs_[i];
    unsigned position = 0;
    while (input.output[input.order >> (4 * position) & 15] != output) ++position;
    const unsigned slot = input.order >> (4 * position) & 15;
    const Message& message = slots_[i * config_.lookahead + slot];

    const Bytes bytes = config_.header_bytes + message.payload();
    const Bytes occupied = bytes == 0 ? 1 : bytes;
    input_channel_[i].take(now.cycle, config_.input_bytes_per_cycle, occupied);
    output_channel_[output].take(now.cycle, config_.output_bytes_per_cycle, occupied);
    gpc_channel_.take(now.cycle, config_.gpc_bytes_per_cycle, occupied);
    busy_inputs_.set(i); // at most one message starts per port and cycle
    const auto op = static_cast<unsigned>(message.op);
    ++stats_.messages[op];
    stats_.bytes[op] += bytes;
    out_[output].send(now, message);

    const std::uint32_t younger = input.order >> (4 * position) >> 4;
    const std::uint32_t older = input.order & ((std::uint32_t{1} << (4 * position)) - 1);
    input.order = older | younger << (4 * position);
    --input.count;
    input.used = static_cast<std::uint8_t>(input.used & ~(1u << slot));
    full_.clear(i);
    for (unsigned p = position; p < input.count; ++p)
        if (input.output[input.order >> (4 * p) & 15] == output) return true;
    return false;
}

template <class Message> void Crossbar<Message>::charge_blocked(Cycle now) {
    if (now <= charged_to_) return;
    if (blocked_any_) {
        Stat* const stat[kReasons] = {&stats_.blocked_by_credit, &stats_.blocked_by_output, &stats_.blocked_by_gpc,
                                      &stats_.blocked_by_input};
        for (unsigned r = 0; r < kReasons; ++r) {
            *stat[r] += blocked_[r] * (now - charged_to_) - unblocked_once_[r];
            unblocked_once_[r] = 0;
        }
    }
    charged_to_ = now;
}

template <class Message> Cycle Crossbar<Message>::next_event(Cycle now) const {
    Cycle next = active_.any() ? wake_ : kNever;
    if (next <= now + 1) return now + 1;
    // An arrived message outside full_ inputs would have been taken; one behind a full input enters when a slot is
    // freed, which happens at a tick: look again after it.
    if (heads_.arrived_now().without(full_).any()) return now + 1;
    Time time = heads_.next();
    credit_blocked_.for_each([&](unsigned o) { time = std::min(time, out_[o].next_credit()); });
    if (time != kNoTime) next = std::min(next, this->edge(time));
    return std::max(next, now + 1);
}

template <class Message> void Crossbar<Message>::explain_wait(WaitReport& report) const {
    active_.for_each([&](unsigned o) {
        unsigned messages = 0;
        for (const Input& input : inputs_)
            for (unsigned p = 0; p < input.count; ++p) messages += input.output[input.order >> (4 * p) & 15] == o;
        report.add(this->path(), fmt::format("{} ({} messages)", out_[o].name(), messages));
    });
}

template class Crossbar<MemoryRequest>;
template class Crossbar<MemoryReply>;

} // namespace heddle
