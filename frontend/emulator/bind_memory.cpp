#include "frontend/emulator/memory_operations.hpp"

#include "sim/base/error.hpp"

#include <fmt/format.h>

namespace heddle::emulator {

namespace {

// Order, dependence counters, cache control: nothing is left to do, since accesses take effect one after another when they are
// executed, asynchronous copies included.
void nothing(Warp&, const MicroOp&) {}

// QSPC: which space a generic address lies in. p[3]: 0 global, 1 local, 2 shared of the CTA, 3 shared of the cluster.
void query_space(Warp& w, const MicroOp& op) {
    const WideAddress address(w, op);
    Mask in = 0;
    for_each_lane(w.exec, [&](unsigned l) {
        const Address a = address.of(l);
        const bool shared = MemorySpace::in_shared(a), local = MemorySpace::in_local(a);
        bool yes = false;
        switch (op.p[3]) {
        case 0: yes = !shared && !local; break;
        case 1: yes = local; break;
        case 2: yes = shared && (a - DeviceMemory::kSharedWindow) >> 24 == w.cta().rank; break;
        default: yes = shared; break;
        }
        in |= Mask{yes} << l;
    });
    w.set_predicate(op.pd, in, w.exec);
    for_each_lane(w.exec, [&](unsigned l) { w.destination(op.d).lane[l] = 0; });
}

} // namespace

void bind_address(const sass::Instruction& i, MicroOp& op, sass::Slot slot) {
    using sass::Op;
    const sass::Operand& o = i[slot];
    const bool narrow = i.op == Op::LDS || i.op == Op::STS || i.op == Op::LDL || i.op == Op::STL || i.op == Op::LDSM || i.op == Op::STSM ||
                        i.op == Op::ATOMS || i.op == Op::ARRIVES;
    const auto uniform = [](unsigned number) { return number >= sass::kZeroUniformRegister ? kZeroRow : number; };
    if (!narrow && !o.wide && !o.wide_uniform && i.op != Op::LDGSTS)
        throw UserError(Diagnostic{"emulator", 0, 0,
                                   fmt::format("cannot execute {} at 0x{:x}: it has a 32-bit global address", sass::text(i), i.address),
                                   "compile for 64-bit addresses"});
    op.a = {0, o.index == sass::kZeroRegister ? kZeroRow : kRegisterRow + o.index};
    op.p[0] = uniform(o.uniform);
    op.p[1] = o.wide && o.index != sass::kZeroRegister ? op.a.index + 1 : kZeroRow;
    op.p[2] = o.wide_uniform ? uniform(o.uniform + 1U) : kZeroRow;
    if (o.uniform == sass::kZeroUniformRegister) op.p[2] = kZeroRow;
    op.p[3] = o.shift;
    op.immediate = static_cast<std::uint64_t>(o.value);
}

Execute bind_memory(const sass::Instruction& i, MicroOp& op, LaneLevel) {
    using sass::Op;
    switch (i.op) {
    case Op::MEMBAR:
    case Op::FENCE:
    case Op::ERRBAR:
    case Op::DEPBAR:
    case Op::LDGDEPBAR:
    case Op::CCTL:
    case Op::CCTLL: return nothing;
    case Op::QSPC:
        bind_address(i, op);
        op.p[3] = i.field(sass::Field::Mode);
        return query_space;
    default: break;
    }
    for (const auto bind : {bind_loads, bind_atomics, bind_copies, bind_shuffles, bind_textures})
        if (const Execute execute = bind(i, op)) return execute;
    return nullptr;
}

} // namespace heddle::emulator
