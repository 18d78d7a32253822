// Loads and stores: LDG STG LD ST LDL STL LDS STS LDC.
//
// A full warp that accesses consecutive elements within one known allocation takes one check and one copy; everything
// else goes lane by lane. Cache operators, eviction priorities, scopes and memory order change no value here: lanes, warps and blocks
// execute one after another, so every access is already strong.
// STG/LDG predicates: see memory_load_rows.cpp.
#include "frontend/emulator/memory_operations.hpp"

#include "sim/base/error.hpp"

#include <fmt/format.h>

namespace heddle::emulator {

namespace {

enum class Space : std::uint8_t { Global, Generic };
enum class Near : std::uint8_t { Shared, Local };

template <class T> T get(const std::byte* p) {
    T value;
    std::memcpy(&value, p, sizeof value);
    return value;
}

// One lane's element of W bytes into rows from `d` on.
template <unsigned W, bool Signed> inline void load_lane(Row* d, unsigned lane, const std::byte* p) {
    if constexpr (W == 1) d[0].lane[lane] = Signed ? static_cast<std::uint32_t>(get<std::int8_t>(p)) : get<std::uint8_t>(p);
    else if constexpr (W == 2) d[0].lane[lane] = Signed ? static_cast<std::uint32_t>(get<std::int16_t>(p)) : get<std::uint16_t>(p);
    else
        for (unsigned i = 0; i < W / 4; ++i) d[i].lane[lane] = get<std::uint32_t>(p + 4 * i);
}
template <unsigned W> inline void store_lane(const Row* s, unsigned lane, std::byte* p) {
    if constexpr (W < 4) std::memcpy(p, &s[0].lane[lane], W);
    else
        for (unsigned i = 0; i < W / 4; ++i) std::memcpy(p + 4 * i, &s[i].lane[lane], 4);
}
// A whole warp's consecutive elements.
template <unsigned W, bool Signed> inline void load_all(Row* d, const std::byte* p) {
    if constexpr (W == 4) std::memcpy(d, p, sizeof(Row));
    else if constexpr (W > 4) {
        std::uint32_t words[kLanes * W / 4];
        std::memcpy(words, p, sizeof words);
        for (unsigned i = 0; i < W / 4; ++i)
            for (unsigned l = 0; l < kLanes; ++l) d[i].lane[l] = words[l * (W / 4) + i];
    } else
        for (unsigned l = 0; l < kLanes; ++l) load_lane<W, Signed>(d, l, p + W * l);
}
template <unsigned W> inline void store_all(const Row* s, std::byte* p) {
    if constexpr (W == 4) std::memcpy(p, s, sizeof(Row));
    else if constexpr (W > 4) {
        std::uint32_t words[kLanes * W / 4];
        for (unsigned i = 0; i < W / 4; ++i)
            for (unsigned l = 0; l < kLanes; ++l) words[l * (W / 4) + i] = s[i].lane[l];
        std::memcpy(p, words, sizeof words);
    } else
        for (unsigned l = 0; l < kLanes; ++l) store_lane<W>(s, l, p + W * l);
}

template <Space S, unsigned W>
std::byte* far_place(MemorySpace& space, Warp& w, const MicroOp& op, Address address, AccessKind kind, unsigned lane) {
    if constexpr (S == Space::Generic) return space.generic(address, W, op.number, kind, thread_of(w, lane));
    else return space.global(address, W, op.number, kind, lane);
}

template <Space S, unsigned W, bool Signed> void load_far(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const WideAddress address(w, op);
    Row* const d = &w.destination(op.d);
    const Mask lanes = w.exec & w.predicate(op.pa);
    record_addresses(w, lanes, [&](unsigned l) { return address.of(l); });
    if (lanes == kAllLanes && address.contiguous(W)) {
        const Address first = address.of(0);
        if (first % W == 0 && space.covers(first, kLanes * W, op.number, false)) {
            load_all<W, Signed>(d, reinterpret_cast<const std::byte*>(first));
            return;
        }
    }
    for_each_lane(lanes,
                  [&](unsigned l) { load_lane<W, Signed>(d, l, far_place<S, W>(space, w, op, address.of(l), AccessKind::Read, l)); });
    if (lanes != w.exec)
        for_each_lane(w.exec & ~lanes, [&](unsigned l) {
            for (unsigned i = 0; i < (W + 3) / 4; ++i) d[i].lane[l] = 0;
        });
}

template <Space S, unsigned W> void store_far(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const WideAddress address(w, op);
    const Row* const s = &w.source(op.b);
    record_addresses(w, w.exec, [&](unsigned l) { return address.of(l); });
    if (w.exec == kAllLanes && address.contiguous(W)) {
        const Address first = address.of(0);
        if (first % W == 0 && space.covers(first, kLanes * W, op.number, true)) {
            store_all<W>(s, reinterpret_cast<std::byte*>(first));
            return;
        }
    }
    for_each_lane(w.exec, [&](unsigned l) { store_lane<W>(s, l, far_place<S, W>(space, w, op, address.of(l), AccessKind::Write, l)); });
}

template <Near S, unsigned W> std::byte* near_place(MemorySpace& space, Warp& w, std::uint32_t address, AccessKind kind, unsigned lane) {
    if constexpr (S == Near::Shared) return space.shared(address, W, kind, lane);
    else return space.local(address, W, kind, thread_of(w, lane));
}

template <Near S> void record_near(MemorySpace& space, Warp& w, const NarrowAddress& address) {
    record_addresses(w, w.exec,
                     [&](unsigned l) { return S == Near::Shared ? Address{space.shared_offset(address.of(l))} : Address{address.of(l)}; });
}

template <Near S, unsigned W, bool Signed> void load_near(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const NarrowAddress address(w, op);
    Row* const d = &w.destination(op.d);
    record_near<S>(space, w, address);
    if constexpr (S == Near::Shared) {
        if (w.exec == kAllLanes && address.contiguous(W)) {
            if (const std::byte* const first = space.shared_range(address.of(0), kLanes * W, W)) {
                load_all<W, Signed>(d, first);
                return;
            }
        }
    }
    for_each_lane(w.exec, [&](unsigned l) { load_lane<W, Signed>(d, l, near_place<S, W>(space, w, address.of(l), AccessKind::Read, l)); });
}

template <Near S, unsigned W> void store_near(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const NarrowAddress address(w, op);
    const Row* const s = &w.source(op.b);
    record_near<S>(space, w, address);
    if constexpr (S == Near::Shared) {
        if (w.exec == kAllLanes && address.contiguous(W)) {
            if (std::byte* const first = space.shared_range(address.of(0), kLanes * W, W)) {
                store_all<W>(s, first);
                return;
            }
        }
    }
    for_each_lane(w.exec, [&](unsigned l) { store_lane<W>(s, l, near_place<S, W>(space, w, address.of(l), AccessKind::Write, l)); });
}

// c[bank][R + offset]: beyond the bank lie zeros. p[3]: bank.
template <unsigned W, bool Signed> void load_constant(Warp& w, const MicroOp& op) {
    const std::span<const std::byte> bank = w.cta().grid().constant_bank(op.p[3]);
    const Row& index = w.row(op.p[1]);
    Row* const d = &w.destination(op.d);
    for_each_lane(w.exec, [&](unsigned l) {
        const auto offset = static_cast<std::uint32_t>(index.lane[l] + op.immediate);
        if (offset % W != 0)
            throw DeviceFault(FaultKind::MisalignedAddress,
                              fmt::format("constant read of {} bytes at 0x{:x}, which is no multiple of {}", W, offset, W), l);
        std::byte bytes[W] = {};
        if (offset + std::uint64_t{W} <= bank.size()) std::memcpy(bytes, bank.data() + offset, W);
        load_lane<W, Signed>(d, l, bytes);
    });
}

// In order of Field::Size: U8 S8 U16 S16 32 64 128.
template <Space S>
constexpr Execute kFarLoads[] = {load_far<S, 1, false>, load_far<S, 1, true>,  load_far<S, 2, false>, load_far<S, 2, true>,
                                 load_far<S, 4, false>, load_far<S, 8, false>, load_far<S, 16, false>};
template <Space S>
constexpr Execute kFarStores[] = {store_far<S, 1>, store_far<S, 1>, store_far<S, 2>, store_far<S, 2>,
                                  store_far<S, 4>, store_far<S, 8>, store_far<S, 16>};
template <Near S>
constexpr Execute kNearLoads[] = {load_near<S, 1, false>, load_near<S, 1, true>,  load_near<S, 2, false>, load_near<S, 2, true>,
                                  load_near<S, 4, false>, load_near<S, 8, false>, load_near<S, 16, false>};
template <Near S>
constexpr Execute kNearStores[] = {store_near<S, 1>, store_near<S, 1>, store_near<S, 2>, store_near<S, 2>,
                                   store_near<S, 4>, store_near<S, 8>, store_near<S, 16>};
constexpr Execute kConstantLoads[] = {load_constant<1, false>, load_constant<1, true>,  load_constant<2, false>,
                                      load_constant<2, true>,  load_constant<4, false>, load_constant<8, false>};

} // namespace

Execute bind_loads(const sass::Instruction& i, MicroOp& op) {
    using sass::Op;
    const unsigned size = i.field(sass::Field::Size);
    switch (i.op) {
    case Op::LDG: bind_address(i, op); return kFarLoads<Space::Global>[size];
    case Op::LD: bind_address(i, op); return kFarLoads<Space::Generic>[size];
    case Op::STG: bind_address(i, op); return kFarStores<Space::Global>[size];
    case Op::ST: bind_address(i, op); return kFarStores<Space::Generic>[size];
    case Op::LDL: bind_address(i, op); return kNearLoads<Near::Local>[size];
    case Op::STL: bind_address(i, op); return kNearStores<Near::Local>[size];
    case Op::LDS: bind_address(i, op); return kNearLoads<Near::Shared>[size];
    case Op::STS: bind_address(i, op); return kNearStores<Near::Shared>[size];
    case Op::LDC: {
        const sass::Operand& c = i[sass::Slot::A];
        op.p[1] = c.index == sass::kZeroRegister ? kZeroRow : kRegisterRow + c.index;
        op.p[3] = c.bank;
        op.immediate = static_cast<std::uint64_t>(c.value);
        return kConstantLoads[size];
    }
    default: return nullptr;
    }
}

} // namespace heddle::emulator
