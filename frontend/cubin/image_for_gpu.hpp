// From whatever a program hands to the driver (cubin, fat binary, PTX) to the image that a GPU runs.
//
// What hardware this is: none; cuModuleLoadData and the choice the runtime makes for __cudaRegisterFatBinary.
// What is modelled: choice of the image, decompression, PTX through an installed ptxas, relocatable images through an
// installed nvlink. What is not: LTO-IR, linking several inputs (see toolkit.hpp), a cache of compiled PTX.
#pragma once

#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/fatbin.hpp"

namespace heddle::cubin {

// True if machine code for `cubin`'s target runs on a GPU of compute capability `architecture`.
bool runs_on(const Cubin& cubin, unsigned architecture);

// `bytes`: a cubin, one or several fat binaries, or PTX text (zero bytes behind it are dropped). Errors: UserError naming `name`: it
// is none of them, is damaged, holds nothing for this GPU, or needs a tool that is not installed or refuses it.
Cubin image_for_gpu(std::span<const std::byte> bytes, unsigned architecture, const std::string& name);
// The same for the entries of a fat binary that was read already.
Cubin image_for_gpu(std::span<const FatbinEntry> entries, unsigned architecture, const std::string& name);

} // namespace heddle::cubin
