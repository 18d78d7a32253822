#include "frontend/emulator/micro_op.hpp"

#include <cstdlib>
#include <string_view>

namespace heddle::emulator {

LaneLevel best_lane_level() {
    static const LaneLevel best = [] {
        LaneLevel level = LaneLevel::Portable;
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) level = LaneLevel::Avx2;
        if (level == LaneLevel::Avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd"))
            level = LaneLevel::Avx512;
        if (const char* wanted = std::getenv("HEDDLE_LANES")) {
            if (wanted == std::string_view("portable")) level = LaneLevel::Portable;
            else if (wanted == std::string_view("avx2") && level == LaneLevel::Avx512) level = LaneLevel::Avx2;
        }
        return level;
    }();
    return best;
}

const char* name(LaneLevel level) { return level == LaneLevel::Avx512 ? "avx512" : level == LaneLevel::Avx2 ? "avx2" : "portable"; }

} // namespace heddle::emulator
