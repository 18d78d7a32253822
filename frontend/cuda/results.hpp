// Leaving a record of what the process did, however it ends.
//
// What is modelled: exit(), _exit(), quick_exit() and signals that end the process. What is not: SIGKILL.
#pragma once

namespace heddle::cuda {

// Watches for the end of the process. Called once, when it begins to use the GPU.
void watch_end();

// Writes the record of this process into the session folder, with how it ends ("exit"); the first call counts.
void write_results(const char* end);

} // namespace heddle::cuda
