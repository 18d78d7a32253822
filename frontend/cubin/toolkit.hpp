// The tools of an installed CUDA Toolkit that this program calls: ptxas and nvlink.
//
// What hardware this is: none; the driver's compiler and linker, for programs that bring PTX or relocatable images only.
// What is modelled: one call each, through files in a folder that vanishes. What is not: their options beyond those named here.
// A toolkit is looked for on PATH, in $CUDA_HOME/bin, in $CUDA_PATH/bin and in /usr/local/cuda/bin, in this order.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::cubin {

// The path of "ptxas" or "nvlink"; empty: not installed.
std::string find_tool(const std::string& tool);

// Compiles PTX for sm_`architecture`, or sm_90a if the PTX says `.target sm_90a`. `options` go to ptxas as they are. `name`
// is for messages. Errors: UserError with ptxas's message, or how to get ptxas.
std::vector<std::byte> compile_ptx(std::string_view ptx, unsigned architecture, const std::string& name,
                                   std::span<const std::string> options = {});

// Links relocatable cubins into one that is ready to run. Errors: as compile_ptx().
std::vector<std::byte> link_cubins(std::span<const std::vector<std::byte>> cubins, unsigned architecture, bool accelerated,
                                   const std::string& name);

} // namespace heddle::cubin
