// Fat binaries: containers of images for several architectures, compressed or not, inside host programs.
//
// What hardware this is: none; it is what nvcc embeds and the runtime hands to the driver.
// What is modelled: containers of version 1 (CUDA 4 to 13) with ELF, PTX and LTO-IR entries (the last named, never used), plain,
// LZ4 or zstd; which image a driver picks. What is not: containers of older CUDA, LTO-IR.
// Sources: layouts by experiment with nvcc 13.0; which image runs where: CUDA C++ Programming Guide, "Application Compatibility".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace heddle::cubin {

enum class ImageKind : std::uint8_t { Ptx, Elf, LtoIr, Other };
enum class Compression : std::uint8_t { None, Lz4, Zstd };

struct FatbinEntry {
    ImageKind kind = ImageKind::Other;
    std::uint16_t raw_kind = 0; // as stored
    unsigned architecture = 0;  // compute capability: 80, 90, ...
    bool accelerated = false;   // sm_90a: for exactly this architecture
    bool family = false;        // sm_100f: for this one and later ones of the same major version
    std::string name;           // source file name, if stored
    std::string options;        // ptxas options, if stored
    Compression compression = Compression::None;
    std::uint64_t flags = 0;            // as stored
    std::uint64_t image_bytes = 0;      // decompressed
    std::span<const std::byte> payload; // as stored; points into the bytes given to read_fatbin()
    std::string file;                   // for messages
    std::uint64_t offset = 0;           // of the entry in the bytes given, for messages

    // The image. PTX comes without the zero bytes behind it. Errors: UserError if the data are damaged or larger than
    // kMaxImageBytes.
    std::vector<std::byte> decompress() const;
    // "sm_90a", "compute_90", "lto_90".
    std::string target() const;
};

inline constexpr std::uint32_t kFatbinMagic = 0xba55ed50;
inline constexpr std::uint32_t kFatbinWrapperMagic = 0x466243b1; // of the struct passed to __cudaRegisterFatBinary
inline constexpr std::size_t kFatbinHeaderBytes = 16;
inline constexpr std::uint64_t kMaxImageBytes = 1ULL << 30;

// Bytes of the whole container of which at least kFatbinHeaderBytes are given (for a program that has a pointer and no
// size). `offset` is where they lie in `file`, for messages. Errors: UserError if it is no container.
std::uint64_t fatbin_bytes(std::span<const std::byte> header, const std::string& file, std::uint64_t offset = 0);

// All entries of one container or of several behind one another; zero bytes between them are skipped. `bytes` must outlive
// the result; `offset` is where they lie in `file`. Errors: UserError naming file and byte.
std::vector<FatbinEntry> read_fatbin(std::span<const std::byte> bytes, const std::string& file, std::uint64_t offset = 0);

// A container in a host program.
struct EmbeddedFatbin {
    std::string section;                // .nv_fatbin; __nv_relfatbin: relocatable images, which .nv_fatbin holds linked
    std::uint64_t offset = 0, size = 0; // in the file
    std::vector<FatbinEntry> entries;
};

// The containers of an ELF-64 program, shared library or object file, in file order; none: empty. `bytes` must outlive the
// result. Errors: UserError if it is no ELF-64 file or a container is damaged.
std::vector<EmbeddedFatbin> find_fatbins(std::span<const std::byte> bytes, const std::string& file);

// The image that a GPU of compute capability `architecture` (90 for an H200) runs: machine code for exactly this GPU ('a' first),
// else for the highest lower minor version of the same major version (not 'a'), else the highest PTX that is not above it
// ('a' and 'f' PTX only where it applies). Null: nothing fits; the second function then says what there is, for a message.
const FatbinEntry* choose_image(std::span<const FatbinEntry> entries, unsigned architecture);
std::string why_no_image(std::span<const FatbinEntry> entries, unsigned architecture);

} // namespace heddle::cubin
