// Cube maps: which face a direction meets, and where.
//
// What hardware this is: the part of the texture unit that turns the three coordinates of a cube-map fetch into a face and a place on it.
// What is modelled: six faces that lie as layers in the order +x -x +y -y +z -z, one cube after the other when they are layered.
// What is not: filtering across the edge of a face (seamless cube maps): filters stay within a face.
// Sources: CUDA C++ programming guide, cubemap textures.
#pragma once

#include "frontend/emulator/texture.hpp"

namespace heddle::emulator {

// Turns a direction into the face it meets (added to six times the layer) and the normalised coordinates on it. Of components of the
// same magnitude z counts before y and y before x (assumed).
TexturePoint on_cube(const TexturePoint& direction);

} // namespace heddle::emulator
