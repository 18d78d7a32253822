// Redirects the CUDA runtime that is linked into a program (nvcc's default, libcudart_static.a) to the stand-in.
//
// What is modelled: every function of the runtime in an executable's or shared library's symbol table gets a jump to the
// function of the same name here, before any code of the program runs. What is not: stripped programs (there is no symbol
// table), libraries loaded with dlopen() later. Uses nothing but the C library: it runs before anything is initialised.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heddle::cuda {

// Finds the function that stands in for `name`. `cuda12`: the program's runtime is of CUDA 12, where some functions take
// other arguments. Null: leave the program's function as it is.
using FindStandIn = void* (*)(const char* name, bool cuda12);

struct HookResult {
    bool readable = false; // an ELF-64 file for this machine
    bool has_symbols = false;
    bool has_device_code = false;   // a fat binary segment
    unsigned runtime_functions = 0; // functions named cuda* or __cuda* that are defined in it
    unsigned patched = 0;
};

// Patches the loaded object that was read from the file `path` and lies `bias` bytes above its link addresses.
HookResult hook_object(const char* path, std::uintptr_t bias, FindStandIn find);

// Length of the jump, bytes.
inline constexpr std::size_t kJumpBytes = 13;
// Writes "jump to `target`" at `at`, making its pages writable for the moment. False if the system refuses.
bool write_jump(void* at, const void* target);

} // namespace heddle::cuda
