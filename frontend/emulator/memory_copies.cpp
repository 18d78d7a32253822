// Matrices between shared memory and registers (LDSM, STSM) and asynchronous copies (LDGSTS, ARRIVES).
//
// LDSM/STSM: lane 8m + r gives the address of row r (16 bytes) of the 8x8 matrix m of 16-bit elements. Lane t holds
// elements 2(t%4) and 2(t%4)+1 of row t/4, or, transposed, of column t/4.
// Copies complete at once: later reads see them, as they do after the wait on hardware. A program that reads the destination before
// it waits is racy there; here it sees the new data. Arrivals that hang on copies therefore happen at once too.
// Sources: PTX ISA manual (ldmatrix, stmatrix, cp.async, cp.async.mbarrier.arrive).
#include "frontend/emulator/mbarrier.hpp"
#include "frontend/emulator/memory_operations.hpp"

namespace heddle::emulator {

namespace {

constexpr unsigned kRows = 8, kRowBytes = 16;

void record_shared(MemorySpace& space, Warp& w, const NarrowAddress& address, Mask lanes) {
    record_addresses(w, lanes, [&](unsigned l) { return Address{space.shared_offset(address.of(l))}; });
}

// Halfword `column` of row `row` as lane t holds it in half `h`.
struct Element {
    unsigned row, column;
};
template <bool Transposed> Element element(unsigned lane, unsigned half) {
    const unsigned outer = lane / 4, inner = 2 * (lane % 4) + half;
    return Transposed ? Element{inner, outer} : Element{outer, inner};
}

template <unsigned Matrices, bool Transposed> void load_matrix(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const NarrowAddress address(w, op);
    constexpr Mask asked = Matrices == 4 ? kAllLanes : (1U << kRows * Matrices) - 1;
    record_shared(space, w, address, w.exec & asked);
    // Rows whose lane does not take part are zero (undefined on hardware).
    std::uint16_t data[Matrices][kRows][kRows] = {};
    for_each_lane(w.exec & asked, [&](unsigned l) {
        std::memcpy(data[l / kRows][l % kRows], space.shared(address.of(l), kRowBytes, AccessKind::Read, l), kRowBytes);
    });
    Row* const d = &w.destination(op.d);
    for (unsigned m = 0; m < Matrices; ++m) {
        Row values;
        for (unsigned l = 0; l < kLanes; ++l) {
            const Element low = element<Transposed>(l, 0), high = element<Transposed>(l, 1);
            values.lane[l] = data[m][low.row][low.column] | std::uint32_t{data[m][high.row][high.column]} << 16;
        }
        blend(d[m], values, w.exec);
    }
}

template <unsigned Matrices, bool Transposed> void store_matrix(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const NarrowAddress address(w, op);
    constexpr Mask asked = Matrices == 4 ? kAllLanes : (1U << kRows * Matrices) - 1;
    record_shared(space, w, address, w.exec & asked);
    const Row* const s = &w.source(op.b);
    std::uint16_t data[Matrices][kRows][kRows];
    for (unsigned m = 0; m < Matrices; ++m)
        for (unsigned l = 0; l < kLanes; ++l)
            for (unsigned h = 0; h < 2; ++h) {
                const Element e = element<Transposed>(l, h);
                data[m][e.row][e.column] = static_cast<std::uint16_t>(s[m].lane[l] >> 16 * h);
            }
    for_each_lane(w.exec & asked, [&](unsigned l) {
        std::memcpy(space.shared(address.of(l), kRowBytes, AccessKind::Write, l), data[l / kRows][l % kRows], kRowBytes);
    });
}

// op.a, op.b: registers of the shared and the global address; p[0] to p[2] as in bind_address, of the global one; p[3] the row of the
// uniform register of the shared one; immediate: low half the global offset, high half the shared one.
template <unsigned Size, bool ZeroFill> void copy(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const Row& low = w.source(op.b);
    const Row& high = w.row(op.p[1]);
    const Address add = static_cast<Address>(std::int64_t{static_cast<std::int32_t>(op.immediate)}) +
                        (w.row(op.p[0]).lane[0] | Address{w.row(op.p[2]).lane[0]} << 32);
    const Row& shared = w.source(op.a);
    const std::uint32_t shared_add = static_cast<std::uint32_t>(op.immediate >> 32) + w.row(op.p[3]).lane[0];
    const auto from = [&](unsigned l) { return (low.lane[l] | Address{high.lane[l]} << 32) + add; };
    const Mask reads = w.exec & w.predicate(op.pa);
    record_addresses(w, reads, from);
    for_each_lane(w.exec, [&](unsigned l) {
        std::byte* const to = space.shared(shared.lane[l] + shared_add, Size, AccessKind::Copy, l);
        if (!(reads >> l & 1)) {
            std::memset(to, 0, Size);
            return;
        }
        if constexpr (ZeroFill) {
            const Address address = from(l), begin = address & ~Address{Size - 1};
            const unsigned bytes = Size - static_cast<unsigned>(address - begin);
            const std::byte* const p = space.global(begin, 1, op.number, AccessKind::Read, l);
            space.global(begin + bytes - 1, 1, op.number, AccessKind::Read, l);
            std::memcpy(to, p, bytes);
            std::memset(to + bytes, 0, Size - bytes);
        } else std::memcpy(to, space.global(from(l), Size, op.number, AccessKind::Read, l), Size);
    });
}

enum class Arrival : std::uint8_t { Sm80, Count, Transaction };
template <Arrival A> void arrives(Warp& w, const MicroOp& op) {
    MemorySpace& space = MemorySpace::of(w);
    const NarrowAddress address(w, op);
    record_shared(space, w, address, w.exec);
    for_each_lane(w.exec, [&](unsigned l) {
        std::byte* const p = space.shared(address.of(l), 8, AccessKind::Atomic, l);
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        if constexpr (A == Arrival::Sm80) mbarrier::sm80::arrive(word);
        else if constexpr (A == Arrival::Count) mbarrier::arrive(word, 1);
        else mbarrier::complete_tx(word, 1);
        std::memcpy(p, &word, 8);
    });
}

// By number of matrices (1, 2, 4) and transposition.
constexpr Execute kLoads[3][2] = {{load_matrix<1, false>, load_matrix<1, true>},
                                  {load_matrix<2, false>, load_matrix<2, true>},
                                  {load_matrix<4, false>, load_matrix<4, true>}};
constexpr Execute kStores[3][2] = {{store_matrix<1, false>, store_matrix<1, true>},
                                   {store_matrix<2, false>, store_matrix<2, true>},
                                   {store_matrix<4, false>, store_matrix<4, true>}};
constexpr Execute kCopies[3][2] = {{copy<4, false>, copy<4, true>}, {copy<8, false>, copy<8, true>}, {copy<16, false>, copy<16, true>}};

Execute bind_copy(const sass::Instruction& i, MicroOp& op) {
    const sass::Operand& shared = i[sass::Slot::A];
    bind_address(i, op, sass::Slot::B); // puts the global register into op.a
    op.b = op.a;
    op.a = {0, shared.index == sass::kZeroRegister ? kZeroRow : kRegisterRow + shared.index};
    op.p[3] = shared.uniform == sass::kZeroUniformRegister ? kZeroRow : shared.uniform;
    op.immediate = (op.immediate & 0xffffffffU) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(shared.value)) << 32;
    return kCopies[i.field(sass::Field::Size) - 4][i.flag(sass::Field::ZeroFill)];
}

} // namespace

Execute bind_copies(const sass::Instruction& i, MicroOp& op) {
    using sass::Field;
    using sass::Op;
    switch (i.op) {
    case Op::LDSM: bind_address(i, op); return kLoads[i.field(Field::Matrices)][i.field(Field::Transpose)];
    case Op::STSM: bind_address(i, op); return kStores[i.field(Field::Matrices)][i.field(Field::Transpose)];
    case Op::LDGSTS: return bind_copy(i, op);
    case Op::ARRIVES: {
        bind_address(i, op);
        const unsigned mode = i.field(Field::Mode);
        return mode == 0 ? arrives<Arrival::Sm80> : mode == 1 ? arrives<Arrival::Count> : arrives<Arrival::Transaction>;
    }
    default: return nullptr;
    }
}

} // namespace heddle::emulator
