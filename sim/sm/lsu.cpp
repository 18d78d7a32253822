#include "sim/sm/lsu.hpp"

#include <algorithm>

namespace heddle {

Lsu::Lsu(std::string path, const ClockDomain& clock, const SmMemoryConfig& config, const AddressMap& addresses, SmId sm,
         std::uint8_t cluster, Ports ports, unsigned side)
    : path_(std::move(path)), clock_(&clock), config_(&config), ports_(ports), sm_(sm), queue_capacity_(config.lsu.queue_entries + 1),
      register_cycles_(static_cast<unsigned>(kLanes * 4 / config.lsu.return_bytes_per_cycle)),
      instructions_(config.lsu.pending_instructions + std::size_t{kSubCores} * queue_capacity_),
      lines_(std::size_t{kSubCores} * queue_capacity_ + 1), operands_read_(instructions_.size()), results_(instructions_.size()),
      requests_(config.l1_cache.request_queue_entries, config.l1_cache.miss_latency, addresses, sm, cluster, side, ports.requests),
      l1_(config.l1_cache, requests_, static_cast<unsigned>(instructions_.size())), constants_(config.constant_cache, requests_) {
    HEDDLE_EXPECT(queue_capacity_ <= kMaxQueue, "a memory queue of {} entries", queue_capacity_);
    for (std::size_t i = instructions_.size(); i-- > 0;) free_instructions_.push_back(static_cast<std::uint16_t>(i));
    for (std::size_t i = lines_.size(); i-- > 0;) free_lines_.push_back(static_cast<std::uint16_t>(i));
    completions_.resize(2 * instructions_.size());
    prepare_timing();
}

// Front: one cycle's work, last stage first --------------------------------------------------------------------

void Lsu::tick(Now now) {
    completed_ = 0;
    take_replies(now);
    operands_read_.take(now.cycle, [&](std::uint16_t id) { complete(id, MemoryCompletion::Kind::OperandsRead); });
    results_.take(now.cycle, [&](std::uint16_t id) { take_result(now.cycle, id); });
    requests_.send(now);
    if (tag_.busy) advance_tag_stage(now.cycle);
    if (queued_ != 0 && now.cycle >= next_dispatch_) dispatch(now.cycle);
    if (l1_.prefetch_waiting() && !tag_.busy && now.cycle >= tag_.free) l1_.prefetch(now.cycle);
}

void Lsu::accept(Now now, const MemoryInstruction& issued, const InstructionChunk& chunk, const AddressPattern* pattern) {
    SubCoreQueue& queue = queues_[issued.sub_core];
    HEDDLE_EXPECT(queue.size < queue_capacity_, "{}: memory queue of sub-core {} is full at cycle {}", path_, issued.sub_core, now.cycle);
    HEDDLE_EXPECT(issued.cta < kMaxCtaSlots, "{}: CTA slot {}", path_, issued.cta);
    const std::uint16_t id = free_instructions_.back();
    free_instructions_.pop_back();
    Instruction& in = instructions_[id];
    in = Instruction{.code = issued.code,
                     .token = issued.token,
                     .warp = issued.warp,
                     .cta = issued.cta,
                     .sub_core = issued.sub_core,
                     .lines = kNoLines,
                     .accepted = now.cycle};
    classify(in, issued, chunk, pattern);
    if (in.route == Route::Store || in.route == Route::Reduction) {
        outstanding_[in.cta] += lines_[in.lines].count;
        outstanding_total_ += lines_[in.lines].count;
    }
    queue.instructions[(queue.first + queue.size) % kMaxQueue] = id;
    if (queue.size++ == 0) start_address_generation(queue);
    ++queued_;
    ++stats_.instructions;
}

void Lsu::start_address_generation(SubCoreQueue& queue) {
    const LsuConfig& c = config_->lsu;
    const Instruction& in = instructions_[queue.front()];
    const Cycle start = std::max(in.accepted + c.dispatch_latency - c.address_generation, queue.last_dispatch);
    queue.ready = start + c.address_generation;
    if (in.operands_read >= 0) return; // after dispatch
    const auto early = static_cast<Cycles>(-in.operands_read);
    operands_read_.schedule(queue.ready - early, queue.front());
}

// Shared pipeline --------------------------------------------------------------------------------------------------

bool Lsu::may_enter(Cycle now, const Instruction& in) const {
    if (dispatched_ >= config_->lsu.pending_instructions) return false;
    if (in.lines != kNoLines && (tag_.busy || now < tag_.free)) return false;
    return in.wavefronts == 0 || in.route == Route::Constant ||
           now + config_->lsu.data_stage_latency + config_->lsu.data_stage_queue >= data_stage_free_;
}

void Lsu::dispatch(Cycle now) {
    for (unsigned i = 0; i < kSubCores; ++i) {
        const unsigned sub_core = (next_sub_core_ + i) % kSubCores;
        SubCoreQueue& queue = queues_[sub_core];
        if (queue.size == 0 || now < queue.ready) continue;
        const std::uint16_t id = queue.front();
        Instruction& in = instructions_[id];
        if (!may_enter(now, in)) continue;

        stats_.dispatch_wait_cycles += now - queue.ready;
        ++stats_.dispatched;
        ++dispatched_;
        next_sub_core_ = (sub_core + 1) % kSubCores;
        next_dispatch_ = now + config_->lsu.dispatch_interval;
        queue.first = (queue.first + 1) % kMaxQueue;
        queue.last_dispatch = now;
        --queued_;
        if (--queue.size != 0) start_address_generation(queue);

        if (in.operands_read == 0) complete(id, MemoryCompletion::Kind::OperandsRead);
        else if (in.operands_read > 0) operands_read_.schedule(in.operands_read_at = now + static_cast<Cycles>(in.operands_read), id);
        if (in.lines == kNoLines) {
            pass_data_stage(now, id, now, in.latency);
        } else {
            tag_.busy = true;
            tag_.instruction = id;
            tag_.next = 0;
            tag_.started = now;
            tag_.level = ConstantCache::Level::First;
            advance_tag_stage(now);
        }
        return;
    }
}

void Lsu::advance_tag_stage(Cycle now) {
    const std::uint16_t id = tag_.instruction;
    Instruction& in = instructions_[id];
    const CoalescedAccess& access = lines_[in.lines];
    const unsigned end = std::min<unsigned>(access.count, tag_.next + config_->l1_cache.tag_banks);
    for (; tag_.next < end; ++tag_.next) {
        const LineStall stall = look_up(now, in, id, access.lines[tag_.next]);
        if (stall != tag_.stall) {
            charge_tag_stall(now);
            tag_.stall = stall;
        }
        if (stall != LineStall::None) return;
    }
    if (tag_.next < access.count) return;
    const Cycle looked_up = std::max(now, tag_.started + access.tag_cycles - 1);
    l1_.stats().l1tex_t_output_wavefronts += in.route == Route::Constant ? 0u : access.tag_cycles;
    tag_.free = looked_up + 1;
    tag_.busy = false;
    free_lines_.push_back(in.lines);
    leave_tag_stage(now, looked_up);
}

LineStall Lsu::look_up(Cycle now, Instruction& in, std::uint16_t id, const LineAccess& line) {
    L1Cache::LoadResult result;
    switch (in.route) {
    case Route::Load:
        result = l1_.load(now, line, id, in.local);
        if (l1_.prefetching() && result.stall == LineStall::None && !in.local)
            l1_.observe(line, in.code->pc, in.warp, tag_.next, result.sought);
        break;
    case Route::Bypass: result = l1_.load_bypassing(now, line, id); break;
    case Route::Atomic: result = l1_.atomic(now, line, id); break;
    case Route::Store: return l1_.store(now, line, in.cta, in.local);
    case Route::Reduction: return l1_.reduce(now, line, in.cta);
    default: { // Constant
        const ConstantCache::Level level = constants_.load(now, line, id);
        if (level == ConstantCache::Level::Stalled) return LineStall::MshrFull;
        tag_.level = std::max(tag_.level, level);
        if (level == ConstantCache::Level::Memory) ++in.waiting;
        return LineStall::None;
    }
    }
    in.waiting = static_cast<std::uint16_t>(in.waiting + sector_count(result.missing));
    return result.stall;
}

void Lsu::leave_tag_stage(Cycle now, Cycle looked_up) {
    Instruction& in = instructions_[tag_.instruction];
    in.looked_up = true;
    if (in.route == Route::Constant) {
        const Cycles serial = config_->constant_cache.address_interval * (in.wavefronts - 1u);
        tag_.free = std::max(tag_.free, looked_up + serial);
        in.latency = static_cast<std::uint16_t>(in.latency + serial);
        in.fill_latency = static_cast<std::uint16_t>(in.fill_latency + serial);
        if (tag_.level == ConstantCache::Level::Mid)
            in.latency = static_cast<std::uint16_t>(in.latency + config_->constant_cache.mid_latency -
                                                    config_->lsu.latency.load_constant.done.bits32);
        in.wavefronts = 0; // not of the data stage
    }
    if (in.waiting == 0) pass_data_stage(now, tag_.instruction, looked_up, in.latency);
}

void Lsu::pass_data_stage(Cycle now, std::uint16_t id, Cycle from, Cycles latency) {
    const Instruction& in = instructions_[id];
    Cycle done = from + latency;
    if (in.wavefronts != 0) {
        const Cycle at = from + config_->lsu.data_stage_latency;
        const Cycle start = std::max(at, data_stage_free_);
        data_stage_free_ = start + in.wavefronts;
        done += start - at;
        stats_.data_stage_wait_cycles += start - at;
        stats_.l1tex_data_pipe_lsu_wavefronts += in.wavefronts;
        if (in.route != Route::Shared) stats_.l1tex_data_pipe_lsu_wavefronts_mem_lg += in.wavefronts;
    }
    finish(now, id, done);
}

void Lsu::finish(Cycle now, std::uint16_t id, Cycle done) {
    Instruction& in = instructions_[id];
    in.returning = in.return_cycles == 0;
    // Never before the operands are read: data may be on its way already when a load asks for it.
    results_.schedule(std::max({done, in.operands_read_at, now + 1 + in.return_cycles}) - in.return_cycles, id);
}

// Back: replies and events ---------------------------------------------------------------------------------------

void Lsu::take_replies(Now now) {
    for (unsigned i = 0; i < config_->l1_cache.replies_per_cycle; ++i) {
        const MemoryReply* reply = ports_.replies.peek(now);
        if (reply == nullptr) return;
        const std::uint32_t number = transaction_number(reply->transaction);
        const auto sectors = sector_count(reply->sector_mask);
        switch (reply_to(reply->transaction)) {
        case ReplyTo::L1Fill:
            l1_.fill(static_cast<std::uint16_t>(number), reply->sector_mask,
                     [&](std::uint16_t id, unsigned count) { arrived(now.cycle, id, count); });
            break;
        case ReplyTo::ConstantFill:
            constants_.fill(static_cast<std::uint16_t>(number), reply->sector_mask, [&](std::uint16_t id) { arrived(now.cycle, id, 1); });
            break;
        case ReplyTo::Instruction:
            l1_.stats().l1tex_m_xbar2l1tex_read_sectors += sectors;
            arrived(now.cycle, static_cast<std::uint16_t>(number), sectors);
            break;
        case ReplyTo::Acknowledge:
            HEDDLE_EXPECT(number < kMaxCtaSlots && outstanding_[number] != 0, "{}: acknowledgement for CTA slot {} at cycle {}", path_,
                          number, now.cycle);
            --outstanding_[number];
            --outstanding_total_;
            ++stats_.stores_acknowledged;
            break;
        }
        ports_.replies.pop(now);
    }
}

void Lsu::arrived(Cycle now, std::uint16_t id, unsigned sectors) {
    Instruction& in = instructions_[id];
    HEDDLE_EXPECT(in.waiting >= sectors, "{}: {} sectors arrived of {} at cycle {}", path_, sectors, in.waiting, now);
    in.waiting = static_cast<std::uint16_t>(in.waiting - sectors);
    if (in.waiting == 0 && in.looked_up) pass_data_stage(now, id, now, in.fill_latency);
}

void Lsu::take_result(Cycle now, std::uint16_t id) {
    Instruction& in = instructions_[id];
    if (!in.returning) {
        in.returning = true;
        Cycle& free = return_free_[in.sub_core];
        const Cycle start = std::max(now, free);
        stats_.return_wait_cycles += start - now;
        free = start + in.return_cycles;
        results_.schedule(free, id);
        return;
    }
    complete(id, MemoryCompletion::Kind::Done);
    free_instructions_.push_back(id);
    --dispatched_;
}

// Time, content, reports -----------------------------------------------------------------------------------------

Cycle Lsu::next_event(Cycle now) const {
    // A stalled tag stage goes on when a reply comes or a request leaves.
    if (tag_.busy && tag_.stall == LineStall::None) return now + 1;
    Cycle next = std::min(operands_read_.next(now), results_.next(now));
    if (next == now + 1) return next;
    next = std::min(next, requests_.next_event(now, *clock_));
    const Time arrival = ports_.replies.next_arrival();
    if (arrival != kNoTime) next = std::min(next, std::max(now + 1, clock_->edge_at_or_after(arrival)));
    if (l1_.prefetch_waiting() && !tag_.busy) next = std::min(next, std::max(now + 1, tag_.free));
    if (queued_ == 0 || dispatched_ >= config_->lsu.pending_instructions) return next; // until a completion
    for (const SubCoreQueue& queue : queues_) {
        if (queue.size == 0 || queue.ready >= next) continue;
        const Instruction& in = instructions_[queue.front()];
        if (in.lines != kNoLines && tag_.busy) continue;
        Cycle at = std::max({queue.ready, next_dispatch_, now + 1});
        if (in.lines != kNoLines) at = std::max(at, tag_.free);
        const Cycles ahead = config_->lsu.data_stage_latency + config_->lsu.data_stage_queue;
        if (in.wavefronts != 0 && in.route != Route::Constant && data_stage_free_ > ahead) at = std::max(at, data_stage_free_ - ahead);
        next = std::min(next, at);
    }
    return next;
}

void Lsu::charge_tag_stall(Cycle now) {
    if (tag_.stall == LineStall::MshrFull) l1_.stats().stall_mshr_full_cycles += now - tag_.stalled_since;
    if (tag_.stall == LineStall::RequestQueueFull) l1_.stats().stall_request_queue_cycles += now - tag_.stalled_since;
    tag_.stalled_since = now;
}

void Lsu::settle(Now now) {
    if (tag_.busy) charge_tag_stall(now.cycle);
}

bool Lsu::drained() const { return free_instructions_.size() == instructions_.size() && outstanding_total_ == 0 && requests_.empty(); }

void Lsu::set_shared_carve_out(Bytes carve_out) { l1_.set_shared_carve_out(carve_out); }

void Lsu::invalidate_l1() {
    l1_.invalidate();
    constants_.invalidate();
}

void Lsu::explain_wait(WaitReport& report) const {
    for (unsigned sub_core = 0; sub_core < kSubCores; ++sub_core)
        if (queues_[sub_core].size != 0)
            report.add(fmt::format("{}.lsu sub-core {}", path_, sub_core),
                       fmt::format("the shared memory pipeline to take {} of {} instructions",
                                   instructions_[queues_[sub_core].front()].code->text, queues_[sub_core].size));
    if (tag_.busy && tag_.stall == LineStall::MshrFull) report.add(path_ + ".l1_cache", "a free MSHR");
    if (tag_.busy && tag_.stall == LineStall::RequestQueueFull) report.add(path_ + ".l1_cache", "room in the request queue");
    if (!requests_.empty())
        report.add(path_ + ".lsu",
                   fmt::format("{} to take {} requests", requests_.blocked() ? "a credit of " + requests_.link_name() : "the link",
                               requests_.size()));
    if (l1_.lines_in_flight() != 0) report.add(path_ + ".l1_cache", fmt::format("{} lines from L2", l1_.lines_in_flight()));
    if (constants_.lines_in_flight() != 0)
        report.add(path_ + ".constant_cache", fmt::format("{} lines from L2", constants_.lines_in_flight()));
    if (outstanding_total_ != 0) report.add(path_ + ".lsu", fmt::format("{} store acknowledgements", outstanding_total_));
    if (dispatched_ != 0) report.add(path_ + ".lsu", fmt::format("the completion of {} instructions", dispatched_));
}

void Lsu::register_stats(StatTree& tree) const {
    tree.add(path_ + ".lsu", stats_);
    tree.add(path_ + ".shared_memory", shared_stats_);
    tree.add(path_ + ".l1_cache", l1_.stats());
    tree.add(path_ + ".constant_cache", constants_.stats());
    tree.add(path_ + ".unmodelled", unmodelled_);
}

} // namespace heddle
