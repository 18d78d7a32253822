// Where a line lives: which L2 slice, which DRAM channel, and where in them.
//
// Hardware: NVIDIA spreads addresses over L2 partitions, memory controllers and the slices of a controller by a hash
// nobody outside has published; what is measured is that all slices are evenly loaded whatever the stride, that
// neighbouring sectors share a slice, and that strides of 4 KiB spread.
//
// Modelled: the granule number (address / interleave) is taken apart into digits, controller (lowest), partition, slice
// within the controller, and the rest; each digit is then rotated by a hash of all digits above it. So
//   * any count works, 80 and 96 as well as powers of two;
//   * each aligned run of `slices` granules visits every slice exactly once, and strides spread like random numbers;
//   * (slice, rest) names a granule exactly: the rest is the dense slice-local number that DRAM addresses and set
//     indices are made of, so a stream keeps walking along open DRAM rows.
// Not modelled: the real hash, and physical addresses (a device address is taken as if pages were contiguous).
// Sources: MICRO'24 "Uncovering Real GPU NoC Characteristics" observation 12 (balance); NVIDIA A100 white paper
// (eight slices per memory controller, two partitions).
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"
#include "sim/mem/divider.hpp"

namespace heddle {

inline constexpr unsigned kMaxSlices = 128; // what the crossbars' port sets hold

struct AddressMapConfig {
    unsigned slices = 96;
    unsigned memory_controllers = 12;
    unsigned partitions = 2;
    unsigned slices_per_channel = 1;
    Bytes interleave = 512;

    void describe(config::Section& s) {
        s.field("slices", slices, config::Unit::Count, {1, kMaxSlices}, "L2 slices of the whole GPU.");
        s.field("memory_controllers", memory_controllers, config::Unit::Count, {1, 256},
                "Memory controllers of the whole GPU; each serves slices / memory_controllers slices.");
        s.field("partitions", partitions, config::Unit::Count, {1, 2},
                "L2 partitions. With 2, an SM talks to the slices of its own side, which keep copies of lines of the other.");
        s.field("slices_per_channel", slices_per_channel, config::Unit::Count, {1, 16}, "L2 slices that share one DRAM channel.");
        s.field("interleave", interleave, config::Unit::Bytes, {128, 8192}, "Consecutive bytes that stay in one slice; a power of two.");
        s.check("slices", [this] {
            return slices % memory_controllers == 0 ? std::string{} : std::string{"must be a multiple of memory_controllers"};
        });
        s.check("memory_controllers",
                [this] { return memory_controllers % partitions == 0 ? std::string{} : std::string{"must be a multiple of partitions"}; });
        s.check("slices_per_channel",
                [this] { return slices % slices_per_channel == 0 ? std::string{} : std::string{"must divide slices"}; });
        s.check("interleave",
                [this] { return (interleave & (interleave - 1)) == 0 ? std::string{} : std::string{"must be a power of two"}; });
    }
};

class AddressMap {
  public:
    // Requires: what the checks of AddressMapConfig demand.
    explicit AddressMap(const AddressMapConfig& config);

    unsigned slices() const { return slices_; }
    unsigned partitions() const { return partitions_; }
    unsigned channels() const { return slices_ / slices_per_channel_; }

    // A line's home: the slice that is its point of coherence and talks to its DRAM channel.
    struct Location {
        SliceId slice;
        std::uint64_t slice_line; // number of the line within the slice; dense, and one-to-one with lines
    };
    // `address` is any byte address of the line.
    Location locate(Address address) const;
    SliceId home(Address address) const { return locate(address).slice; }
    // The slice an SM on `side` asks for the line: its home, or with two partitions the home's counterpart on that side.
    SliceId slice_for(Address address, unsigned side) const {
        const SliceId slice = home(address);
        return side_of(slice) == side || partitions_ == 1 ? slice : peer_of(slice);
    }
    // Address of the line with this place; the inverse of locate().
    Address line_address(Location location) const;

    // Partition of a slice: slices 0 .. slices/partitions-1 are on side 0.
    unsigned side_of(SliceId slice) const { return slice >= slices_per_side_ ? 1 : 0; }
    // Counterpart on the other side. Requires: two partitions.
    SliceId peer_of(SliceId slice) const {
        return static_cast<SliceId>(slice >= slices_per_side_ ? slice - slices_per_side_ : slice + slices_per_side_);
    }
    // Partition next to which a GPC lies, of `gpcs` in all: the first half on side 0.
    unsigned side_of_gpc(unsigned gpc, unsigned gpcs) const { return gpc * partitions_ / gpcs; }

    unsigned channel_of(SliceId slice) const { return slice / slices_per_channel_; }
    // Byte address of the line within its DRAM channel; one-to-one with the lines of that channel.
    Address channel_local(Address address) const { return channel_local(locate(address)); }
    Address channel_local(Location location) const;

    // The slice-local numbers of the lines of `slice` that may lie in [address, address + bytes); line_address() tells
    // which do.
    struct Span {
        std::uint64_t first;
        std::uint64_t last; // inclusive
    };
    Span slice_lines(Address address, Bytes bytes) const;

  private:
    static std::uint64_t rotation(std::uint64_t upper, unsigned count, std::uint64_t salt) {
        return multiply_high(mix_bits(upper + salt), count);
    }

    unsigned slices_;
    unsigned partitions_;
    unsigned slices_per_channel_;
    unsigned slices_per_side_;
    unsigned controllers_; // of one partition
    unsigned slices_per_controller_;
    unsigned granule_shift_; // log2 of the interleave in bytes
    unsigned lines_shift_;   // log2 of lines per granule
    Divider by_controllers_;
    Divider by_slices_per_controller_;
};

} // namespace heddle
