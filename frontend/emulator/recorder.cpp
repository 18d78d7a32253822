#include "frontend/emulator/recorder.hpp"

namespace heddle::emulator {

std::uint32_t WarpRecorder::last_instruction() {
    // Runs before the last do not change any more.
    for (; counted_runs_ + 1 < runs_.size(); ++counted_runs_) counted_ += runs_[counted_runs_].count;
    return static_cast<std::uint32_t>(counted_ + runs_.back().count - 1);
}

void WarpRecorder::bulk(Address start, Bytes bytes) {
    if (runs_.empty()) return;
    owners_.push_back(last_instruction());
    patterns_.push_back({AddressPattern::Kind::Stride, start, static_cast<std::int64_t>(bytes), 0});
}

void WarpRecorder::addresses(const Address (&address)[kLanes], Mask exec) {
    if (exec == 0 || runs_.empty()) return;
    owners_.push_back(last_instruction());

    const auto first = static_cast<unsigned>(std::countr_zero(exec));
    const Mask others = exec & (exec - 1);
    std::int64_t stride = 0;
    bool regular = true;
    if (others != 0) {
        const auto second = static_cast<unsigned>(std::countr_zero(others));
        const auto distance = static_cast<std::int64_t>(address[second] - address[first]);
        const auto lanes = static_cast<std::int64_t>(second - first);
        stride = distance / lanes;
        regular = distance % lanes == 0;
        for_each_lane(others,
                      [&](unsigned l) { regular = regular && address[l] == address[first] + static_cast<Address>(stride) * (l - first); });
    }
    AddressPattern pattern;
    if (regular) {
        pattern.kind = AddressPattern::Kind::Stride;
        pattern.stride = stride;
        pattern.base = address[first] - static_cast<Address>(stride) * first;
    } else {
        pattern.kind = AddressPattern::Kind::List;
        pattern.first = static_cast<std::uint32_t>(list_.size());
        for_each_lane(exec, [&](unsigned l) { list_.push_back(address[l]); });
    }
    patterns_.push_back(pattern);
}

std::uint64_t WarpRecorder::instructions() const {
    std::uint64_t sum = 0;
    for (const Run& r : runs_) sum += r.count;
    return sum;
}

} // namespace heddle::emulator
