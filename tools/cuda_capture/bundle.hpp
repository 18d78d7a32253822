// Files of a capture bundle: code, memory and one launch recipe per captured launch.
//
//   bundle.json                 what ran where: GPU, versions, program, date, launches
//   launch-0001.yaml            recipe of the first captured launch: heddle run --gpu NAME launch-0001.yaml replays it
//   code-DIGEST.cubin           machine code
//   memory/DIGEST-BYTES.bin.zst memory before and after, by content, so that what does not change is kept once
//
// Nothing here knows a GPU: whoever captures hands in bytes.
#pragma once

#include "sim/base/units.hpp"
#include "sim/isa/kernel_launch.hpp"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace heddle::capture {

// One piece of memory a launch may touch.
struct Piece {
    std::string name;     // in the recipe
    std::string variable; // of the code; else it lies at `address`
    Address address = 0;
    Bytes bytes = 0;
    std::string before, after; // names of files in memory/, or kZero; `after` is empty if nothing was read
};
inline constexpr const char* kZero = "zero"; // all bytes are

struct CapturedLaunch {
    std::uint64_t number = 0; // of all launches of the program, from 1
    std::string kernel;       // as in the symbol table
    std::string code;         // file of the bundle
    Dim3 grid, block, cluster{1, 1, 1};
    Bytes dynamic_shared = 0;
    bool cooperative = false;
    std::vector<std::byte> parameters;
    std::vector<Piece> pieces;
};

struct Provenance {
    std::string gpu, program, date;
    int capability = 0, runtime = 0, driver = 0; // 90 is 9.0; versions as CUDA numbers them
};

class Bundle {
  public:
    // Makes the folder, which must not hold a bundle yet. Throws std::runtime_error.
    explicit Bundle(std::filesystem::path folder);
    // Stores content once; returns its file's name, or kZero. Throws std::runtime_error.
    std::string add_memory(std::span<const std::byte> content);
    std::string add_code(std::span<const std::byte> cubin);
    void add_launch(const CapturedLaunch& launch);
    void skip(std::uint64_t number, const std::string& kernel, const std::string& reason);
    Provenance provenance;
    // Writes bundle.json as things are; called after every change.
    void write_index() const;
    std::size_t launches() const { return captured_.size(); }

  private:
    struct Entry {
        std::uint64_t number;
        std::string kernel, recipe, reason; // a recipe or a reason
    };
    std::filesystem::path folder_;
    std::vector<Entry> captured_, skipped_;
};

} // namespace heddle::capture
