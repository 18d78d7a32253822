// Exchange between lanes: SHFL, MATCH, REDUX.
//
// SHFL: the PTX manual's algorithm with clamp and segment mask; lanes that are not active give zero to those who read them (the
// manual calls that undefined). MATCH and REDUX work on the lanes that execute. Sources: PTX ISA manual.
#include "frontend/emulator/memory_operations.hpp"

namespace heddle::emulator {

namespace {

enum class Mode : std::uint8_t { Index, Up, Down, Butterfly };

template <Mode M> void shuffle(Warp& w, const MicroOp& op) {
    const Row& value = w.source(op.a);
    const Row& lane = w.source(op.b);
    const Row& control = w.source(op.c);
    Row from, inside, given;
    for (unsigned l = 0; l < kLanes; ++l) {
        const std::uint32_t clamp = control.lane[l] & 31, segment = (control.lane[l] >> 8) & 31, b = lane.lane[l] & 31;
        const std::uint32_t last = (l & segment) | (clamp & ~segment);
        std::uint32_t j = 0;
        bool in = false;
        if constexpr (M == Mode::Index) j = (l & segment) | (b & ~segment);
        if constexpr (M == Mode::Up) j = l - b;
        if constexpr (M == Mode::Down) j = l + b;
        if constexpr (M == Mode::Butterfly) j = l ^ b;
        if constexpr (M == Mode::Up) in = static_cast<std::int32_t>(j) >= static_cast<std::int32_t>(last);
        else in = j <= last;
        from.lane[l] = in ? j : l;
        inside.lane[l] = in;
    }
    for (unsigned l = 0; l < kLanes; ++l) given.lane[l] = (w.exec >> l) & 1 ? value.lane[l] : 0;
    Row result;
    Mask valid = 0;
    for (unsigned l = 0; l < kLanes; ++l) {
        result.lane[l] = given.lane[from.lane[l] & 31];
        valid |= inside.lane[l] << l;
    }
    blend(w.destination(op.d), result, w.exec);
    w.set_predicate(op.pd, valid, w.exec);
}

template <bool Wide> std::uint64_t key(const Row* rows, unsigned l) {
    return rows[0].lane[l] | (Wide ? std::uint64_t{rows[1].lane[l]} << 32 : 0);
}

template <bool Wide> void match_any(Warp& w, const MicroOp& op) {
    const Row* const value = &w.source(op.a);
    Row result;
    fill(result, 0);
    for (Mask left = w.exec; left != 0;) {
        const std::uint64_t k = key<Wide>(value, static_cast<unsigned>(std::countr_zero(left)));
        Mask same = 0;
        for_each_lane(left, [&](unsigned l) { same |= Mask{key<Wide>(value, l) == k} << l; });
        for_each_lane(same, [&](unsigned l) { result.lane[l] = same; });
        left &= ~same;
    }
    blend(w.destination(op.d), result, w.exec);
}

template <bool Wide> void match_all(Warp& w, const MicroOp& op) {
    const Row* const value = &w.source(op.a);
    const std::uint64_t k = key<Wide>(value, static_cast<unsigned>(std::countr_zero(w.exec)));
    bool same = true;
    for_each_lane(w.exec, [&](unsigned l) { same = same && key<Wide>(value, l) == k; });
    Row result;
    fill(result, same ? w.exec : 0);
    blend(w.destination(op.d), result, w.exec);
    w.set_predicate(op.pd, same ? kAllLanes : 0, w.exec);
}

std::uint32_t both(std::uint32_t a, std::uint32_t b) { return a & b; }
std::uint32_t either(std::uint32_t a, std::uint32_t b) { return a | b; }
std::uint32_t one_of(std::uint32_t a, std::uint32_t b) { return a ^ b; }
std::uint32_t sum(std::uint32_t a, std::uint32_t b) { return a + b; }
std::uint32_t lesser(std::uint32_t a, std::uint32_t b) { return a < b ? a : b; }
std::uint32_t greater(std::uint32_t a, std::uint32_t b) { return a < b ? b : a; }
std::uint32_t lesser_signed(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b) ? a : b;
}
std::uint32_t greater_signed(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b) ? b : a;
}

template <std::uint32_t (*Combine)(std::uint32_t, std::uint32_t)> void reduce(Warp& w, const MicroOp& op) {
    const Row& value = w.source(op.a);
    std::uint32_t result = value.lane[std::countr_zero(w.exec)];
    for_each_lane(w.exec & (w.exec - 1), [&](unsigned l) { result = Combine(result, value.lane[l]); });
    w.set_uniform(op.d, result);
}

} // namespace

Execute bind_shuffles(const sass::Instruction& i, MicroOp&) {
    using sass::Field;
    using sass::Op;
    switch (i.op) {
    case Op::SHFL: {
        constexpr Execute modes[] = {shuffle<Mode::Index>, shuffle<Mode::Up>, shuffle<Mode::Down>, shuffle<Mode::Butterfly>};
        return modes[i.field(Field::Mode)];
    }
    case Op::MATCH:
        if (i.field(Field::Mode) == 1) return i.flag(Field::Wide) ? match_any<true> : match_any<false>;
        return i.flag(Field::Wide) ? match_all<true> : match_all<false>;
    case Op::REDUX: {
        constexpr Execute plain[] = {reduce<both>, reduce<either>, reduce<one_of>, reduce<sum>, reduce<lesser>, reduce<greater>};
        constexpr Execute with_sign[] = {reduce<both>, reduce<either>,        reduce<one_of>,
                                         reduce<sum>,  reduce<lesser_signed>, reduce<greater_signed>};
        return i.flag(Field::Signed) ? with_sign[i.field(Field::Function)] : plain[i.field(Field::Function)];
    }
    default: return nullptr;
    }
}

} // namespace heddle::emulator
