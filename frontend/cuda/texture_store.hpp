// Texture and surface objects. See array.hpp for what they read.
#pragma once

#include "frontend/cuda/abi.hpp"
#include "frontend/cuda/array.hpp"
#include "frontend/emulator/device.hpp"

#include <unordered_map>

namespace heddle::cuda {

class TextureStore {
  public:
    TextureStore(emulator::Device& device, ArrayStore& arrays) : device_(device), arrays_(arrays) {}

  private:
    [[maybe_unused]] emulator::Device& device_;
    [[maybe_unused]] ArrayStore& arrays_;
};

} // namespace heddle::cuda
