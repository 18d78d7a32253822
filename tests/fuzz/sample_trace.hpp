// A small, sound Accel-Sim kernel trace to start fuzzing from: two blocks of two warps, six instructions each, with
// addresses in all three forms.
#pragma once

#include <string>

namespace heddle::fuzz {

// The text of one tracer version, 1 to 6.
std::string sample_trace(unsigned version);
// Its header lines up to the tracer version.
std::string sample_header();

} // namespace heddle::fuzz
