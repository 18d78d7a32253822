// Functions the driver provides to device code: printf, malloc, free, assert.
//
// What is modelled: the calling convention of device functions (arguments from R4 on, 64-bit ones in even pairs; result
// in R4; return address in R20-R21). What is not: launches from the device. Sources: code of nvcc that calls them.
#pragma once

#include "frontend/emulator/micro_op.hpp"

#include <span>

namespace heddle::emulator {

struct SystemCall {
    const char* name;
    Execute execute; // for the active lanes, return included
};
std::span<const SystemCall> system_calls();

} // namespace heddle::emulator
