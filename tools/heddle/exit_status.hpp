// How the program ends; scripts rely on these numbers.
#pragma once

namespace heddle {

enum ExitStatus : int {
    kDone = 0,
    kOurBug = 1,
    kUserInput = 2,
    kDeadlock = 3,
};

} // namespace heddle
