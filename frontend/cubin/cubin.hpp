// A cubin: one ELF image of machine code for one GPU architecture, made by ptxas or nvlink.
//
// What hardware this is: what a driver reads before it can launch a kernel: code, constant banks, initial values of
// variables, and how many registers, bytes of shared memory and so on a kernel needs.
// What is modelled: sections, symbols, relocations, kernel attributes (.nv.info), parameters, constant banks; images of sm_70
// and later, made by CUDA 11 to 13 (both layouts of e_flags): whole programs, linked images (nvlink) and relocatable ones (-rdc=true).
// What is not: debug information (kept as plain sections), images of sm_6x and before (refused), 32-bit images (refused).
// Sources: ELF-64; e_flags as in LLVM's BinaryFormat/ELF.h; section and attribute names as cuobjdump prints them; contents by
// experiment with nvcc, ptxas and nvlink 13.0 for sm_75 to sm_120.
#pragma once

#include "frontend/cubin/relocation.hpp"
#include "sim/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::cubin {

// A kernel parameter: bytes [offset, offset + size) of the parameter area, which lies at parameter_base of constant bank 0.
struct Parameter {
    std::uint32_t ordinal = 0;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
};

enum class SymbolKind : std::uint8_t {
    None,      // index 0, file names, aliases without a type
    Section,   // the start of a section
    Kernel,    // an entry function
    Function,  // a device function
    Object,    // a variable: global, constant or shared, by its section
    Undefined, // defined elsewhere: a system call (vprintf, malloc, ...), another object file, or reserved by the driver
};

struct Symbol {
    std::string name;
    SymbolKind kind = SymbolKind::None;
    std::int32_t section = -1; // index into Cubin::sections(); -1: undefined, absolute or common
    std::uint64_t value = 0;   // offset into the section
    std::uint64_t size = 0;    // bytes
    bool global = false;       // visible outside the image; weak symbols are global too
    bool weak = false;
    bool managed = false;   // a __managed__ variable: host and device see the same memory
    std::uint8_t type = 0;  // as stored: 1 object, 2 function, 10 texture reference, 11 sampler, 12 surface reference, ...
    std::uint8_t other = 0; // st_other as stored
};

// Where the driver (or the emulator) puts a section.
enum class SectionRole : std::uint8_t {
    Other,    // tables, notes, debug information: not loaded
    Text,     // code of one kernel or device function
    Global,   // .nv.global and .nv.global.init: variables in global memory
    Constant, // .nv.constantN[.kernel]: a constant bank
    Shared,   // .nv.shared.kernel: static shared memory, never with content
    Local,    // .nv.local.kernel
};

struct Section {
    std::string name;
    std::uint32_t type = 0;  // sh_type
    std::uint64_t flags = 0; // sh_flags
    SectionRole role = SectionRole::Other;
    std::uint64_t alignment = 1;         // bytes, a power of two
    std::uint64_t size = 0;              // bytes in memory
    std::span<const std::byte> data;     // `size` bytes, or none (variables that start as zero); lives as long as any copy of the Cubin
    std::uint32_t bank = 0;              // Constant: which
    std::string owner;                   // the kernel or function of .text.X, .nv.shared.X, .nv.constantN.X; empty: the whole image
    std::vector<Relocation> relocations; // by rising offset
};

// One entry of .nv.info: `kind` is the number of EIATTR_*, see nv_info.hpp. Short values are in `value`, longer ones in `data`.
struct Attribute {
    std::uint8_t kind = 0;
    std::uint16_t value = 0;
    std::span<const std::byte> data;
};

struct KernelImage {
    std::string name;
    std::uint32_t symbol = 0;     // index into symbols()
    std::uint32_t section = 0;    // its .text, index into sections()
    std::uint64_t entry = 0;      // offset of the first instruction in the section, bytes
    std::uint64_t code_bytes = 0; // from `entry`, including device functions that ptxas placed behind the kernel
    std::uint32_t registers = 0;  // per thread

    // Shared memory of a CTA, bytes: what is reserved for the system (0x400 from sm_90, else 0), then static variables, then
    // what the launch adds. Code holds addresses that count from the start of the reserved bytes.
    std::uint32_t reserved_shared = 0;
    std::uint32_t static_shared = 0; // variables only, as cudaFuncAttributes.sharedSizeBytes

    std::uint32_t parameter_base = 0; // byte in constant bank 0: 0x160 (sm_80), 0x210 (sm_90), 0x380 (sm_100)
    std::uint32_t parameter_bytes = 0;
    std::vector<Parameter> parameters; // by rising ordinal; offsets are not those of a C struct: take them from here

    std::uint32_t frame_bytes = 0; // stack frame of the kernel function itself, per thread
    std::uint32_t stack_bytes = 0; // of the deepest call chain that ptxas knows, per thread
    // The deepest chain is not known (recursion, indirect calls). ptxas says so in linked images only, so give every thread
    // at least cudaLimitStackSize, 1024 bytes by default.
    bool stack_unknown = false;

    std::uint32_t barriers = 0;                    // named barriers used, 0 to 16
    std::optional<Dim3> max_block;                 // __launch_bounds__, .maxntid: their product is the most threads of a block
    std::optional<Dim3> required_block;            // .reqntid: the block must be exactly this
    std::optional<Dim3> cluster;                   // __cluster_dims__: the extent of a cluster in CTAs
    bool needs_cluster = false;                    // .explicitcluster: must be launched as a cluster
    bool grid_in_clusters = false;                 // __block_size__ with a cluster: the launch counts clusters, not CTAs
    std::optional<std::uint32_t> max_cluster_ctas; // .maxclusterrank

    std::vector<std::uint32_t> exit_offsets;    // of EXIT instructions, bytes from the start of the section
    std::vector<std::uint32_t> syscall_offsets; // of the CALLs of vprintf, malloc, ...
    std::vector<std::uint32_t> externs;         // undefined functions it calls, indices into symbols()
    std::vector<Attribute> attributes;          // everything of its .nv.info, in file order
};

// One use of an undefined symbol.
struct UndefinedUse {
    std::uint32_t symbol = 0;  // index into symbols()
    std::uint32_t section = 0; // where it is used: code, or a table of addresses (.nv.constant4)
    std::uint64_t offset = 0;
};

// Immutable after parse(); copies share the bytes. sections() and symbols() are numbered as in the file. Everything inside is checked:
// spans lie in the image, indices are valid, relocations lie within their section.
class Cubin {
  public:
    // Copies `bytes`. `name` is for messages, usually the file name. Errors: UserError naming file and place.
    static Cubin parse(std::span<const std::byte> bytes, std::string name);
    static Cubin read_file(const std::string& path);

    const std::string& name() const;
    unsigned architecture() const; // compute capability: 80, 86, 89, 90
    bool accelerated() const;      // sm_90a: code for exactly this architecture
    bool relocatable() const;      // -rdc=true before nvlink: calls to other objects are open
    unsigned toolkit() const;      // CUDA version of the kernels, for example 130; 0: not said

    std::span<const Section> sections() const;
    std::span<const Symbol> symbols() const;
    std::span<const KernelImage> kernels() const; // by name
    const KernelImage* find_kernel(std::string_view name) const;
    const Section* find_section(std::string_view name) const;
    const Symbol* find_symbol(std::string_view name) const; // a global one before a local one

    // The section that fills `bank` for this kernel: its own .nv.constantN.kernel, else the image's .nv.constantN.
    // Bank 0: launch parameters; 2: function table, literals; 3: __constant__ variables; 4: addresses.
    const Section* constant_bank(const KernelImage& kernel, unsigned bank) const;
    // Code words of a kernel or function, unrelocated: `size` bytes from its symbol (whole section if the size is 0).
    std::span<const std::byte> code(const Symbol& function) const;
    std::vector<UndefinedUse> undefined_uses() const;
    // The image as it was given to parse().
    std::span<const std::byte> bytes() const;

  private:
    struct Content;
    explicit Cubin(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
    std::shared_ptr<const Content> content_;
};

// The bytes of a file. Errors: UserError naming it.
std::vector<std::byte> read_binary_file(const std::string& path);

// Kernels with registers, shared memory, parameters; sections; undefined symbols: a few lines of text a person reads.
std::string describe(const Cubin& cubin);

} // namespace heddle::cubin
