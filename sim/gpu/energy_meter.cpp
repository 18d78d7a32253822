#include "sim/gpu/energy_meter.hpp"

#include "sim/gpu/energy.hpp"

#include <string_view>
#include <utility>

namespace heddle {

EnergyMeter::EnergyMeter(const StatTree& tree, const EnergyInputs& inputs) : inputs_(inputs) {
    for (const std::string_view family : energy_families()) {
        watched_.push_back({tree.members(family)});
        counters_.families.push_back({std::string(family), {}, {}, 0});
    }
}

Energy EnergyMeter::read(Time time, Hertz sm_clock, const TensorOperations& tensor) {
    for (std::size_t i = 0; i < watched_.size(); ++i) {
        std::uint64_t now = 0;
        for (const Stat* stat : watched_[i].stats) now += stat->value();
        counters_.families[i].value = now - std::exchange(watched_[i].last, now);
    }
    TensorOperations grown{};
    for (std::size_t type = 0; type < tensor.size(); ++type) grown[type] = tensor[type] - std::exchange(tensor_[type], tensor[type]);
    const Duration duration = time > last_ ? time - last_ : 0;
    last_ += duration;
    return energy_of(energy_events(counters_, grown, duration, sm_clock, inputs_), inputs_.power);
}

void scale_to(const Energy& run, std::vector<Energy>& intervals) {
    Energy sum;
    for (const Energy& interval : intervals) sum += interval;
    for (const EnergyPart& part : kEnergyParts) {
        if (!(sum.*part.joules > 0)) continue;
        const double factor = run.*part.joules / (sum.*part.joules);
        for (Energy& interval : intervals) interval.*part.joules *= factor;
    }
}

} // namespace heddle
