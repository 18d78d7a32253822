#include "frontend/emulator/system_calls.hpp"

#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/device.hpp"
#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/print.hpp"

#include <cstring>
#include <fmt/format.h>

namespace heddle::emulator {

namespace {

constexpr unsigned kFirstArgument = 4, kReturnAddress = 20;

void vprintf(Warp& w, const MicroOp&) {
    for_each_lane(w.active, [&](unsigned l) {
        const int printed = print(w, l, register_pair(w, kFirstArgument, l), register_pair(w, kFirstArgument + 2, l));
        w.row(kRegisterRow + kFirstArgument).lane[l] = static_cast<std::uint32_t>(printed);
    });
    return_from_call(w);
}

void device_malloc(Warp& w, const MicroOp&) {
    Device& device = w.cta().grid().device();
    for_each_lane(w.active, [&](unsigned l) {
        const Bytes bytes = register_pair(w, kFirstArgument, l);
        Address address = 0;
        if (bytes != 0 && bytes <= device.heap_limit && device.heap_used <= device.heap_limit - bytes) {
            address = device.memory().allocate(bytes, AllocationKind::Heap, "device malloc", 16);
            if (address != 0) device.heap_used += bytes;
        }
        set_register_pair(w, kFirstArgument, l, address);
    });
    return_from_call(w);
}

void device_free(Warp& w, const MicroOp&) {
    Device& device = w.cta().grid().device();
    for_each_lane(w.active, [&](unsigned l) {
        const Address address = register_pair(w, kFirstArgument, l);
        if (address == 0) return;
        const Allocation* allocation = device.memory().find(address);
        if (!allocation || allocation->kind != AllocationKind::Heap || allocation->begin != address)
            throw DeviceFault(FaultKind::IllegalAddress, fmt::format("free(0x{:x}) of something malloc() did not return", address), l);
        device.heap_used -= allocation->bytes;
        device.memory().release(address);
    });
    return_from_call(w);
}

void assert_failed(Warp& w, const MicroOp&) {
    const auto lane = static_cast<unsigned>(std::countr_zero(w.active));
    const std::string message = read_text(w, lane, register_pair(w, kFirstArgument, lane)), file = read_text(w, lane, register_pair(w, kFirstArgument + 2, lane)),
                      function = read_text(w, lane, register_pair(w, kFirstArgument + 6, lane));
    throw DeviceFault(FaultKind::Assert,
                      fmt::format("{}:{}: {}: assertion `{}` failed", file, w.row(kRegisterRow + kFirstArgument + 4).lane[lane], function, message), lane);
}

constexpr SystemCall kCalls[] = {
    {"vprintf", vprintf},
    {"malloc", device_malloc},
    {"free", device_free},
    {"__assertfail", assert_failed},
};

} // namespace

Address register_pair(Warp& w, unsigned index, unsigned lane) {
    return w.row(kRegisterRow + index).lane[lane] | static_cast<Address>(w.row(kRegisterRow + index + 1).lane[lane]) << 32;
}
void set_register_pair(Warp& w, unsigned index, unsigned lane, Address value) {
    w.row(kRegisterRow + index).lane[lane] = static_cast<std::uint32_t>(value);
    w.row(kRegisterRow + index + 1).lane[lane] = static_cast<std::uint32_t>(value >> 32);
}

void return_from_call(Warp& w) {
    Mask left = w.active;
    while (left != 0) {
        const auto lane = static_cast<unsigned>(std::countr_zero(left));
        const Address target = register_pair(w, kReturnAddress, lane);
        Mask same = 0;
        for_each_lane(left, [&](unsigned l) {
            if (register_pair(w, kReturnAddress, l) == target) same |= 1U << l;
        });
        if (target % sass::kWordBytes != 0 || !w.cta().grid().module().is_code(target))
            throw DeviceFault(FaultKind::InvalidPc, fmt::format("return to 0x{:x}, where there is no code", target), lane);
        left &= ~same;
        if (same == w.active) w.pc = static_cast<std::uint32_t>(target);
        else w.diverge(same, static_cast<std::uint32_t>(target));
    }
}

std::span<const SystemCall> system_calls() { return kCalls; }

} // namespace heddle::emulator
