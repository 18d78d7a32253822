// The configuration hash: which values a run used, whatever file, source or note they come from.
#pragma once

#include "sim/config/field.hpp"

#include <string>
#include <string_view>

namespace heddle::config {

// FNV-1a, 64 bits, of a byte string.
std::uint64_t fnv1a(std::string_view bytes);

// 16 hex digits: FNV-1a over one line "path=value" per field, sorted by path. Integers are in base units, reals in their
// shortest exact form, texts quoted, so the hash is the same on every machine and for every order of description.
std::string hash(const Section& root);

} // namespace heddle::config
