// UTMALDG, UTMASTG, UTMAREDG: copies of boxes of tensors (TMA).
//
// What is modelled: tiled and im2col boxes, element strides, swizzles, zero and NaN fill, multicast, reductions; the
// mbarrier is told the bytes of the whole box, filled ones included; see hopper_state.hpp for why at once. The innermost coordinate
// has to name a multiple of 16 bytes, else the instruction is illegal. Stores and reductions write whole chunks of 16 bytes: where
// the innermost size is no multiple of that, what follows the last element of a row is written too, up to the next 16 bytes.
// What is not: interleaved layouts (a DeviceFault says so), cache policies.
// Assumed: TFLOAT32 tensors are rounded to the nearest even TF32 when loaded, FTZ types lose denormals; NaN fill is the
// canonical NaN of the type.
// Sources: PTX ISA manual (cp.async.bulk.tensor, tensors); CUTLASS documentation for the conversion to TF32; the rule for the
// innermost coordinate: Triton issue 7385 and pull request 9112, and an H200 that ends copies which break it with
// cudaErrorIllegalInstruction (dl/tma_tensor_2d and 3d as they were); chunks of stores: Triton issue 11583 (measured on an H100).
#include "frontend/emulator/bulk_reduction.hpp"
#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/hopper_state.hpp"
#include "frontend/emulator/tensor_walk.hpp"
#include "frontend/sass/table.hpp"

#include <cstring>
#include <fmt/format.h>
#include <vector>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;

constexpr unsigned kChunk = 16, kSharedAlignment = 128;

TensorMap map_at(Warp& w, Address address) {
    if (address % 64 != 0) throw DeviceFault(FaultKind::MisalignedAddress, fmt::format("misaligned tensor map at 0x{:x}: not a multiple of 64", address));
    std::string why;
    const auto map = decode_tensor_map(global_bytes(w, address, kTensorMapBytes, "read of a tensor map"), &why);
    if (!map) throw DeviceFault(FaultKind::IllegalInstruction, fmt::format("tensor map at 0x{:x}: {}", address, why));
    if (map->interleave != 0) throw DeviceFault(FaultKind::NotSupported, "copies of interleaved tensors are not supported");
    return *map;
}

void fill_row(const TensorMap& map, std::byte* row, Bytes bytes) {
    if (!map.fill_nan) {
        std::memset(row, 0, bytes);
        return;
    }
    const unsigned size = element_bytes(map.element);
    const std::uint64_t nan = size == 2 ? 0x7fff : size == 4 ? 0x7fff'ffff : 0x7fff'ffff'ffff'ffff;
    for (Bytes at = 0; at < bytes; at += size) std::memcpy(row + at, &nan, size);
}

// What loading does to the values of some types.
void convert_row(TensorElement element, std::byte* row, Bytes bytes) {
    const bool flush = element == TensorElement::F32Ftz || element == TensorElement::Tf32Ftz;
    const bool round = element == TensorElement::Tf32 || element == TensorElement::Tf32Ftz;
    if (!flush && !round) return;
    for (Bytes at = 0; at < bytes; at += 4) {
        std::uint32_t v;
        std::memcpy(&v, row + at, 4);
        if (flush && (v & 0x7f80'0000) == 0) v &= 0x8000'0000;
        if (round && (v & 0x7f80'0000) != 0x7f80'0000) v = (v + 0xfff + ((v >> 13) & 1)) & 0xffff'e000;
        std::memcpy(row + at, &v, 4);
    }
}

// The block of uniform registers from `first` on holds the coordinates.
std::array<std::int32_t, kMostDimensions> coordinates(Warp& w, RowRef block, unsigned first, const TensorMap& map) {
    std::array<std::int32_t, kMostDimensions> c{};
    for (unsigned d = 0; d < map.rank; ++d) c[d] = static_cast<std::int32_t>(uniform(w, block, first + d));
    const int size = static_cast<int>(element_bytes(map.element)), step = static_cast<int>(kChunk) / size;
    if (c[0] % step != 0)
        throw DeviceFault(FaultKind::IllegalInstruction,
                          fmt::format("a tensor copy starts at the innermost coordinate {}, which is no multiple of 16 bytes ({} elements of {} bytes)", c[0], step, size));
    return c;
}

// Offsets of an im2col copy: 16 bits; two of 8; three of 5.
std::array<std::int32_t, 3> im2col_offsets(std::uint32_t packed, unsigned rank) {
    std::array<std::int32_t, 3> offsets{};
    const unsigned bits = rank == 3 ? 16 : rank == 4 ? 8 : 5;
    for (unsigned n = 0; n + 2 < rank; ++n) offsets[n] = static_cast<std::int32_t>((packed >> (n * bits)) & ((1U << bits) - 1));
    return offsets;
}

void check_form(const TensorMap& map, const MicroOp& op) {
    if (map.rank != op.p[0] || map.im2col != (op.p[1] != 0))
        throw DeviceFault(FaultKind::IllegalInstruction, fmt::format("a {}-dimensional {} copy uses the map of a {}-dimensional {} tensor", op.p[0], op.p[1] ? "im2col" : "tiled",
                                                                     map.rank, map.im2col ? "im2col" : "tiled"));
}

// Bytes of shared memory a box lies in: a swizzle may reach to the end of a row of 128 bytes.
Bytes span(const TensorMap& map) {
    const Bytes bytes = map.box_bytes();
    return map.swizzle == TensorSwizzle::None ? bytes : (bytes + kSharedAlignment - 1) / kSharedAlignment * kSharedAlignment;
}

// p[0]: rank; p[1]: im2col; p[2]: multicast.
void load(Warp& w, const MicroOp& op) {
    const TensorMap map = map_at(w, uniform_pair(w, op.a));
    check_form(map, op);
    const std::uint32_t to = uniform(w, op.d), barrier = uniform(w, op.d, 1), extra = uniform(w, op.c);
    const Bytes bytes = map.box_bytes();
    // The box as it will lie in shared memory, without swizzle.
    std::vector<std::byte> box(bytes);
    Address start = 0;
    Bytes moved = 0;
    for_each_row(map, coordinates(w, op.d, 2, map), im2col_offsets(extra & 0xffff, map.rank), [&](const TensorRow& row) {
        std::byte* to_row = box.data() + row.offset;
        if (row.last - row.first != row.bytes) fill_row(map, to_row, row.bytes);
        if (row.first == row.last) return;
        std::memcpy(to_row + row.first, global_bytes(w, row.address, row.last - row.first, "read of a tensor copy"), row.last - row.first);
        convert_row(map.element, to_row + row.first, row.last - row.first);
        if (moved == 0) start = row.address;
        moved += row.last - row.first;
    });
    if (moved != 0) record_copy(w, start, moved);
    const auto deliver = [&](std::uint32_t destination, std::uint32_t mbarrier) {
        std::byte* shared = cluster_bytes(w, destination, span(map), kSharedAlignment, "write of a tensor copy");
        const std::uint32_t base = destination & 0xffffff;
        for (Bytes at = 0; at < bytes; at += kChunk) std::memcpy(shared + (swizzled(base + static_cast<std::uint32_t>(at), map.swizzle) - base), box.data() + at, kChunk);
        complete_transactions(w, mbarrier, bytes);
    };
    if (!op.p[2]) return deliver(to, barrier);
    for_each_lane(extra >> 16, [&](unsigned rank) { deliver(rank << 24 | (to & 0xffffff), rank << 24 | (barrier & 0xffffff)); });
}

ReductionType reduction_type(TensorElement element) {
    switch (element) {
    case TensorElement::U32: return ReductionType::U32;
    case TensorElement::S32: return ReductionType::S32;
    case TensorElement::U64: return ReductionType::U64;
    case TensorElement::S64: return ReductionType::S64;
    case TensorElement::F16: return ReductionType::F16;
    case TensorElement::F64: return ReductionType::F64;
    case TensorElement::Bf16: return ReductionType::Bf16;
    default: return ReductionType::F32;
    }
}

// p[0], p[1] as above; p[2]: 0 stores, else the reduction's function + 1.
void store(Warp& w, const MicroOp& op) {
    const TensorMap map = map_at(w, uniform_pair(w, op.a));
    check_form(map, op);
    const std::uint32_t from = uniform(w, op.d), base = from & 0xffffff;
    const Bytes bytes = map.box_bytes();
    const std::byte* shared = cluster_bytes(w, from, span(map), kSharedAlignment, "read of a tensor copy");
    std::vector<std::byte> box(bytes);
    for (Bytes at = 0; at < bytes; at += kChunk) std::memcpy(box.data() + at, shared + (swizzled(base + static_cast<std::uint32_t>(at), map.swizzle) - base), kChunk);
    const ReductionType type = reduction_type(map.element);
    if (op.p[2] != 0 && (map.element < TensorElement::U32 || !reduction_exists(type, op.p[2] - 1)))
        throw DeviceFault(FaultKind::IllegalInstruction, "a tensor reduction that does not exist for the tensor's element type");
    Address start = 0;
    Bytes moved = 0;
    const DeviceMemory& memory = w.cta().grid().device().memory();
    for_each_row(map, coordinates(w, op.d, 1, map), {}, [&](const TensorRow& row) {
        if (row.first == row.last) return;
        Bytes length = row.last - row.first;
        // Whole chunks; real allocations end with one.
        if (const Bytes whole = (length + kChunk - 1) / kChunk * kChunk; row.first + whole <= row.bytes && memory.bytes(row.address, whole)) length = whole;
        std::byte* to = global_bytes(w, row.address, length, op.p[2] == 0 ? "write of a tensor copy" : "tensor reduction");
        if (op.p[2] == 0) std::memcpy(to, box.data() + row.offset + row.first, length);
        else reduce_elements(to, box.data() + row.offset + row.first, length, type, op.p[2] - 1);
        if (moved == 0) start = row.address;
        moved += length;
    });
    if (moved != 0) record_copy(w, start, moved);
}

} // namespace

Execute bind_hopper_tensor(const sass::Instruction& i, MicroOp& op) {
    if (i.op != Op::UTMALDG && i.op != Op::UTMASTG && i.op != Op::UTMAREDG) return nullptr;
    op.uniform = true;
    op.p[0] = i.field(Field::Shape) + 1U;
    op.p[1] = i.field(Field::Mode);
    if (i.op == Op::UTMALDG) {
        op.p[2] = i.flag(Field::M0);
        return load;
    }
    op.p[2] = i.op == Op::UTMAREDG ? i.field(Field::Function) + 1U : 0;
    return store;
}

} // namespace heddle::emulator
