#include "sim/kernel/simulation.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <random>
#include <set>

using namespace heddle;

namespace {

// A node of a ring of nodes in different clock domains that pass tokens on, each after a delay that depends on what
// it has seen: any difference in order or time shows in its digest.
class Node final : public ComponentOf<Node> {
  public:
    Node(std::string path, const ClockDomain& clock, std::vector<Rx<std::uint64_t>> in, std::vector<Tx<std::uint64_t>> out, unsigned tokens)
        : ComponentOf(std::move(path), clock), in_(std::move(in)), out_(std::move(out)), to_create_(tokens) {}

    void tick(Now now) override {
        for (const auto& rx : in_) {
            if (const auto* token = rx.peek(now)) {
                digest_ = (digest_ ^ (*token + now.cycle)) * 0x100000001b3ULL;
                if (*token % 1000 != 0) held_.push_back({now.cycle + 1 + digest_ % 7, *token - 1});
                rx.pop(now);
            }
        }
        if (to_create_ != 0) {
            --to_create_;
            held_.push_back({now.cycle + 1, 400 + to_create_ * 1000});
        }
        for (std::size_t i = 0; i < held_.size();) {
            const auto& tx = out_[held_[i].token % out_.size()];
            if (held_[i].due <= now.cycle && tx.can_send(now)) {
                tx.send(now, held_[i].token);
                held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
            } else {
                ++i;
            }
        }
    }
    Cycle next_event(Cycle now) const override {
        if (to_create_ != 0) return now + 1;
        Cycle next = kNever;
        for (const auto& rx : in_) next = std::min(next, std::max(now + 1, edge(rx.next_arrival())));
        for (const auto& h : held_) {
            if (h.due > now) next = std::min(next, h.due);
            else next = std::min(next, std::max(now + 1, edge(out_[h.token % out_.size()].next_credit())));
        }
        return next;
    }
    void explain_wait(WaitReport& report) const override {
        if (!held_.empty()) report.add(path(), "credit");
    }
    std::uint64_t digest() const { return digest_; }
    std::size_t held() const { return held_.size(); }

  private:
    struct Held {
        Cycle due;
        std::uint64_t token;
    };
    std::vector<Rx<std::uint64_t>> in_;
    std::vector<Tx<std::uint64_t>> out_;
    std::vector<Held> held_;
    unsigned to_create_;
    std::uint64_t digest_ = 1;
};

struct Outcome {
    std::vector<std::uint64_t> digests;
    std::vector<Time> boundaries;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome run_ring(RunOptions options, unsigned shuffle) {
    ClockDomain fast("fast", 1'755'000'000), slow("slow", 1'333'333'333);
    constexpr unsigned kNodes = 7;
    std::vector<std::unique_ptr<Link<std::uint64_t>>> links;
    for (unsigned i = 0; i < 2 * kNodes; ++i)
        links.push_back(std::make_unique<Link<std::uint64_t>>("l", 20'000'000 + 300'000 * i, 18'000'000, 2));
    std::vector<std::unique_ptr<Node>> nodes;
    for (unsigned i = 0; i < kNodes; ++i) {
        const unsigned before = (i + kNodes - 1) % kNodes, after = (i + 2) % kNodes;
        nodes.push_back(std::make_unique<Node>("node", i % 2 ? fast : slow,
                                               std::vector{Rx(*links[before]), Rx(*links[kNodes + after])},
                                               std::vector{Tx(*links[i]), Tx(*links[kNodes + i])}, i % 3));
    }
    Simulation simulation;
    std::vector<unsigned> order(kNodes);
    for (unsigned i = 0; i < kNodes; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937(shuffle));
    for (unsigned i : order) simulation.add(*nodes[i]);
    for (unsigned i = 0; i < kNodes; ++i) {
        simulation.add(*links[i], *nodes[i], *nodes[(i + 1) % kNodes]);
        simulation.add(*links[kNodes + i], *nodes[i], *nodes[(i + kNodes - 2) % kNodes]);
    }
    Outcome outcome;
    Time wanted = 100'000'000;
    simulation.set_boundary([&] { return wanted; },
                            [&](Time time) {
                                outcome.boundaries.push_back(time);
                                for (auto& node : nodes) outcome.digests.push_back(node->digest());
                                wanted = outcome.boundaries.size() < 5 ? time + 777'777'777 : kNoTime;
                            });
    simulation.run(options);
    for (auto& node : nodes) {
        outcome.digests.push_back(node->digest());
        outcome.digests.push_back(node->held());
    }
    return outcome;
}

} // namespace

TEST_CASE("the same run for any quantum, number of threads, order of components, with and without skipping") {
    const Outcome reference = run_ring({}, 0);
    REQUIRE(reference.boundaries.size() == 5);
    CHECK(std::set<std::uint64_t>(reference.digests.begin(), reference.digests.end()).size() > 10);
    for (Duration quantum : {Duration{1}, Duration{1'000'000}, Duration{9'000'000}, kNoTime})
        for (unsigned threads : {1u, 2u, 3u, 16u})
            for (bool skip : {true, false}) {
                if (quantum == 1 && !skip) continue; // one femtosecond at a time
                RunOptions options;
                options.quantum = quantum == 1 ? 500'000 : quantum;
                options.threads = threads;
                options.skip = skip;
                CAPTURE(quantum, threads, skip);
                CHECK(run_ring(options, threads) == reference);
            }
}

TEST_CASE("the lookahead is the smallest latency of any link, credits included") {
    ClockDomain clock("c", 1'000'000'000);
    Link<std::uint64_t> a("a", 300, 200, 1), b("b", 250, 400, 1);
    Node node("n", clock, {Rx(b)}, {Tx(a)}, 0);
    Simulation simulation;
    simulation.add(node);
    simulation.add(a, node, node);
    CHECK(simulation.lookahead() == 200);
    simulation.add(b, node, node);
    CHECK(simulation.lookahead() == 200);
}

namespace {
class Thrower final : public ComponentOf<Thrower> {
  public:
    using ComponentOf::ComponentOf;
    void tick(Now now) override {
        if (now.cycle == 5) throw UserError(Diagnostic{"file", 3, 0, "bad", ""});
    }
    Cycle next_event(Cycle now) const override { return now < 5 ? now + 1 : kNever; }
    void explain_wait(WaitReport&) const override {}
};
} // namespace

TEST_CASE("an error in a component on another thread reaches the caller") {
    ClockDomain clock("c", 1'000'000'000);
    Thrower a("a", clock), b("b", clock);
    Simulation simulation;
    simulation.add(a);
    simulation.add(b);
    RunOptions options;
    options.threads = 2;
    CHECK_THROWS_AS(simulation.run(options), UserError);
}
