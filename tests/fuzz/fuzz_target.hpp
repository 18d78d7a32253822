// What the fuzz targets share. A target is one LLVMFuzzerTestOneInput(): linked with libFuzzer (preset fuzz) or with
// driver.cpp, which mutates seeds by itself. A finding of the user's input (UserError) is the right answer to nonsense;
// anything else that escapes, a sanitizer report or a hang is a bug.
#pragma once

#include "sim/isa/kernel_launch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace heddle::fuzz {

// Inputs to start from and words worth inserting; each target defines its own.
std::vector<std::string> seeds();
std::vector<std::string> words();

// A folder of its own that vanishes with the process.
class ScratchFolder {
  public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;
    // Writes a file and returns its path.
    std::string write(const std::string &name, std::string_view content) const;

  private:
    std::string path_;
};

// Takes everything out of a workload, as a run would, up to a million warp instructions. Returns how many there were.
// Touches every address, so that a pattern that points outside its list is seen.
std::uint64_t drain(Workload &workload);

} // namespace heddle::fuzz
