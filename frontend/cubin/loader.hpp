// Puts a cubin at addresses: what the driver does between cuModuleLoadData and the first launch.
//
// What hardware this is: none; the loader of the driver.
// What is modelled: each section that is loaded gets an address, each relocation in it is applied.
// What is not: lazy loading; linking of relocatable images (see toolkit.hpp); descriptors for launches from the device (a
// kernel's address stands for them).
// Sources: which value a relocation of which symbol takes: what nvlink 13.0 does for symbols it resolves.
#pragma once

#include "frontend/cubin/cubin.hpp"

#include <functional>

namespace heddle::cubin {

// What the caller decides: where things are, in bytes.
struct Placement {
    // Of each Text section, Global section, and of the image's own constant bank 3 (__constant__ variables), whose address
    // is that of its copy in global memory: generic loads and cudaMemcpyToSymbol reach it there. Asked once per section.
    std::function<Address(const Section&)> section_address;
    // Of an undefined symbol that a relocation needs: an address that the caller recognises when it is called (vprintf,
    // malloc, ...) or the handle of a texture or surface reference. Nothing: the symbol is missing.
    std::function<std::optional<Address>(const Symbol&)> undefined_address;
};

struct LoadedSection {
    std::uint32_t section = 0;   // index into Cubin::sections()
    Address address = 0;         // as Placement said; 0 for constant banks other than the image's own bank 3
    std::vector<std::byte> data; // relocated; empty for variables that start as zeros: see Section::size
};

struct LoadedImage {
    std::vector<LoadedSection> sections; // of role Text, Global and Constant, in section order
    // Of each symbol: the address of a function or global variable; of a __constant__ variable that of its copy in global
    // memory; the byte in shared memory of a shared variable; what undefined_address said if it was asked; else 0.
    std::vector<Address> symbol_address;
    // Null: the section is not loaded.
    const LoadedSection* find(std::uint32_t section) const;
};

// Errors: UserError with every symbol that is missing and where it is used, or a relocation that does not fit.
// Requires: !cubin.relocatable() (else UserError).
LoadedImage load(const Cubin& cubin, const Placement& placement);

} // namespace heddle::cubin
