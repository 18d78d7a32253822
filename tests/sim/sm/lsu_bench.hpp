// An LSU with a memory that answers after a chosen delay, driven cycle by cycle or event by event.
#pragma once

#include "sim/sm/lsu.hpp"
#include "tests/sim/sm/access_patterns.hpp"

#include <deque>
#include <functional>
#include <map>
#include <vector>

namespace heddle::test {

struct Issue {
    StaticInstruction code;
    Pattern addresses;
    bool has_addresses = true;
    std::uint32_t active = kAllLanes;
    std::uint8_t sub_core = 0;
    CtaSlot cta = 0;
    Cycle earliest = 0; // offered to the LSU from this cycle on, in order within the sub-core
};

inline StaticInstruction instruction(Behaviour behaviour, Space space, unsigned bytes, bool uniform = false) {
    StaticInstruction code;
    code.text = "TEST";
    code.pipe = Pipe::Lsu;
    code.behaviour = behaviour;
    code.space = space;
    code.access_bytes = static_cast<std::uint8_t>(bytes);
    code.uniform_address = uniform;
    return code;
}
inline StaticInstruction load_global(unsigned bytes = 4, bool uniform = false) {
    return instruction(Behaviour::Load, Space::Global, bytes, uniform);
}
inline StaticInstruction store_global(unsigned bytes = 4, bool uniform = false) {
    return instruction(Behaviour::Store, Space::Global, bytes, uniform);
}
inline StaticInstruction load_shared(unsigned bytes = 4, bool uniform = false) {
    return instruction(Behaviour::Load, Space::Shared, bytes, uniform);
}
inline StaticInstruction store_shared(unsigned bytes = 4, bool uniform = false) {
    return instruction(Behaviour::Store, Space::Shared, bytes, uniform);
}

class LsuBench {
  public:
    struct Result {
        Cycle issued = kNever, operands_read = kNever, done = kNever;
        unsigned reports = 0; // of either kind
        friend bool operator==(const Result&, const Result&) = default;
    };

    explicit LsuBench(SmMemoryConfig c = {}, std::size_t request_credits = 32, std::size_t reply_credits = 32, bool skip = false)
        : config(c), requests("requests", kNanosecond, kNanosecond, request_credits),
          replies("replies", kNanosecond, kNanosecond, reply_credits),
          lsu("sm", clock, config, map, 0, 0, Lsu::Ports{Tx<MemoryRequest>(requests), Rx<MemoryReply>(replies)}), skip_(skip) {}

    // Queues an instruction; returns its number in `results`.
    std::size_t add(Issue issue) {
        issue.earliest = std::max(issue.earliest, cycle);
        scripts_.push_back(std::move(issue));
        results.emplace_back();
        queues_[scripts_.back().sub_core].push_back(scripts_.size() - 1);
        return scripts_.size() - 1;
    }
    std::size_t add(const StaticInstruction& code, const Pattern& addresses, unsigned sub_core = 0, Cycle earliest = 0) {
        Issue issue{code, addresses};
        issue.sub_core = static_cast<std::uint8_t>(sub_core);
        issue.earliest = earliest;
        return add(std::move(issue));
    }

    void step() {
        const Now now{cycle, clock.time_of(cycle)};
        if (!skip_ || first_ || lsu.next_event(last_) <= cycle) {
            lsu.tick(now);
            ++ticks;
            last_ = cycle;
            first_ = false;
            for (const MemoryCompletion& c : lsu.completions()) {
                Result& result = results[c.token];
                ++result.reports;
                (c.kind == MemoryCompletion::Kind::Done ? result.done : result.operands_read) = cycle;
                order.push_back({cycle, c.token, c.kind});
            }
        }
        for (auto& queue : queues_) {
            if (queue.empty()) continue;
            Issue& issue = scripts_[queue.front()];
            if (issue.earliest > cycle || !lsu.can_accept(issue.sub_core)) continue;
            MemoryInstruction in{&issue.code, issue.active, static_cast<std::uint32_t>(queue.front()), 0, issue.sub_core, issue.cta};
            in.warp = static_cast<WarpSlot>(queue.front() % 64);
            lsu.accept(now, in, issue.addresses.chunk(), issue.has_addresses ? &issue.addresses.pattern : nullptr);
            results[queue.front()].issued = cycle;
            last_ = cycle; // an SM asks again after accepting
            queue.pop_front();
        }
        serve_memory(now);
        ++cycle;
    }
    void run(Cycle cycles) {
        for (Cycle i = 0; i < cycles; ++i) step();
    }
    // Until everything is done and acknowledged.
    void run_dry(Cycle limit = 200000) {
        for (Cycle i = 0; i < limit && !dry(); ++i) step();
        HEDDLE_EXPECT(dry(), "not drained after {} cycles", limit);
    }
    bool dry() const {
        for (const auto& queue : queues_)
            if (!queue.empty()) return false;
        return lsu.drained();
    }
    // Issue to done, to operands read.
    Cycles latency(std::size_t i) const { return results[i].done - results[i].issued; }
    Cycles operands(std::size_t i) const { return results[i].operands_read - results[i].issued; }

    SmMemoryConfig config;
    ClockDomain clock{"sm", 1'000'000'000};
    AddressMap map{AddressMapConfig{}};
    Link<MemoryRequest> requests;
    Link<MemoryReply> replies;
    Lsu lsu;
    Cycle cycle = 0;
    std::uint64_t ticks = 0;
    std::vector<Result> results;
    struct Report {
        Cycle cycle;
        std::uint32_t token;
        MemoryCompletion::Kind kind;
        friend bool operator==(const Report&, const Report&) = default;
    };
    std::vector<Report> order;
    std::vector<MemoryRequest> seen;                                                                      // requests in order of arrival
    std::function<Cycles(const MemoryRequest&)> delay = [](const MemoryRequest&) { return Cycles{100}; }; // arrival to reply
    Cycles request_interval = 1; // the memory takes one request per so many cycles

  private:
    void serve_memory(Now now) {
        if (now.cycle % request_interval == 0) {
            if (const MemoryRequest* request = requests.peek(now)) {
                seen.push_back(*request);
                MemoryReply reply;
                reply.line = request->line;
                reply.transaction = request->transaction;
                reply.op = request->op;
                reply.sector_mask = request->sector_mask;
                pending_.emplace(now.cycle + delay(*request), reply);
                requests.pop(now);
            }
        }
        while (!pending_.empty() && pending_.begin()->first <= now.cycle && replies.can_send(now)) {
            replies.send(now, pending_.begin()->second);
            pending_.erase(pending_.begin());
        }
    }

    bool skip_;
    bool first_ = true;
    Cycle last_ = 0;
    std::deque<Issue> scripts_;
    std::array<std::deque<std::size_t>, kSubCores> queues_;
    std::multimap<Cycle, MemoryReply> pending_;
};

} // namespace heddle::test
