// Functions the driver provides to device code: printf, malloc, free, assert.
//
// What is modelled: the calling convention of device functions (arguments from R4 on, 64-bit ones in even pairs; result
// in R4; return address in R20-R21). Launches from the device: device_launch.hpp. Sources: code of nvcc that calls them.
#pragma once

#include "frontend/emulator/micro_op.hpp"

#include "sim/base/units.hpp"

#include <span>

namespace heddle::emulator {

struct SystemCall {
    const char* name;
    Execute execute; // for the active lanes, return included
};
std::span<const SystemCall> system_calls();

// An even pair of a lane's registers.
Address register_pair(Warp& warp, unsigned index, unsigned lane);
void set_register_pair(Warp& warp, unsigned index, unsigned lane, Address value);
// Lets the active lanes return to where they were called from. Throws DeviceFault if that is no code.
void return_from_call(Warp& warp);

} // namespace heddle::emulator
