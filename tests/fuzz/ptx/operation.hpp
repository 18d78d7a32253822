// The operations random PTX programs are made of: one row per instruction form, with its PTX text and its meaning.
//
// The meaning is written from the PTX ISA alone, apart from the emulator's code, so that an error is not shared.
// Registers are .pred, .b16, .b32, .b64, and a class of its own for FP64 values: the payload and sign of an FP64 NaN follow
// the order of operands, which ptxas may swap, and PTX leaves them open. So FP64 operations work on that class only, and
// whatever leaves it (moves to .b64, the final store) makes a NaN 0xfff8000000000000 first. NaNs of FP32, FP16 and BF16 are
// compared in all bits; operations whose NaN PTX leaves open (abs, neg) are followed by a selp that makes it canonical.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heddle::ptx_fuzz {

using U64 = std::uint64_t;
using S64 = std::int64_t;
using U32 = std::uint32_t;
using S32 = std::int32_t;
using U16 = std::uint16_t;

enum class RegisterClass : std::uint8_t { Predicate, B16, B32, B64, F64 };
inline constexpr std::size_t kClasses = 5;
inline constexpr std::array<unsigned, kClasses> kRegisters{4, 4, 8, 5, 4}; // of each class in a program

inline constexpr unsigned kThreads = 64, kCtas = 2; // of a launch
inline constexpr unsigned kPrivateBytes = 128;      // of global memory, per thread
inline constexpr unsigned kLocalBytes = 64, kTableBytes = 256, kCells = 64;

// Scalar parameters of every kernel besides its pointers, at these offsets of a block of 48 bytes.
inline constexpr unsigned kScalarBytes = 48;

// What an operation may touch besides its operands.
struct Thread {
    unsigned tid = 0, ctaid = 0;
    std::array<std::uint8_t, kPrivateBytes> global{};
    std::array<std::uint8_t, kLocalBytes> local{};
    const std::uint8_t* table = nullptr;   // kTableBytes of constant memory
    const std::uint8_t* scalars = nullptr; // kScalarBytes of parameters
    U64* cells = nullptr;                  // kCells of global memory, shared by all threads: order-independent updates only
};

// Kinds of operands, by letter: p predicate; h H B 16-bit integer, FP16, BF16; w f x y 32-bit integer, FP32, FP16 pair, BF16 pair;
// d 64-bit integer; F FP64; k an immediate below 256; j an immediate below 32.
RegisterClass class_of(char letter);
bool is_immediate(char letter);

struct Operation {
    std::string family; // families are drawn with equal chance, then a row of the family
    std::string text;   // PTX; $0 ... are results, then sources; "@t" becomes a name of its own for each use
    std::string results, sources;
    std::function<void(const U64* in, U64* out, Thread& thread)> evaluate;
    // Instead, for all threads of a CTA at once, [thread][operand]: only where all of a warp (or the CTA) arrive together.
    std::function<void(const std::vector<std::array<U64, 6>>& in, std::vector<std::array<U64, 6>>& out)> collective;
    enum class Scope : std::uint8_t { Thread, Warp, Cta } scope = Scope::Thread;
    bool needs_kernel = false; // uses memory or registers that a .func does not have
    unsigned least = 80;       // architecture
    bool single() const { return text[0] != '{'; }
    // May be predicated. ptxas 13.0 leaves a part of these unpredicated where it makes several instructions of one.
    bool predicable() const {
        return single() && !collective && !text.starts_with("set.") && !text.starts_with("testp") && family != "field" && family != "video";
    }
};

using Catalogue = std::vector<Operation>;
void add_integer_operations(Catalogue& catalogue);
void add_bit_operations(Catalogue& catalogue);
void add_float_operations(Catalogue& catalogue);
void add_half_operations(Catalogue& catalogue);
void add_convert_operations(Catalogue& catalogue);
void add_memory_operations(Catalogue& catalogue);
void add_warp_operations(Catalogue& catalogue);
const Catalogue& catalogue();

// A row that depends on its sources only.
template <class F> void add(Catalogue& catalogue, std::string family, std::string text, std::string results, std::string sources, F value) {
    Operation o;
    o.family = std::move(family);
    o.text = std::move(text);
    o.results = std::move(results);
    o.sources = std::move(sources);
    o.evaluate = [value](const U64* in, U64* out, Thread&) { out[0] = static_cast<U64>(value(in)); };
    catalogue.push_back(std::move(o));
}

} // namespace heddle::ptx_fuzz
