// The parts a Cubin is read from, in this order: sections, symbols, relocations, kernels.
//
// What hardware this is: none; inside of Cubin::parse(). What is modelled and what is not: see cubin.hpp.
#pragma once

#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/elf.hpp"

namespace heddle::cubin {

// What e_flags and .nv.compat say about the target.
struct Target {
    unsigned architecture = 0;
    bool accelerated = false;
};

// All functions throw UserError naming file and place.
Target read_target(const ElfFile& elf);
std::vector<Section> read_sections(const ElfFile& elf);
std::vector<Symbol> read_symbols(const ElfFile& elf, std::span<const Section> sections);
// Fills Section::relocations of the sections that are loaded.
void read_relocations(const ElfFile& elf, std::span<const Symbol> symbols, std::span<Section> sections);
std::vector<KernelImage> read_kernels(const ElfFile& elf, const Target& target, std::span<const Section> sections,
                                      std::span<const Symbol> symbols);

struct Cubin::Content {
    std::vector<std::byte> bytes;
    std::string name;
    Target target;
    bool relocatable = false;
    unsigned toolkit = 0;
    std::vector<Section> sections;
    std::vector<Symbol> symbols;
    std::vector<KernelImage> kernels;
};

} // namespace heddle::cubin
