#include "frontend/emulator/warp.hpp"

#include <algorithm>

namespace heddle::emulator {

Warp::Warp(Cta& cta, std::uint32_t number, std::uint32_t registers, Mask lanes, const Row* constants)
    : cta_(cta), number_(number), registers_(registers), exists_(lanes), live_(lanes) {
    // Registers start as zero: undefined on hardware, but a run must repeat.
    storage_ = std::make_unique<Row[]>(kRegisterRow + registers);
    rows_ = storage_.get();
    base_[0] = rows_;
    base_[1] = constants;
    predicates.fill(0);
    predicates[kTrue] = kAllLanes;
    splits.push_back({lanes, 0, Split::State::Ready, 0, 0});
}

void Warp::set_register_count(std::uint32_t registers) {
    auto storage = std::make_unique<Row[]>(kRegisterRow + registers);
    std::copy_n(rows_, kRegisterRow + std::min(registers, registers_), storage.get());
    storage_ = std::move(storage);
    rows_ = storage_.get();
    base_[0] = rows_;
    registers_ = registers;
}

void Warp::diverge(Mask lanes, std::uint32_t target, Split::State state) {
    active &= ~lanes;
    if (active == 0) {
        active = lanes;
        pc = target;
        if (state == Split::State::Ready) return;
        splits[running].state = state;
        switch_split = true;
        return;
    }
    splits.push_back({lanes, target, state, 0, 0});
}

void Warp::block(Split::State state, std::uint8_t barrier, Mask wait) {
    Split& split = splits[running];
    split.state = state;
    split.barrier = barrier;
    split.wait = wait;
    switch_split = true;
}

void Warp::leave_split() {
    Split& split = splits[running];
    split.mask = active;
    split.pc = pc;
    std::erase_if(splits, [](const Split& s) { return s.mask == 0; });
    switch_split = false;
}

void Warp::join(Mask lanes) {
    // Splits at one address become one; lanes released together may wait at different addresses.
    Split* first = nullptr;
    for (Split& s : splits) {
        if ((s.mask & lanes) == 0) continue;
        s.state = Split::State::Ready;
        if (!first) first = &s;
        else if (s.pc == first->pc) {
            first->mask |= s.mask;
            s.mask = 0;
        }
    }
}

void Warp::lose_patience(std::uint64_t executed, std::uint64_t waited) {
    // Generous, because lanes that go on alone execute what they would have executed together: a loop that only computes may
    // keep the others waiting for millions of instructions.
    constexpr std::uint64_t kMostWaiting = 4096, kMostInstructions = 4'000'000;
    const auto waits = [](const Split& s) { return s.state == Split::State::AtBarrierRegister; };
    if (std::none_of(splits.begin(), splits.end(), waits)) {
        impatience_ = overtime_ = 0;
        return;
    }
    impatience_ += waited;
    overtime_ += executed;
    if (impatience_ < kMostWaiting && overtime_ < kMostInstructions) return;
    impatience_ = overtime_ = 0;
    for (Split& s : splits) {
        if (!waits(s)) continue;
        s.state = Split::State::Ready;
        // Those who come later need not wait for them.
        auto& barrier = barrier_registers[s.barrier];
        for_each_lane(barrier[static_cast<unsigned>(std::countr_zero(s.mask))], [&](unsigned l) { barrier[l] &= ~s.mask; });
    }
}

void Warp::settle() {
    bool again = true;
    while (again) {
        again = false;
        for (Split& s : splits) {
            if (s.mask == 0 || (s.state != Split::State::AtBarrierRegister && s.state != Split::State::AtWarpSync)) continue;
            // Only those count who wait for the same set: deeper in a recursion the same register may hold another one.
            const auto set = [&](const Split& o) {
                return o.state == Split::State::AtWarpSync ? o.wait : barrier_registers[o.barrier][static_cast<unsigned>(std::countr_zero(o.mask))];
            };
            const Mask wanted = set(s) & live_;
            Mask waiting = 0;
            for (const Split& o : splits)
                if (o.mask != 0 && o.state == s.state && (s.state == Split::State::AtWarpSync || o.barrier == s.barrier) && set(o) == set(s)) waiting |= o.mask;
            if ((wanted & ~waiting) != 0) continue;
            join(wanted | s.mask);
            again = true;
            break;
        }
    }
    std::erase_if(splits, [](const Split& s) { return s.mask == 0; });
}

} // namespace heddle::emulator
