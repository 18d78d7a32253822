// Makes a failing program small: takes out statements, and puts blocks in place of branches, as long as it still fails.
#pragma once

#include "tests/fuzz/ptx/program.hpp"

namespace heddle::ptx_fuzz {

// `fails` is asked at most `tries` times.
Program shrink(Program program, const std::function<bool(const Program&)>& fails, unsigned tries);

} // namespace heddle::ptx_fuzz
