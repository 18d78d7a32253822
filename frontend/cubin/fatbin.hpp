// Fat binaries: containers of images for several architectures, compressed or not, inside host programs.
//
// What hardware this is: none; it is what nvcc embeds and the runtime hands to the driver.
// What is modelled: containers of version 1 (CUDA 4 to 13), entries ELF, PTX, LTO-IR (named, never used), LZ4 and zstd;
// the sections of host ELF-64 programs and shared libraries they lie in. What is not: Windows and 32-bit host programs.
// Sources: layouts by experiment with nvcc 13.0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::cubin {

enum class ImageKind : std::uint8_t { Ptx, Elf, LtoIr, Other };
enum class Compression : std::uint8_t { None, Lz4, Zstd };

struct FatbinEntry {
    ImageKind kind = ImageKind::Other;
    std::uint16_t raw_kind = 0; // as stored
    unsigned architecture = 0;  // compute capability: 80, 90, ...
    bool accelerated = false;   // 'a' targets: exactly this architecture
    bool family = false;        // 'f' targets (sm_100f): this and later ones of the family
    std::string name;           // source file name, if stored
    std::string options;        // ptxas options, if stored
    Compression compression = Compression::None;
    std::uint64_t flags = 0;            // as stored
    std::uint64_t image_bytes = 0;      // decompressed
    std::span<const std::byte> payload; // compressed; points into the bytes given to read_fatbin
    std::string place;                  // file and byte, for messages
    // The image. PTX comes without its trailing zero bytes. Errors: UserError if the data are damaged.
    std::vector<std::byte> decompress() const;
};

inline constexpr std::uint32_t kFatbinMagic = 0xba55ed50;
inline constexpr std::uint32_t kFatbinWrapperMagic = 0x466243b1; // of the struct passed to __cudaRegisterFatBinary
inline constexpr std::size_t kFatbinHeaderBytes = 16;
inline constexpr std::uint64_t kMaxImageBytes = 1ULL << 30; // a larger image is refused

// Total bytes of the container whose first kFatbinHeaderBytes are given (all one has, if all one has is a pointer).
// Errors: UserError if it is no container.
std::uint64_t fatbin_bytes(std::span<const std::byte> header, const std::string& name);

// One container or several behind one another (zero bytes between them are skipped). `bytes` must outlive the result.
// Errors: UserError naming `name` and the byte.
std::vector<FatbinEntry> read_fatbin(std::span<const std::byte> bytes, const std::string& name);

// A container found in a host program: [offset, offset + size) of the file.
struct EmbeddedFatbin {
    std::string section; // .nv_fatbin, __nv_relfatbin, ...
    std::uint64_t offset = 0, size = 0;
    std::vector<FatbinEntry> entries; // point into the bytes given
};

// All fat binaries of an ELF-64 executable, shared library or object file, in file order; none: empty. `bytes` must outlive
// the result. Errors: UserError if it is no ELF-64 file or a container is damaged.
std::vector<EmbeddedFatbin> find_fatbins(std::span<const std::byte> bytes, const std::string& name);

// The image a GPU of compute capability `architecture` (90 for an H200) would run: an 'a' ELF of exactly that
// architecture, else the highest ELF of the same major version and at most that minor version, else the highest PTX at
// most that. Null: nothing fits; why_none() then says what there is, for a message.
const FatbinEntry* choose_image(std::span<const FatbinEntry> entries, unsigned architecture);
std::string why_none(std::span<const FatbinEntry> entries, unsigned architecture);

// Compiles PTX with ptxas, found on PATH, in $CUDA_HOME/bin or in /usr/local/cuda/bin, for sm_`architecture`
// (sm_90a if `accelerated`). Errors: UserError with ptxas's message, or how to get ptxas.
std::vector<std::byte> compile_ptx(std::string_view ptx, unsigned architecture, bool accelerated, const std::string& name);
// Its path, or empty.
std::string find_ptxas();

} // namespace heddle::cubin
