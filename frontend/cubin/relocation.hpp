// Relocations of CUDA ELF images: places in code and data that hold the address of a symbol.
//
// What hardware this is: none; it is the contract between ptxas, nvlink and the driver's loader. A relocation says
// "write (a part of) the value of symbol + addend into these bits". Code words are 128 bits, stored lowest byte first.
// What is modelled: every kind that ptxas and nvlink 13.0 were seen to emit for sm_80 to sm_90a: data words, 32-bit
// immediates (low and high half), 16-bit constant-bank offsets, branch fields (both layouts).
// What is not: kinds of GPUs before sm_70, texture and surface header slots (bindless handles need no relocation).
// Their number is kept and apply() refuses them by number.
// Sources: kind names are those cuobjdump prints; fields by experiment with ptxas and nvlink 13.0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace heddle::cubin {

// The number in the ELF file. Values outside this list may occur in a file; name() and apply() say so.
enum class RelocationKind : std::uint32_t;

struct Relocation {
    std::uint64_t offset = 0; // of the code word or data word, bytes from the start of the section that is patched
    RelocationKind kind{};
    std::uint32_t symbol = 0; // index into Cubin::symbols(); always valid
    std::int64_t addend = 0;  // of RELA sections; of REL sections what the patched bits held
};

// "ABS32_LO_32"; "relocation 0x7b" for a kind that is not known.
std::string name(RelocationKind kind);
bool known(RelocationKind kind);
// How many bytes apply() needs: 16 for code, 4 or 8 for data, 0 for a kind that changes nothing.
std::size_t patched_bytes(RelocationKind kind);

// Writes `value` (symbol value + addend) into the code or data word at the start of `bytes`.
// `place` is the address of the word itself: PC-relative kinds store value - place. Errors: UserError
// naming `where` (for example "a.cubin: .text.k+0x40") if the kind is unknown, the value does not fit, or
// fewer than patched_bytes(kind) bytes are given.
void apply(RelocationKind kind, std::span<std::byte> bytes, std::uint64_t value, std::uint64_t place, const std::string& where);

} // namespace heddle::cubin
