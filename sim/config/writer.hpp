// `heddle config show`: the effective configuration as YAML, annotated with where each value comes from.
#pragma once

#include "sim/config/configuration.hpp"

#include <string>

namespace heddle::config {

// Valid YAML in the order of the description. Each value has its unit in human form, its source as tag, and its origin
// and note as trailing comment:
//
//     hit_latency: !measured 33 cycles  # h200_sxm.yaml:41; GH200 pointer chase
//
// A value that nobody set is written as `!assumed` with the comment "code default". Reading the text back gives the
// same values and hash.
std::string write_yaml(const Section& root, const Configuration& loaded = {});

} // namespace heddle::config
