// What goes wrong inside a kernel, with the place, as compute-sanitizer would report it.
#pragma once

#include "sim/base/units.hpp"
#include "sim/isa/warp_stream.hpp"

#include <stdexcept>
#include <string>

namespace heddle::emulator {

enum class FaultKind : std::uint8_t {
    IllegalAddress,     // cudaErrorIllegalAddress
    MisalignedAddress,  // cudaErrorMisalignedAddress
    InvalidAddressSpace,// cudaErrorInvalidAddressSpace
    IllegalInstruction, // cudaErrorIllegalInstruction
    InvalidPc,          // cudaErrorInvalidPc
    HardwareStack,      // cudaErrorHardwareStackError
    Trap,               // cudaErrorLaunchFailure: __trap()
    Assert,             // cudaErrorAssert
    Timeout,            // cudaErrorLaunchTimeout: --timeout, or threads that wait for each other for ever
    NotSupported,       // an instruction or feature the emulator does not execute
};
const char* name(FaultKind kind);

// Thrown by operations; the executor adds where it happened.
class DeviceFault : public std::runtime_error {
  public:
    DeviceFault(FaultKind kind, std::string what_happened, unsigned lane = 0)
        : std::runtime_error(std::move(what_happened)), kind(kind), lane(lane) {}
    FaultKind kind;
    unsigned lane;
    // Filled in by the executor
    std::string kernel, instruction;
    std::uint32_t pc = 0;
    Dim3 cta{}, thread{};
    // One paragraph: "invalid global read of size 4 at 0x... by thread (3,0,0) in block (1,0,0), kernel k, address 0x120: LDG.E R2, [R4.64]".
    std::string report() const;
};

} // namespace heddle::emulator
