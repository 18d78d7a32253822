// Puts a cubin at addresses: what the driver does between cuModuleLoadData and the first launch.
//
// What hardware this is: none; the loader of the driver. What is modelled: every loaded section gets an address, every
// relocation of loaded sections is applied. What is not: lazy loading, linking several relocatable images.
#pragma once

#include "frontend/cubin/cubin.hpp"

#include <functional>

namespace heddle::cubin {

// What the caller decides: where things are. Addresses are bytes.
struct Placement {
    // Of a section of role Text or Global; asked once per section. Code and global memory may be different spaces.
    std::function<Address(const Section&)> section_address;
    // Of an undefined symbol that something needs: an address of the caller's choice that it recognises when it is
    // called or read; nothing: the loader reports the symbol as missing.
    std::function<std::optional<Address>(const Symbol&)> undefined_address;
};

struct LoadedSection {
    std::uint32_t section = 0;   // index into Cubin::sections()
    Address address = 0;         // Text, Global; 0 for constant banks
    std::vector<std::byte> data; // relocated; zeros where the image has none
};

struct LoadedImage {
    std::vector<LoadedSection> sections; // role Text, Global, Constant; in section order
    std::vector<Address> symbol_address; // per symbol: address of functions and globals, byte in its bank of constants,
                                         // byte in shared memory of shared variables; 0 otherwise
    const LoadedSection* find(std::uint32_t section) const;
};

// Errors: UserError with every symbol that is missing and where it is used, a relocation that does not fit, or
// sections that would need more than `most_bytes` in all.
LoadedImage load(const Cubin& cubin, const Placement& placement, Bytes most_bytes = 4 * kGiB);

} // namespace heddle::cubin
