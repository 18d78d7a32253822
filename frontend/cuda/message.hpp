// What the library inside a program says on standard error: "heddle: ..." lines, each distinct one once.
#pragma once

#include "sim/base/error.hpp"

#include <string>

namespace heddle::cuda {

// Prints "heddle: `message`" unless it was printed before.
void say(const std::string& message);
void say(const UserError& error);

} // namespace heddle::cuda
