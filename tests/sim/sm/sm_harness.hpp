// One SM between a hand that launches CTAs and a memory that answers every request after a fixed time.
#pragma once

#include "frontend/synthetic/program.hpp"
#include "sim/kernel/simulation.hpp"
#include "sim/mem/address_map.hpp"
#include "sim/sm/sm.hpp"

#include <map>
#include <memory>

namespace heddle {

// Answers each read or atomic with its sectors and each write with an acknowledgement.
class FixedMemory final : public ComponentOf<FixedMemory> {
  public:
    FixedMemory(const ClockDomain& clock, Rx<MemoryRequest> in, Tx<MemoryReply> out) : ComponentOf("memory", clock), in_(in), out_(out) {}
    void tick(Now now) override {
        const MemoryRequest* request = in_.peek(now);
        if (!request || !out_.can_send(now)) return;
        ++requests;
        out_.send(now, {request->line, request->transaction, request->sm, request->slice, request->op, request->sector_mask, request->source, request->cluster});
        in_.pop(now);
    }
    Cycle next_event(Cycle now) const override {
        const Cycle arrival = edge(in_.next_arrival());
        return arrival == kNever ? kNever : std::max({now + 1, arrival});
    }
    void explain_wait(WaitReport&) const override {}
    std::uint64_t requests = 0;

  private:
    Rx<MemoryRequest> in_;
    Tx<MemoryReply> out_;
};

// Launches the CTAs of one kernel as far as `resident` allows and collects the notices.
class Launcher final : public ComponentOf<Launcher> {
  public:
    Launcher(const ClockDomain& clock, Tx<CtaLaunch> launches, Rx<CtaNotice> notices, Kernel& kernel, unsigned resident, Bytes carve_out)
        : ComponentOf("launcher", clock), launches_(launches), notices_(notices), kernel_(kernel), room_(resident), carve_out_(carve_out) {}
    void tick(Now now) override {
        for (const CtaNotice* notice = notices_.peek(now); notice; notice = notices_.peek(now)) {
            if (notice->kind == CtaNotice::Kind::Done) {
                ++done;
                ++room_;
                warp_instructions += notice->warp_instructions;
                last_done = now.cycle;
            } else {
                ++drained;
            }
            notices_.pop(now);
        }
        while (room_ != 0 && !finished_ && launches_.can_send(now)) {
            auto cta = kernel_.next_cta();
            if (!cta) {
                finished_ = true;
                break;
            }
            ctas_.push_back(std::make_unique<CtaInstructions>(std::move(*cta)));
            launches_.send(now, {ctas_.back().get(), &kernel_.launch(), &kernel_.code(), 0, static_cast<std::uint32_t>(ctas_.size() - 1), carve_out_, ctas_.size() == 1});
            --room_;
        }
    }
    Cycle next_event(Cycle now) const override {
        if (room_ != 0 && !finished_) return now + 1;
        const Cycle arrival = edge(notices_.next_arrival());
        return arrival == kNever ? kNever : std::max(now + 1, arrival);
    }
    void explain_wait(WaitReport&) const override {}
    std::uint64_t done = 0, drained = 0, warp_instructions = 0;
    Cycle last_done = 0;

  private:
    Tx<CtaLaunch> launches_;
    Rx<CtaNotice> notices_;
    Kernel& kernel_;
    unsigned room_;
    Bytes carve_out_;
    bool finished_ = false;
    std::vector<std::unique_ptr<CtaInstructions>> ctas_;
};

struct SmRun {
    std::vector<IssuedInstruction> issues;
    std::vector<StatTree::Family> families;
    std::uint64_t digest = 0;
    std::uint64_t done = 0, drained = 0, warp_instructions = 0, requests = 0;
    std::string wait_report;

    std::uint64_t operator[](const std::string& family) const {
        for (const auto& f : families)
            if (f.name == family) return f.value;
        FAIL("no statistic " << family);
        return 0;
    }
    // Issue cycles of the rows of `code` on `warp`, relative to the first issue of the run.
    std::vector<Cycle> cycles_of(WarpSlot warp) const {
        std::vector<Cycle> cycles;
        for (const auto& i : issues)
            if (i.warp == warp) cycles.push_back(i.cycle - issues.front().cycle);
        return cycles;
    }
};

// Runs the only kernel of `workload` on one SM whose memory answers after `memory_latency` cycles.
inline SmRun run_on_sm(SmConfig config, SyntheticWorkload& workload, RunOptions options = {}, Cycles memory_latency = 200, unsigned resident = 32) {
    auto command = workload.next_command();
    Kernel& kernel = *command->kernel;
    ClockDomain clock("sm", 1'000'000'000);
    const Duration cycle = clock.duration_of(1);
    Link<CtaLaunch> launch("launch", 10 * cycle, 10 * cycle, 64);
    Link<CtaNotice> notice("notice", 10 * cycle, 10 * cycle, 64);
    Link<MemoryRequest> request("request", memory_latency * cycle / 2, 10 * cycle, 64);
    Link<MemoryReply> reply("reply", memory_latency * cycle / 2, 10 * cycle, 64);
    AddressMapConfig addresses_config;
    AddressMap addresses(addresses_config);
    Sm sm("gpu.sm[0]", clock, config, addresses, 0, 0, 0, Sm::Ports{Tx(request), Rx(reply), Rx(launch), Tx(notice)});
    FixedMemory memory(clock, Rx(request), Tx(reply));
    Launcher launcher(clock, Tx(launch), Rx(notice), kernel, resident, config.limits.shared_carve_outs[1]);
    Simulation simulation;
    simulation.add(launcher);
    simulation.add(sm);
    simulation.add(memory);
    simulation.add(launch, launcher, sm);
    simulation.add(notice, sm, launcher);
    simulation.add(request, sm, memory);
    simulation.add(reply, memory, sm);
    StatTree tree;
    sm.register_stats(tree);
    tree.freeze();
    SmRun run;
    sm.record_issues(&run.issues);
    sm.set_tick_all(!options.skip);
    simulation.run(options);
    run.families = tree.families(tree.snapshot());
    run.digest = sm.digest();
    run.done = launcher.done;
    run.drained = launcher.drained;
    run.warp_instructions = launcher.warp_instructions;
    run.requests = memory.requests;
    run.wait_report = simulation.wait_report();
    return run;
}

} // namespace heddle
