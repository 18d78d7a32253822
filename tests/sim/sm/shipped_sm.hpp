// The SM configurations as they are shipped.
#pragma once

#include "sim/config/configuration.hpp"
#include "sim/sm/sm_config.hpp"

#include <filesystem>

namespace heddle {

// `name` is "volta", "ampere" or "hopper".
inline SmConfig shipped_sm(const std::string& name, const std::vector<std::string>& overrides = {}) {
    SmConfig config;
    config::load(config, std::filesystem::path(HEDDLE_SOURCE_DIR) / "configs/sm" / (name + ".yaml"), overrides);
    return config;
}

} // namespace heddle
