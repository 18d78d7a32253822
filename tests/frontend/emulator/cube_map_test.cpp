#include "frontend/emulator/cube_map.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::emulator;

TEST_CASE("a direction meets the face of its largest component, at the coordinates of the programming guide") {
    const auto meet = [](float x, float y, float z) {
        TexturePoint direction;
        direction.dimensions = 3;
        direction.at = {x, y, z};
        direction.layer = 2; // the second further cube
        return on_cube(direction);
    };
    // Face, then (s, t) of a direction that points a quarter of the way off the middle.
    struct Case {
        float x, y, z;
        unsigned face;
        float s, t;
    };
    for (const Case& c : {Case{1, 0.5f, 0.25f, 0, 0.375f, 0.25f},
                          {-1, 0.5f, 0.25f, 1, 0.625f, 0.25f},
                          {0.5f, 1, 0.25f, 2, 0.75f, 0.625f},
                          {0.5f, -1, 0.25f, 3, 0.75f, 0.375f},
                          {0.5f, 0.25f, 1, 4, 0.75f, 0.375f},
                          {0.5f, 0.25f, -1, 5, 0.25f, 0.375f},
                          {4, 2, 1, 0, 0.375f, 0.25f} /* length does not matter */}) {
        const TexturePoint p = meet(c.x, c.y, c.z);
        CHECK(p.layer == 12 + c.face);
        CHECK(p.at[0] == c.s);
        CHECK(p.at[1] == c.t);
        CHECK(p.dimensions == 2);
        CHECK(p.layered);
    }
}
