// `heddle run --gpu NAME -- ./app args`: the part of `heddle run` that is about programs.
#pragma once

#include "tools/heddle/run_options.hpp"

namespace heddle {

// Runs the program in choices.input and reports. Returns the exit status of heddle: the program's own.
int run_cuda_program(const RunChoices& choices);

} // namespace heddle
