// Relocations of CUDA ELF images: places in code and data that hold the address of a symbol.
//
// What hardware this is: none; it is the contract between ptxas, nvlink and the driver's loader. A relocation says
// "write (a part of) the value of symbol + addend into these bits". Code words are 128 bits, stored lowest byte first.
// What is modelled: every kind that ptxas and nvlink 13.0 were seen to emit for sm_75 to sm_90a. Images ready to run hold
// only few of them: Data64, Generic64 and the byte kinds in variables and address tables, ImmediateLow and ImmediateHigh in
// MOV and UMOV, CallTarget47 (to sm_89) and CallTarget55 (sm_90) in CALL.ABS, header indices of texture references.
// What is not: kinds of GPUs before sm_70. Their number is kept and apply() refuses them by number.
// Sources: numbers and vendor names as cuobjdump prints them. Which bits: the same code before and after nvlink 13.0; for
// CALL.ABS, which nvlink leaves open, the relative branches of the same architecture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace heddle::cubin {

// The number in the ELF file. Any other number may occur in a file too: see known().
enum class RelocationKind : std::uint32_t {
    None = 0,
    Data32 = 1,
    Data64 = 2,
    Generic32 = 3, // the generic address: of a __constant__ variable, its copy in global memory, not its place in the bank
    Generic64 = 4,
    TextureHeader = 6,  // in constant bank 0: the handle of a texture reference
    Descriptor64 = 35,  // of a kernel, for launches from the device
    SurfaceHeader = 52, // as TextureHeader
    Immediate32 = 55,   // UMOV of a shared-memory address
    ImmediateLow = 56,  // MOV, UMOV: lower 32 bits of an address
    ImmediateHigh = 57, // upper 32 bits
    CallTarget47 = 58,  // CALL.ABS up to sm_89
    Immediate16 = 59,   // UMOV of an offset into a constant bank
    Immediate24 = 60,
    Descriptor32 = 61,
    DescriptorLow = 62,
    DescriptorHigh = 63,
    ConstantWord = 64, // operand c[bank][offset]
    BindlessWord = 65, // handle of a texture instruction: word of constant bank 0
    ConstantByte = 66, // LDC, ULDC: offset and bank
    YieldOpcode = 68,  // changes nothing, nor does nvlink
    YieldPredicate = 69,
    Low32 = 70,
    High32 = 71,
    Unused32 = 72, // changes nothing
    Unused64 = 73,
    SharedOffset = 74, // LDS, STS: the immediate offset
    CallTarget55 = 75, // CALL.ABS from sm_90
    DataByte0 = 76,    // to DataByte0 + 7: one byte of an address
    GenericByte0 = 84,
    DescriptorByte0 = 92,
    Unified64 = 102, // of a function, before nvlink
    Unified32 = 103,
    UnifiedByte0 = 104,
    UnifiedLow = 112,
    UnifiedHigh = 113,
    CallTarget56 = 114,
};

struct Relocation {
    std::uint64_t offset = 0; // of the code word or data word, bytes from the start of the section that is patched
    RelocationKind kind{};
    std::uint32_t symbol = 0; // index into Cubin::symbols(); always valid
    std::int64_t addend = 0;  // of RELA sections; of REL sections what the patched bits held
};

// The vendor's name without its prefix, such as "ABS32_LO_32"; "number 123" if the kind is not known.
std::string name(RelocationKind kind);
bool known(RelocationKind kind);
// True if the value is the generic address of the symbol, which differs from its own only for __constant__ variables.
bool is_generic(RelocationKind kind);
// How many bytes apply() needs: 16 for code, 1, 4 or 8 for data, 0 for a kind that changes nothing or is not known.
std::size_t patched_bytes(RelocationKind kind);
// What the patched bits hold now, sign-extended: the addend of a REL entry. Requires: patched_bytes(kind) bytes.
std::int64_t field(RelocationKind kind, std::span<const std::byte> bytes);

// Writes `value` (symbol value + addend) into the code or data word at the start of `bytes`. `bank` is the constant bank
// for ConstantWord and ConstantByte. Errors: UserError naming `file` and `place` if the kind is unknown, if the value does
// not fit, or if fewer than patched_bytes(kind) bytes are given.
void apply(RelocationKind kind, std::span<std::byte> bytes, std::uint64_t value, unsigned bank, const std::string& file,
           const std::string& place);

} // namespace heddle::cubin
