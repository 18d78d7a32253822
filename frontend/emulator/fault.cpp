#include "frontend/emulator/fault.hpp"

#include <fmt/format.h>

namespace heddle::emulator {

const char* name(FaultKind kind) {
    switch (kind) {
    case FaultKind::IllegalAddress: return "illegal address";
    case FaultKind::MisalignedAddress: return "misaligned address";
    case FaultKind::InvalidAddressSpace: return "invalid address space";
    case FaultKind::IllegalInstruction: return "illegal instruction";
    case FaultKind::InvalidPc: return "invalid program counter";
    case FaultKind::HardwareStack: return "stack overflow";
    case FaultKind::Trap: return "trap";
    case FaultKind::Assert: return "assertion";
    case FaultKind::Timeout: return "timeout";
    case FaultKind::NotSupported: return "not supported";
    }
    return "?";
}

std::string DeviceFault::report() const {
    if (kernel.empty()) return fmt::format("{}: {}", name(kind), what());
    return fmt::format("{}: {} by thread ({},{},{}) in block ({},{},{}) of kernel {} at 0x{:x}: {}", name(kind), what(), thread.x, thread.y, thread.z, cta.x,
                       cta.y, cta.z, kernel, pc, instruction);
}

} // namespace heddle::emulator
