// A launch recipe: a small YAML file that says which code to load, what memory to prepare, and what to launch.
//
// It is to a cubin what a main() is to a kernel: enough to run it with neither GPU nor CUDA Toolkit.
//
//   code: [saxpy_sm80.cubin, saxpy_sm90a.cubin]   # cubins, fat binaries or PTX; what fits the GPU is chosen
//   buffers:
//     x: {type: f32, count: 4096, fill: random, seed: 1}
//     y: {type: f32, count: 4096, fill: iota, expect: 5a8b07d0c3a9f1e2}
//   launches:
//     - kernel: saxpy
//       grid: 16
//       block: 256
//       arguments: [i32 4096, f32 2.5, buffer x, buffer y]
//
// What is modelled: buffers at the same device addresses in each run, or at those they were captured at, filled by named
// generators or from a file; variables of the code; launches with grid, block, cluster, dynamic shared memory, stream; digests of buffers to check at the end.
// What is not: anything a host program would decide from results.
#pragma once

#include "sim/base/units.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace heddle::recipe {

enum class ElementType : std::uint8_t { U8, U16, F16, Bf16, I32, U32, F32, I64, U64, F64 };
Bytes size_of(ElementType type);

enum class Fill : std::uint8_t {
    Zero,
    Value,  // every element is `value`
    Iota,   // 0, 1, 2, ...
    Random, // integers: all bits; floating point: uniform in [-1, 1)
    File,   // the bytes of a file
};

struct Buffer {
    std::string name;
    ElementType type = ElementType::U32;
    std::uint64_t count = 0; // elements
    Fill fill = Fill::Zero;
    double value = 0;
    std::uint64_t seed = 0;
    std::uint64_t below = 0;         // Random integers: modulo this; 0 = all values
    std::filesystem::path file; // decompressed if it ends in .zst
    Address address = 0;        // where it must lie, because other memory points to it; 0: anywhere
    std::string variable;       // it is this variable of the code
    std::filesystem::path expect_file; // the bytes wanted after the last launch
    std::vector<std::uint64_t> expect; // digest() of the bytes after the last launch is one of these; none: not checked
    std::uint64_t line = 0;          // in the recipe
    Bytes bytes() const { return count * size_of(type); }
};

struct Argument {
    enum class Kind : std::uint8_t { Bytes, Buffer };
    Kind kind = Kind::Bytes;
    std::vector<std::byte> bytes; // Bytes: the value
    std::string buffer;           // Buffer: its address
    std::uint64_t offset = 0;     // added to it, bytes
    std::uint64_t line = 0, column = 0;
};

struct Launch {
    std::string kernel; // name in the symbol table, or the beginning of exactly one
    Dim3 grid, block, cluster;
    Bytes dynamic_shared = 0;
    bool cooperative = false;
    std::uint64_t stream = 0;
    std::vector<Argument> arguments;
    std::vector<std::byte> parameters; // instead of arguments: the parameter area as captured
    std::uint64_t line = 0;
};

struct Recipe {
    std::filesystem::path path;
    std::vector<std::filesystem::path> code;
    std::vector<Buffer> buffers;
    std::vector<Launch> launches; // repeated ones written out
};

inline constexpr std::uint64_t kMostLaunches = 100'000;

// True if the file looks like a recipe: YAML with a key `launches`.
bool is_recipe(const std::filesystem::path& path);
// Errors: UserError with every finding, each with its place.
Recipe read_recipe(const std::filesystem::path& path);

// The bytes of a buffer before the first launch. Errors: UserError (file missing or of another size).
std::vector<std::byte> fill(const Buffer& buffer, const Recipe& recipe);
// The bytes of `file`, which must be `bytes` many (once decompressed, if it ends in .zst). Errors: UserError that names `buffer`.
std::vector<std::byte> read_content(const std::filesystem::path& file, Bytes bytes, const Buffer& buffer, const Recipe& recipe);
// FNV-1a, 64 bits.
std::uint64_t digest(const std::byte* bytes, std::size_t count);
std::uint64_t digest_of_zeros(std::size_t count);

} // namespace heddle::recipe
