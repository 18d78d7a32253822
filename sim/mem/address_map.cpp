#include "sim/mem/address_map.hpp"

#include <bit>

namespace heddle {
namespace {

// One salt per digit, so that their rotations are unrelated.
constexpr std::uint64_t kControllerSalt = 0x9e3779b97f4a7c15ULL;
constexpr std::uint64_t kPartitionSalt = 0x3c6ef372fe94f82aULL;
constexpr std::uint64_t kSliceSalt = 0xdaa66d2c7ddf743fULL;

std::uint64_t rotated(std::uint64_t digit, std::uint64_t by, std::uint64_t base) {
    const std::uint64_t sum = digit + by;
    return sum >= base ? sum - base : sum;
}
std::uint64_t unrotated(std::uint64_t digit, std::uint64_t by, std::uint64_t base) { return digit >= by ? digit - by : digit + base - by; }

} // namespace

AddressMap::AddressMap(const AddressMapConfig& config)
    : slices_(config.slices), partitions_(config.partitions), slices_per_channel_(config.slices_per_channel),
      slices_per_side_(config.slices / config.partitions), controllers_(config.memory_controllers / config.partitions),
      slices_per_controller_(config.slices / config.memory_controllers),
      granule_shift_(static_cast<unsigned>(std::countr_zero(config.interleave))),
      lines_shift_(granule_shift_ - static_cast<unsigned>(std::countr_zero(kLineBytes))), by_controllers_(controllers_),
      by_slices_per_controller_(slices_per_controller_) {
    HEDDLE_EXPECT(config.slices % config.memory_controllers == 0 && config.memory_controllers % config.partitions == 0 &&
                      config.slices % config.slices_per_channel == 0 && std::has_single_bit(config.interleave) &&
                      config.interleave >= kLineBytes && (config.partitions == 1 || config.partitions == 2),
                  "address map of {} slices, {} controllers, {} partitions, {} slices per channel, {} bytes", config.slices,
                  config.memory_controllers, config.partitions, config.slices_per_channel, config.interleave);
}

AddressMap::Location AddressMap::locate(Address address) const {
    const auto [upper, controller_digit] = by_controllers_.divide(address >> granule_shift_);
    std::uint64_t partition = 0;
    std::uint64_t rest = upper;
    if (partitions_ == 2) {
        rest = upper >> 1;
        partition = (upper ^ rotation(rest, 2, kPartitionSalt)) & 1;
    }
    const auto [local, slice_digit] = by_slices_per_controller_.divide(rest);
    const std::uint64_t controller = rotated(controller_digit, rotation(upper, controllers_, kControllerSalt), controllers_);
    const std::uint64_t within = rotated(slice_digit, rotation(local, slices_per_controller_, kSliceSalt), slices_per_controller_);
    const std::uint64_t slice = (partition * controllers_ + controller) * slices_per_controller_ + within;
    const std::uint64_t line_in_granule = (address / kLineBytes) & ((std::uint64_t{1} << lines_shift_) - 1);
    return {static_cast<SliceId>(slice), local << lines_shift_ | line_in_granule};
}

Address AddressMap::line_address(Location location) const {
    const std::uint64_t local = location.slice_line >> lines_shift_;
    const std::uint64_t within = location.slice % slices_per_controller_;
    const std::uint64_t controller = location.slice / slices_per_controller_ % controllers_;
    const std::uint64_t rest =
        local * slices_per_controller_ + unrotated(within, rotation(local, slices_per_controller_, kSliceSalt), slices_per_controller_);
    std::uint64_t upper = rest;
    if (partitions_ == 2) upper = rest << 1 | (side_of(location.slice) ^ rotation(rest, 2, kPartitionSalt));
    const std::uint64_t granule =
        upper * controllers_ + unrotated(controller, rotation(upper, controllers_, kControllerSalt), controllers_);
    const std::uint64_t line_in_granule = location.slice_line & ((std::uint64_t{1} << lines_shift_) - 1);
    return (granule << granule_shift_) + line_in_granule * kLineBytes;
}

Address AddressMap::channel_local(Location location) const {
    // The slices of a channel take turns by granule, so that both walk along the same rows.
    const std::uint64_t local = location.slice_line >> lines_shift_;
    const std::uint64_t line_in_granule = location.slice_line & ((std::uint64_t{1} << lines_shift_) - 1);
    const std::uint64_t granule = local * slices_per_channel_ + location.slice % slices_per_channel_;
    return (granule << lines_shift_ | line_in_granule) * kLineBytes;
}

AddressMap::Span AddressMap::slice_lines(Address address, Bytes bytes) const {
    const Address last = address + (bytes == 0 ? 0 : bytes - 1);
    const std::uint64_t first_local = (address >> granule_shift_) / slices_;
    const std::uint64_t last_local = (last >> granule_shift_) / slices_;
    return {first_local << lines_shift_, ((last_local + 1) << lines_shift_) - 1};
}

} // namespace heddle
