#include "frontend/emulator/generic_spaces.hpp"

#include "frontend/emulator/memory_space.hpp"

#include <bit>

namespace heddle::emulator {

namespace {

constexpr unsigned kRankShift = 24; // of the window: the CTA's rank stands above its offset

Space space_of(Address a, std::uint32_t rank) {
    if (MemorySpace::in_local(a)) return Space::Local;
    if (!MemorySpace::in_shared(a)) return Space::Global;
    const std::uint64_t owner = (a - DeviceMemory::kSharedWindow) >> kRankShift;
    return owner == rank ? Space::Shared : Space::DistributedShared;
}

Address offset_of(Address a, Space space) {
    if (space == Space::Local) return a - DeviceMemory::kLocalWindow;
    if (space == Space::Shared) return (a - DeviceMemory::kSharedWindow) & ((Address{1} << kRankShift) - 1);
    return space == Space::DistributedShared ? a - DeviceMemory::kSharedWindow : a;
}

} // namespace

void place_generic(WarpRecorder& recorder, Module& module, std::uint32_t rank) {
    std::uint32_t begun = 0; // dynamic instructions before the run
    std::size_t pattern = 0;
    const auto& owners = recorder.pattern_owners();
    for (const WarpRecorder::Run& run : recorder.runs()) {
        for (; pattern < owners.size() && owners[pattern] < begun + run.count; ++pattern) {
            const std::uint32_t number = run.first + (owners[pattern] - begun);
            if (module.timing_rows()[number]->space != Space::Generic) continue;
            AddressPattern& p = recorder.pattern(pattern);
            const bool stride = p.kind == AddressPattern::Kind::Stride;
            const auto first = static_cast<unsigned>(std::countr_zero(run.mask));
            const Address lowest = stride ? p.base + static_cast<Address>(p.stride) * first : recorder.list()[p.first];
            const Space space = space_of(lowest, rank);
            if (space == Space::Global) continue; // as generic rows are taken anyway
            recorder.set_code(pattern, module.timing_row_in(number, space));
            if (stride) p.base += offset_of(lowest, space) - lowest;
            else
                for (unsigned i = 0; i < static_cast<unsigned>(std::popcount(run.mask)); ++i) {
                    Address& a = recorder.listed(p.first + i);
                    a = offset_of(a, space);
                }
        }
        begun += run.count;
    }
}

} // namespace heddle::emulator
