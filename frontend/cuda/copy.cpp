#include "frontend/cuda/copy.hpp"

#include "frontend/cuda/api.hpp"

#include <cstring>

namespace heddle::cuda {

namespace {

using emulator::Allocation;
using emulator::AllocationKind;

Address address_of(const std::byte* pointer) { return reinterpret_cast<Address>(pointer); }

// Bytes from the first to the last byte of one side. Throws on overflow.
std::size_t span_of(const Side& side, std::size_t width, std::size_t height, std::size_t depth) {
    constexpr std::size_t kMost = std::size_t{1} << 46;
    std::size_t rows = 0, slices = 0;
    require(!__builtin_mul_overflow(height - 1, side.pitch, &rows) && !__builtin_mul_overflow(depth - 1, side.slice, &slices));
    require(width <= kMost && rows <= kMost && slices <= kMost);
    return slices + rows + width;
}

// What kind of memory a side is, for the check against the direction given. Throws Failure if it leaves its allocation.
enum class Where { Host, Device, Both };
Where where(Context& context, const Side& side, std::size_t width, std::size_t height, std::size_t depth) {
    const std::size_t bytes = span_of(side, width, height, depth);
    const Allocation* allocation = context.device.memory().find(address_of(side.first));
    if (allocation == nullptr) {
        require(side.first != nullptr);
        return Where::Host;
    }
    require(address_of(side.first) + bytes <= allocation->end());
    switch (allocation->kind) {
    case AllocationKind::Managed:
    case AllocationKind::Pinned:
    case AllocationKind::Registered: return Where::Both;
    default: return Where::Device;
    }
}

Transfer transfer_of(Where to, Where from, abi::CopyKind kind) {
    using abi::CopyKind;
    require(kind >= CopyKind::HostToHost && kind <= CopyKind::Default, Error::InvalidMemcpyDirection);
    if (kind == CopyKind::Default) {
        if (to == Where::Host) return from == Where::Host ? Transfer::HostToHost : Transfer::DeviceToHost;
        return from == Where::Host ? Transfer::HostToDevice : Transfer::DeviceToDevice;
    }
    const bool to_device = kind == CopyKind::HostToDevice || kind == CopyKind::DeviceToDevice;
    const bool from_device = kind == CopyKind::DeviceToHost || kind == CopyKind::DeviceToDevice;
    require(to == Where::Both || (to == Where::Device) == to_device);
    require(from == Where::Both || (from == Where::Device) == from_device);
    return static_cast<Transfer>(kind);
}

} // namespace

Side linear(const void* first, std::size_t pitch, std::size_t slice) {
    return {static_cast<std::byte*>(const_cast<void*>(first)), pitch, slice, nullptr};
}

void* in_symbol(Context& context, const void* symbol, std::size_t offset, std::size_t bytes) {
    const emulator::Variable& variable = context.images.variable(symbol);
    require(offset <= variable.bytes && bytes <= variable.bytes - offset);
    return reinterpret_cast<void*>(variable.address + offset);
}

Side in_array(const Array& array, std::size_t x_bytes, std::size_t y, std::size_t z) {
    require(x_bytes <= array.extent.width * array.element_bytes && y <= array.rows() && z <= array.slices());
    return {array.at(x_bytes, y, z), array.pitch, array.slice, const_cast<Array*>(&array)};
}

CopyOperation make_copy(Context& context, const Side& to, const Side& from, std::size_t width, std::size_t height, std::size_t depth,
                        abi::CopyKind kind) {
    CopyOperation copy;
    copy.to = to;
    copy.from = from;
    copy.width = width;
    copy.height = height;
    copy.depth = depth;
    copy.parameters.source = {from.first, from.pitch, width, height};
    copy.parameters.destination = {to.first, to.pitch, width, height};
    copy.parameters.extent = {width, height, depth};
    copy.parameters.kind = kind;
    if (width == 0 || height == 0 || depth == 0) {
        require(kind >= abi::CopyKind::HostToHost && kind <= abi::CopyKind::Default, Error::InvalidMemcpyDirection);
        copy.width = 0;
        return copy;
    }
    if (height > 1) require(to.pitch >= width && from.pitch >= width, Error::InvalidPitchValue);
    for (const Side* side : {&to, &from}) {
        if (side->array == nullptr) continue;
        const Array& array = context.arrays.find(side->array);
        const auto offset = static_cast<std::size_t>(side->first - array.at(0, 0, 0));
        require(offset % array.pitch + width <= array.extent.width * array.element_bytes);
    }
    copy.transfer = transfer_of(where(context, to, width, height, depth), where(context, from, width, height, depth), kind);
    return copy;
}

CopyOperation make_copy(Context& context, void* to, const void* from, std::size_t bytes, abi::CopyKind kind) {
    return make_copy(context, linear(to, bytes, bytes), linear(from, bytes, bytes), bytes, 1, 1, kind);
}

// The width is in elements if an array takes part, else in bytes. Positions in arrays are in elements, others in bytes.
CopyOperation make_copy(Context& context, const abi::Copy3D& p) {
    std::size_t element = 1;
    const auto side = [&](void* array, const abi::Position& at, const abi::PitchedPointer& pointer) {
        require((array != nullptr) != (pointer.pointer != nullptr));
        if (array != nullptr) {
            const Array& found = context.arrays.find(array);
            element = found.element_bytes;
            return in_array(found, at.x * found.element_bytes, at.y, at.z);
        }
        const std::size_t slice = pointer.pitch * pointer.height;
        return linear(static_cast<std::byte*>(pointer.pointer) + at.z * slice + at.y * pointer.pitch + at.x, pointer.pitch, slice);
    };
    const Side from = side(p.source_array, p.source_position, p.source);
    const Side to = side(p.destination_array, p.destination_position, p.destination);
    require(p.source_array == nullptr || p.destination_array == nullptr ||
            context.arrays.find(p.source_array).element_bytes == context.arrays.find(p.destination_array).element_bytes);
    CopyOperation copy = make_copy(context, to, from, p.extent.width * element, p.extent.height, p.extent.depth, p.kind);
    copy.parameters = p;
    return copy;
}

FillOperation make_fill(Context& context, const Side& to, std::uint32_t value, unsigned element_bytes, std::size_t width,
                        std::size_t height, std::size_t depth) {
    FillOperation fill{to.first, to.pitch, to.slice, value, element_bytes, width, height, depth};
    if (width == 0 || height == 0 || depth == 0) {
        fill.width = 0;
        return fill;
    }
    std::size_t bytes = 0;
    require(!__builtin_mul_overflow(width, std::size_t{element_bytes}, &bytes));
    require(address_of(to.first) % element_bytes == 0);
    if (height > 1) require(to.pitch >= bytes, Error::InvalidPitchValue);
    require(where(context, to, bytes, height, depth) != Where::Host);
    return fill;
}

void carry_out(const CopyOperation& copy) {
    if (copy.width == 0) return;
    for (std::size_t z = 0; z < copy.depth; ++z)
        for (std::size_t y = 0; y < copy.height; ++y)
            std::memmove(copy.to.first + z * copy.to.slice + y * copy.to.pitch, copy.from.first + z * copy.from.slice + y * copy.from.pitch,
                         copy.width);
}

void carry_out(const FillOperation& fill) {
    if (fill.width == 0) return;
    for (std::size_t z = 0; z < fill.depth; ++z)
        for (std::size_t y = 0; y < fill.height; ++y) {
            std::byte* row = fill.first + z * fill.slice + y * fill.pitch;
            if (fill.element_bytes == 1) {
                std::memset(row, static_cast<int>(fill.value), fill.width);
                continue;
            }
            for (std::size_t x = 0; x < fill.width; ++x) std::memcpy(row + x * fill.element_bytes, &fill.value, fill.element_bytes);
        }
}

} // namespace heddle::cuda
