// Texture fetches and surface accesses: TEX TLD TLD4 TXD TXQ SULD SUST.
//
// Levels of detail and gradients are read but change nothing, since images have one level. Not executed: offsets (AOFFI), NDV,
// results in halves (F16), gathers and gradients in cube maps, formatted stores (SUST.P) and reductions (SURED.P). See texture.hpp for the
// sampling.
#include "frontend/emulator/atomic_arithmetic.hpp"
#include "frontend/emulator/cube_map.hpp"
#include "frontend/emulator/device.hpp"
#include "frontend/emulator/memory_operations.hpp"
#include "frontend/emulator/texture.hpp"

#include "frontend/sass/table.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;

const TextureDescriptor& object(Warp& w, std::uint32_t handle, unsigned lane) {
    const TextureDescriptor* d = w.cta().grid().device().textures().find(handle);
    if (!d) throw DeviceFault(FaultKind::IllegalAddress, fmt::format("there is no texture or surface object 0x{:x}", handle), lane);
    return *d;
}

struct Reader {
    MemorySpace& space;
    std::uint32_t number;
    unsigned lane;
    AccessKind kind = AccessKind::Read;
};
const std::byte* read_texel(void* context, Address address, unsigned bytes) {
    auto& r = *static_cast<Reader*>(context);
    return r.space.global(address, bytes, r.number, r.kind, r.lane);
}

// Arguments of a fetch in order: p[0] how many come from A; the rest from B. A list for one lane.
struct Arguments {
    const Row* a;
    const Row* b;
    unsigned in_a;
    std::uint32_t operator()(unsigned n, unsigned lane) const { return n < in_a ? a[n].lane[lane] : b[n - in_a].lane[lane]; }
};

// p[1]: dimensions as encoded (0-2, +4 with array index); p[2]: position of the handle in the list, kNoHandle if it is in E; p[3]:
// components | component of a gather << 8.
constexpr std::uint32_t kNoHandle = 0xff;

std::uint32_t handle_of(Warp& w, const MicroOp& op, const Arguments& list, unsigned lane) {
    return op.p[2] == kNoHandle ? w.source(op.e).lane[lane] : list(op.p[2], lane);
}

void put_components(Warp& w, const MicroOp& op, unsigned lane, const Texel& texel) {
    Row* const first = &w.destination(op.d);
    Row* const second = &w.destination(op.d2);
    unsigned n = 0;
    for (unsigned c = 0; c < 4; ++c) {
        if (!(op.p[3] >> c & 1)) continue;
        (n < 2 ? first[n] : second[n - 2]).lane[lane] = texel[c];
        ++n;
    }
}

enum class Fetch : std::uint8_t { Sample, Load, Gather, Gradient };
template <Fetch F> void fetch(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const Arguments list{&w.source(op.a), &w.source(op.b), op.p[0]};
    const bool cube = (op.p[1] & 3) == 3;
    const unsigned dimensions = cube ? 3 : (op.p[1] & 3) + 1;
    const bool layered = op.p[1] >= 4;
    for_each_lane(w.exec, [&](unsigned l) {
        const TextureDescriptor& d = object(w, handle_of(w, op, list, l), l);
        TexturePoint point;
        // tex.1d is compiled to a fetch in two dimensions: coordinates the image does not have are ignored.
        point.dimensions = std::min(dimensions, d.depth != 0 ? 3U : d.height != 0 ? 2U : 1U);
        point.layered = layered;
        point.integer = F == Fetch::Load;
        // TXD has the handle first and the array index last.
        unsigned n = F == Fetch::Gradient ? (op.p[2] == kNoHandle ? 0 : 1) : (layered ? 1 : 0);
        for (unsigned k = 0; k < dimensions; ++k, ++n) {
            const std::uint32_t bits = list(n, l);
            point.at[k] = std::bit_cast<float>(bits);
            point.texel[k] = static_cast<std::int32_t>(bits);
        }
        if (layered) point.layer = F == Fetch::Gradient ? list(n, l) & 0xffff : list(0, l);
        if (cube) point = on_cube(point);
        Reader reader{space, op.number, l};
        put_components(w, op, l,
                       F == Fetch::Gather ? gather(d, point, op.p[3] >> 8, read_texel, &reader) : sample(d, point, read_texel, &reader));
    });
}

void query(Warp& w, const MicroOp& op) {
    const Arguments list{&w.source(op.a), &w.source(op.b), 2};
    for_each_lane(w.exec, [&](unsigned l) {
        const TextureDescriptor& d = object(w, handle_of(w, op, list, l), l);
        put_components(w, op, l, {d.width, std::max(d.height, 1U), d.layers != 0 ? d.layers : std::max(d.depth, 1U), 1});
    });
}

// Surfaces. p[0]: dimensions as encoded; p[1]: what to do out of range (0 ignore, 1 clamp, 2 trap).
enum class Outside : std::uint8_t { Ignore, Clamp, Trap };

// Place of an access of `bytes` bytes; null if it is to be ignored.
std::byte* surface_place(MemorySpace& space, Warp& w, const MicroOp& op, unsigned bytes, AccessKind kind, unsigned l) {
    const TextureDescriptor& d = object(w, w.source(op.e).lane[l], l);
    const Row* const a = &w.source(op.a);
    constexpr unsigned spatial[] = {1, 1, 1, 2, 2, 3};
    const bool layered = op.p[0] == 2 || op.p[0] == 4;
    std::array<std::int64_t, 3> at{};
    const std::array<std::int64_t, 3> last{std::int64_t{d.width} * d.texel_bytes() - bytes, std::int64_t{std::max(d.height, 1U)} - 1,
                                           layered ? std::int64_t{std::max(d.layers, 1U)} - 1 : std::int64_t{std::max(d.depth, 1U)} - 1};
    const unsigned count = spatial[op.p[0]];
    for (unsigned k = 0; k < count; ++k) at[k] = static_cast<std::int32_t>(a[k].lane[l]);
    if (layered) at[2] = static_cast<std::int32_t>(a[count].lane[l]);
    for (unsigned k = 0; k < 3; ++k) {
        if (at[k] >= 0 && at[k] <= last[k]) continue;
        switch (static_cast<Outside>(op.p[1])) {
        case Outside::Ignore: return nullptr;
        case Outside::Clamp: at[k] = at[k] < 0 ? 0 : last[k]; break;
        case Outside::Trap:
            throw DeviceFault(
                FaultKind::IllegalAddress,
                fmt::format("surface access of {} bytes at ({}, {}, {}), out of range; x in bytes", bytes, at[0], at[1], at[2]), l);
        }
    }
    const Address address =
        d.data + static_cast<Address>(at[0]) + static_cast<Address>(at[1]) * d.pitch + static_cast<Address>(at[2]) * d.slice;
    return space.global(address, bytes, op.number, kind, l);
}

template <unsigned W, bool Signed> void load_surface(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    Row* const d = &w.destination(op.d);
    for_each_lane(w.exec, [&](unsigned l) {
        std::uint32_t words[4] = {};
        if (const std::byte* p = surface_place(space, w, op, W, AccessKind::Read, l)) std::memcpy(words, p, W);
        if (Signed && W < 4) words[0] = static_cast<std::uint32_t>(static_cast<std::int32_t>(words[0] << (32 - 8 * W)) >> (32 - 8 * W));
        for (unsigned i = 0; i < (W + 3) / 4; ++i) d[i].lane[l] = words[i];
    });
}
template <unsigned W> void store_surface(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const Row* const s = &w.source(op.b);
    for_each_lane(w.exec, [&](unsigned l) {
        std::uint32_t words[4] = {};
        for (unsigned i = 0; i < (W + 3) / 4; ++i) words[i] = s[i].lane[l];
        if (std::byte* p = surface_place(space, w, op, W, AccessKind::Write, l)) std::memcpy(p, words, W);
    });
}
// Reductions, lanes in order. p[2]: 0 unsigned, 1 signed; p[3]: operation (0 ADD 1 MIN 2 MAX 5 AND 6 OR 7 XOR).
template <class T> T reduced(T old, T value, unsigned function, bool is_signed) {
    using namespace arithmetic;
    switch (function) {
    case 0: return add(old, value);
    case 1: return is_signed ? min_signed(old, value) : min_unsigned(old, value);
    case 2: return is_signed ? max_signed(old, value) : max_unsigned(old, value);
    case 5: return old & value;
    case 6: return old | value;
    default: return old ^ value;
    }
}
template <class T> void reduce_surface(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const Row* const s = &w.source(op.b);
    for_each_lane(w.exec, [&](unsigned l) {
        std::byte* const p = surface_place(space, w, op, sizeof(T), AccessKind::Atomic, l);
        if (!p) return;
        T old, value = static_cast<T>(s[0].lane[l]);
        if constexpr (sizeof(T) == 8) value |= static_cast<T>(s[1].lane[l]) << 32;
        std::memcpy(&old, p, sizeof(T));
        old = reduced(old, value, op.p[3], op.p[2] != 0);
        std::memcpy(p, &old, sizeof(T));
    });
}
constexpr Execute kSurfaceLoads[] = {load_surface<1, false>, load_surface<1, true>,  load_surface<2, false>, load_surface<2, true>,
                                     load_surface<4, false>, load_surface<8, false>, load_surface<16, false>};
constexpr Execute kSurfaceStores[] = {store_surface<1>, store_surface<1>, store_surface<2>, store_surface<2>,
                                      store_surface<4>, store_surface<8>, store_surface<16>};

[[noreturn]] void refuse(const sass::Instruction& i, const char* what) {
    throw UserError(Diagnostic{"emulator", 0, 0, fmt::format("cannot execute {} at 0x{:x}", sass::text(i), i.address),
                               fmt::format("{} are not modelled", what)});
}

Execute bind_fetch(const sass::Instruction& i, MicroOp& op) {
    const unsigned dimensions = i.field(Field::Shape);
    const bool cube = (dimensions & 3) == 3;
    if (cube && i.op != Op::TEX) refuse(i, "loads, gathers and gradients of cube maps");
    if (i.flag(Field::M4)) refuse(i, "texture offsets");
    if (i.flag(Field::M5)) refuse(i, "texture results in half precision");
    if (i.op == Op::TEX && i.flag(Field::M6)) refuse(i, "texture fetches with gradients by difference");
    const bool in_list = i.flag(Field::M0);
    const unsigned coordinates = (cube ? 3 : (dimensions & 3) + 1) + (dimensions >= 4 ? 1 : 0);
    op.p[0] = i[Slot::A].registers;
    op.p[1] = dimensions;
    op.p[2] = !in_list ? kNoHandle : i.op == Op::TXD ? 0 : coordinates;
    op.p[3] = i.field(Field::M1);
    switch (i.op) {
    case Op::TLD: return fetch<Fetch::Load>;
    case Op::TLD4: op.p[3] |= static_cast<std::uint32_t>(i.field(Field::Mode)) << 8; return fetch<Fetch::Gather>;
    case Op::TXD: return fetch<Fetch::Gradient>;
    default: return fetch<Fetch::Sample>;
    }
}

} // namespace

Execute bind_textures(const sass::Instruction& i, MicroOp& op) {
    switch (i.op) {
    case Op::TEX:
    case Op::TLD:
    case Op::TLD4:
    case Op::TXD: return bind_fetch(i, op);
    case Op::TXQ:
        op.p[2] = i.flag(Field::M0) ? 0 : kNoHandle;
        op.p[3] = i.field(Field::M1);
        return query;
    case Op::SULD:
    case Op::SUST:
        if (i.op == Op::SUST && i.row->mnemonic == "SUST.P") refuse(i, "formatted surface stores");
        op.p[0] = i.field(Field::Shape);
        op.p[1] = i.field(Field::Mode);
        return i.op == Op::SULD ? kSurfaceLoads[i.field(Field::Size)] : kSurfaceStores[i.field(Field::Size)];
    case Op::SURED: {
        if (!i.flag(Field::M0)) refuse(i, "formatted surface reductions");
        op.p[0] = i.field(Field::Shape);
        op.p[1] = i.field(Field::Mode);
        const unsigned type = i.field(Field::Size); // U32 S32 U64 .. S64
        op.p[2] = type == 1 || type == 5;
        op.p[3] = i.field(Field::Function);
        return type >= 2 ? reduce_surface<std::uint64_t> : reduce_surface<std::uint32_t>;
    }
    default: return nullptr;
    }
}

} // namespace heddle::emulator
