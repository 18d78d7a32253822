// What a validation found: every case with measured and simulated value, and why some were left out.
#pragma once

#include "tools/validation/error_statistics.hpp"
#include "tools/validation/reference.hpp"

#include <string>
#include <utility>
#include <vector>

namespace heddle::validation {

enum class Scale : std::uint8_t {
    Ratio,  // errors in per cent of what was measured
    Points, // a percentage itself: errors in points
};

struct ComparedCase {
    std::string name, group, metric, unit;
    double measured = 0, simulated = 0;
    Use use = Use::HeldOut;
    Scale scale = Scale::Ratio;
    std::string spread, origin, device, note; // note: parameter fitted, clock
    std::string workload, run_hash;
    std::string excluded; // the reason; empty: it counts
    bool simulated_known = false, measured_known = false;
    double cpu_seconds = 0;
    // Per cent of the measured value, or points. Requires: not excluded.
    double error() const { return scale == Scale::Points ? simulated - measured : Pair{measured, simulated}.error_percent(); }
};

struct Comparison {
    std::string title, gpu, description, heddle_version, config_hash;
    std::vector<std::string> remarks;
    std::vector<ComparedCase> cases;
    std::vector<std::string> unused; // rows of the reference without a case
    std::size_t without_reference = 0; // cases without a row for this GPU
    std::size_t reused = 0, ran = 0;
    bool counters = false; // groups are counters of kernels: figures are of each, as a mean over different counters says nothing

    // Cases that count, as pairs, with their places in `cases`.
    struct Selected {
        std::vector<Pair> pairs;
        std::vector<std::size_t> places;
    };
    Selected select(Use use) const;
    Selected select_all() const;
    // Groups (or counters) in the order of first appearance.
    std::vector<std::string> groups() const;
};

} // namespace heddle::validation
