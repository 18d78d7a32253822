#include "sim/power/vf_curve.hpp"

namespace heddle {

double VfCurve::relative_voltage(Hertz clock) const {
    const double share = static_cast<double>(clock) / static_cast<double>(highest);
    const double floor = 1 / rise;
    return share <= knee ? floor : floor + (1 - floor) * (share - knee) / (1 - knee);
}

} // namespace heddle
