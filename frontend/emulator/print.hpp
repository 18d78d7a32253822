// Device printf: format string and arguments as the compiler lays them out in memory.
//
// What is modelled: the conversions of C's printf that CUDA documents (c d i u o x X p s f F e E g G a A %, flags, width,
// precision, length). What is not: %n and anything else CUDA ignores, which is printed as it stands.
#pragma once

#include "frontend/emulator/warp.hpp"
#include "sim/base/units.hpp"

#include <string>

namespace heddle::emulator {

// Prints for one lane to the device's output. Returns the number of arguments, as CUDA's printf does; -1 if `format` is null.
// Throws DeviceFault if a pointer is bad.
int print(Warp& warp, unsigned lane, Address format, Address arguments);

// A zero-terminated string in memory a lane sees.
std::string read_text(Warp& warp, unsigned lane, Address address);

// Bytes of memory behind a generic address of a lane: global, shared or local. Throws DeviceFault.
std::byte* generic_bytes(Warp& warp, unsigned lane, Address address, Bytes bytes, bool write);

} // namespace heddle::emulator
