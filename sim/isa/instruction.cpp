#include "sim/isa/instruction.hpp"

namespace heddle {

const char* name(Pipe pipe) {
    static constexpr const char* kNames[kPipes] = {"alu", "fma", "fp16", "fp64", "xu", "tensor", "lsu", "tex", "tma", "uniform", "adu", "cbu"};
    return kNames[static_cast<unsigned>(pipe)];
}

const char* name(LatencyClass latency_class) {
    static constexpr const char* kNames[kLatencyClasses] = {
        "integer",  "integer_mad", "integer_mad_wide",  "float",   "float_compare", "predicate", "half",   "half_mma",
        "double",   "transcendental", "bit_count",      "conversion", "uniform",    "uniform_to_vector", "special", "clock",
        "vote",     "match",       "branch",            "misc",    "mma",           "memory"};
    return kNames[static_cast<unsigned>(latency_class)];
}

} // namespace heddle
