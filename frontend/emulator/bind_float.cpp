// Binds the operations of the float family.
#include "frontend/emulator/lanes/float_lanes.hpp"

namespace heddle::emulator {

namespace {

using sass::Slot;
using Part = Execute (*)(const sass::Instruction&, MicroOp&);

constexpr Part kPortable[] = {portable::bind_float_arithmetic, portable::bind_float_compare,      portable::bind_float_double,
                              portable::bind_float_half,       portable::bind_float_half_compare, portable::bind_float_convert,
                              portable::bind_float_integer,    portable::bind_float_pack,         portable::bind_float_mufu};
constexpr Part kAvx2[] = {avx2::bind_float_arithmetic, avx2::bind_float_compare,      avx2::bind_float_double,
                          avx2::bind_float_half,       avx2::bind_float_half_compare, avx2::bind_float_convert,
                          avx2::bind_float_integer,    avx2::bind_float_pack,         avx2::bind_float_mufu};
constexpr Part kAvx512[] = {avx512::bind_float_arithmetic, avx512::bind_float_compare,      avx512::bind_float_double,
                            avx512::bind_float_half,       avx512::bind_float_half_compare, avx512::bind_float_convert,
                            avx512::bind_float_integer,    avx512::bind_float_pack,         avx512::bind_float_mufu};

// Negate and absolute of A, B and C, two bits each.
std::uint32_t sign_flags(const sass::Instruction& i) {
    std::uint32_t flags = 0;
    unsigned shift = 0;
    for (const Slot slot : {Slot::A, Slot::B, Slot::C}) {
        flags |= (std::uint32_t{i[slot].negate} | std::uint32_t{i[slot].absolute} << 1) << shift;
        shift += 2;
    }
    return flags;
}

} // namespace

Execute bind_float(const sass::Instruction& i, MicroOp& op, LaneLevel level) {
    for (const Slot slot : {Slot::A, Slot::B, Slot::C})
        if (i[slot].kind == sass::Operand::Kind::BindlessConstant) return nullptr; // the core does not load these
    const auto& parts = level == LaneLevel::Avx512 ? kAvx512 : level == LaneLevel::Avx2 ? kAvx2 : kPortable;
    for (const Part part : parts) {
        op.p = {sign_flags(i), 0, 0, 0};
        if (const Execute execute = part(i, op)) return execute;
    }
    op.p = {};
    return nullptr;
}

} // namespace heddle::emulator
