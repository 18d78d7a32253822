#include "sim/dram/refresh.hpp"

#include <algorithm>

namespace heddle {

Refresh::Refresh(const DramConfig& config)
    : mode_(config.refresh), banks_(config.organisation.banks()),
      interval_(std::max<Cycles>(1, config.refresh == RefreshMode::PerBank ? config.timings.refi / banks_ : config.timings.refi)),
      postpone_(config.refresh_postpone), next_due_(config.refresh == RefreshMode::None ? kNever : interval_),
      all_(banks_ == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << banks_) - 1), left_(all_) {}

std::uint64_t Refresh::choose(std::uint64_t waiting, std::uint64_t open) {
    if (locked_ != 0 || owed_ == 0) return locked_;
    const bool forced = owed_ > postpone_;
    if (mode_ == RefreshMode::AllBank) {
        if (waiting == 0 || forced) locked_ = all_;
        return locked_;
    }
    for (const std::uint64_t banks : {left_ & ~waiting & ~open, left_ & ~waiting, forced ? left_ : 0})
        if (banks != 0) return locked_ = banks & -banks;
    return 0;
}

void Refresh::done() {
    --owed_;
    left_ &= ~locked_;
    if (left_ == 0) left_ = all_;
    locked_ = 0;
}

std::uint64_t Refresh::skip_rounds(Cycles idle) {
    const std::uint64_t round = mode_ == RefreshMode::AllBank ? 1 : banks_;
    const std::uint64_t fell_due = std::min(owed_, idle / interval_);
    if (fell_due <= 4 * round) return 0;
    const std::uint64_t skipped = (fell_due - 2 * round) / round * round;
    owed_ -= skipped;
    return skipped;
}

} // namespace heddle
