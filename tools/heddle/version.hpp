// Which Heddle this is.
#pragma once

#include <string>

namespace heddle {

// "0.1.0", with the commit it was built from if that is known: "0.1.0+1a2b3c4d5e6f", "-dirty" for changed files.
std::string version();

} // namespace heddle
