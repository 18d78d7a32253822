#include "frontend/emulator/cube_map.hpp"

#include <cmath>

namespace heddle::emulator {

TexturePoint on_cube(const TexturePoint& direction) {
    const auto [x, y, z] = direction.at;
    const float ax = std::abs(x), ay = std::abs(y), az = std::abs(z);
    unsigned face = 0;
    float u = 0, v = 0, largest = 0;
    if (az >= ax && az >= ay) {
        face = z < 0 ? 5 : 4;
        u = z < 0 ? -x : x;
        v = -y;
        largest = az;
    } else if (ay >= ax) {
        face = y < 0 ? 3 : 2;
        u = x;
        v = y < 0 ? -z : z;
        largest = ay;
    } else {
        face = x < 0 ? 1 : 0;
        u = x < 0 ? z : -z;
        v = -y;
        largest = ax;
    }
    TexturePoint point = direction;
    point.dimensions = 2;
    point.layered = true;
    point.layer = 6 * direction.layer + face;
    point.at = {(u / largest + 1.0f) / 2, (v / largest + 1.0f) / 2, 0};
    return point;
}

} // namespace heddle::emulator
