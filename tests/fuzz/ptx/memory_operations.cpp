// Loads, stores and atomics of PTX on memory that is a thread's own, on constant memory and parameters; updates of shared
// cells whose result does not depend on their order.
#include "tests/fuzz/ptx/exact.hpp"

#include <cstring>
#include <fmt/format.h>

namespace heddle::ptx_fuzz {

namespace {

// A room of memory: the state space of its accesses, the register with its base, its size.
struct Space {
    const char* suffix;
    const char* base;
    unsigned bytes;
    std::uint8_t* (*data)(Thread&); // written only if the space can be
    bool writable;
};
std::uint8_t* global_data(Thread& t) { return t.global.data(); }
std::uint8_t* local_data(Thread& t) { return t.local.data(); }
std::uint8_t* table_data(Thread& t) { return const_cast<std::uint8_t*>(t.table); }

const std::array<Space, 6> kSpaces{{{".global", "%private", kPrivateBytes, global_data, true},
                                    {"", "%private", kPrivateBytes, global_data, true},
                                    {".local", "%local", kLocalBytes, local_data, true},
                                    {"", "%generic_local", kLocalBytes, local_data, true},
                                    {".const", "%table", kTableBytes, table_data, false},
                                    {"", "%generic_table", kTableBytes, table_data, false}}};

struct Access {
    const char* type;
    char letter;
    unsigned bytes;
    bool is_signed;
};
constexpr Access kAccesses[] = {{"u8", 'w', 1, false},  {"s8", 'w', 1, true},   {"u8", 'h', 1, false},  {"s8", 'h', 1, true},
                                {"u16", 'h', 2, false}, {"u16", 'w', 2, false}, {"s16", 'w', 2, true},  {"b32", 'w', 4, false},
                                {"f32", 'f', 4, false}, {"s32", 'd', 4, true},  {"u32", 'd', 4, false}, {"u64", 'd', 8, false},
                                {"f64", 'F', 8, false}, {"s8", 'd', 1, true},   {"b16", 'H', 2, false}, {"b32", 'x', 4, false}};

U64 load(const std::uint8_t* at, const Access& a) {
    U64 v = 0;
    std::memcpy(&v, at, a.bytes);
    const unsigned unused = 64 - 8 * a.bytes;
    return a.is_signed ? static_cast<U64>(static_cast<S64>(v << unused) >> unused) : v;
}

unsigned offset_mask(unsigned space, unsigned access) { return (space - 1) & ~(access - 1); }

// "{ ...; " up to an address in @a: base + (index & mask).
std::string address(const Space& s, unsigned access, const std::string& index) {
    return fmt::format("{{ .reg .b32 @i; .reg .b64 @a; and.b32 @i, {}, {}; cvt.u64.u32 @a, @i; add.u64 @a, @a, {}; ", index,
                       offset_mask(s.bytes, access), s.base);
}

std::string operands(unsigned first, unsigned count) {
    std::string list;
    for (unsigned i = 0; i < count; ++i) list += fmt::format("{}${}", i ? ", " : "", first + i);
    return count == 1 ? list : "{" + list + "}";
}

// What a store writes, and what makes it. ptxas 13.0 would convert the value of a wider register that it takes for FP32, so bits are cut
// first.
std::pair<std::string, std::string> stored(const Access& a, unsigned count) {
    const unsigned bits = a.letter == 'w' ? 32 : 16;
    if ((a.letter != 'w' && a.letter != 'h') || 8 * a.bytes == bits) return {"", operands(1, count)};
    std::string prepare = fmt::format(".reg .b{} @va, @vb, @vc, @vd; ", bits), list;
    for (unsigned i = 0; i < count; ++i) {
        const std::string name = std::string("@v") + static_cast<char>('a' + i);
        prepare += fmt::format("and.b{} {}, ${}, {}; ", bits, name, i + 1, (1U << (8 * a.bytes)) - 1);
        list += (i ? ", " : "") + name;
    }
    return {prepare, count == 1 ? list : "{" + list + "}"};
}

void add_row(Catalogue& c, std::string family, std::string text, std::string results, std::string sources,
             std::function<void(const U64*, U64*, Thread&)> evaluate) {
    Operation o;
    o.family = std::move(family);
    o.text = std::move(text);
    o.results = std::move(results);
    o.sources = std::move(sources);
    o.evaluate = std::move(evaluate);
    o.needs_kernel = true;
    c.push_back(std::move(o));
}

void add_loads_and_stores(Catalogue& c) {
    for (const Space& s : kSpaces)
        for (const Access& a : kAccesses)
            for (const unsigned count : {1U, 2U, 4U}) {
                if (a.bytes * count > 16) continue;
                const std::string vector = count == 1 ? "" : fmt::format(".v{}", count), letters(count, a.letter);
                const unsigned mask = offset_mask(s.bytes, a.bytes * count);
                add_row(c, fmt::format("ld{}", s.suffix),
                        address(s, a.bytes * count, fmt::format("${}", count)) +
                            fmt::format("ld{}{}.{} {}, [@a]; }}", s.suffix, vector, a.type, operands(0, count)),
                        letters, "w", [=](const U64* in, U64* out, Thread& t) {
                            for (unsigned i = 0; i < count; ++i) out[i] = load(s.data(t) + (in[0] & mask) + i * a.bytes, a);
                        });
                if (!s.writable || a.letter == 'F' || a.is_signed) continue; // an FP64 NaN must not become visible
                const auto [prepare, values] = stored(a, count);
                add_row(c, fmt::format("st{}", s.suffix),
                        address(s, a.bytes * count, "$0") + prepare +
                            fmt::format("st{}{}.b{} [@a], {}; }}", s.suffix, vector, 8 * a.bytes, values),
                        "", "w" + letters, [=](const U64* in, U64*, Thread& t) {
                            for (unsigned i = 0; i < count; ++i) std::memcpy(s.data(t) + (in[0] & mask) + i * a.bytes, &in[1 + i], a.bytes);
                        });
            }
    for (const Access& a : kAccesses)
        for (unsigned offset = 0; offset < kScalarBytes; offset += std::max(a.bytes, 4U))
            add_row(c, "ld.param", fmt::format("ld.param.{} $0, [scalars+{}];", a.type, offset), std::string(1, a.letter), "",
                    [=](const U64*, U64* out, Thread& t) { out[0] = load(t.scalars + offset, a); });
}

struct Atomic {
    const char* name;
    unsigned bytes;
    bool commutes; // updates of a cell by several threads give the same in any order
    U64 (*apply)(U64 old, U64 value, U64 other);
};

S32 s32(U64 x) { return static_cast<S32>(x); }
U64 add_f32(U64 a, U64 b, U64) {
    return flush(Format::F32, add(Format::F32, flush(Format::F32, a), flush(Format::F32, b), Rounding::Nearest));
}
U64 add_f16x2(U64 a, U64 b, U64) {
    const auto sum = [](U64 x, U64 y) { return add(Format::F16, x & 0xffff, y & 0xffff, Rounding::Nearest); };
    return sum(a, b) | sum(a >> 16, b >> 16) << 16;
}

const Atomic kAtomics[] = {{"add.u32", 4, true, [](U64 a, U64 b, U64) { return a + b; }},
                           {"add.s32", 4, true, [](U64 a, U64 b, U64) { return a + b; }},
                           {"add.u64", 8, true, [](U64 a, U64 b, U64) { return a + b; }},
                           {"and.b32", 4, true, [](U64 a, U64 b, U64) { return a & b; }},
                           {"or.b32", 4, true, [](U64 a, U64 b, U64) { return a | b; }},
                           {"xor.b32", 4, true, [](U64 a, U64 b, U64) { return a ^ b; }},
                           {"and.b64", 8, true, [](U64 a, U64 b, U64) { return a & b; }},
                           {"or.b64", 8, true, [](U64 a, U64 b, U64) { return a | b; }},
                           {"xor.b64", 8, true, [](U64 a, U64 b, U64) { return a ^ b; }},
                           {"min.u32", 4, true, [](U64 a, U64 b, U64) { return std::min(a, b); }},
                           {"max.u32", 4, true, [](U64 a, U64 b, U64) { return std::max(a, b); }},
                           {"min.s32", 4, true, [](U64 a, U64 b, U64) { return s32(a) < s32(b) ? a : b; }},
                           {"max.s32", 4, true, [](U64 a, U64 b, U64) { return s32(a) > s32(b) ? a : b; }},
                           {"min.u64", 8, true, [](U64 a, U64 b, U64) { return std::min(a, b); }},
                           {"max.u64", 8, true, [](U64 a, U64 b, U64) { return std::max(a, b); }},
                           {"min.s64", 8, true, [](U64 a, U64 b, U64) { return static_cast<S64>(a) < static_cast<S64>(b) ? a : b; }},
                           {"max.s64", 8, true, [](U64 a, U64 b, U64) { return static_cast<S64>(a) > static_cast<S64>(b) ? a : b; }},
                           {"inc.u32", 4, false, [](U64 a, U64 b, U64) { return a >= b ? 0 : a + 1; }},
                           {"dec.u32", 4, false, [](U64 a, U64 b, U64) { return a == 0 || a > b ? b : a - 1; }},
                           {"exch.b32", 4, false, [](U64, U64 b, U64) { return b; }},
                           {"exch.b64", 8, false, [](U64, U64 b, U64) { return b; }},
                           {"cas.b16", 2, false, [](U64 a, U64 b, U64 n) { return a == b ? n : a; }},
                           {"cas.b32", 4, false, [](U64 a, U64 b, U64 n) { return a == b ? n : a; }},
                           {"cas.b64", 8, false, [](U64 a, U64 b, U64 n) { return a == b ? n : a; }},
                           {"add.f32", 4, false, add_f32},
                           {"add.noftz.f16x2", 4, false, add_f16x2}};

char letter_of(const Atomic& a) {
    return a.bytes == 2                               ? 'h'
           : a.bytes == 8                             ? 'd'
           : std::string(a.name) == "add.f32"         ? 'f'
           : std::string(a.name) == "add.noftz.f16x2" ? 'x'
                                                      : 'w';
}

void add_atomics(Catalogue& c) {
    unsigned cell = 0;
    for (const Atomic& a : kAtomics) {
        const char letter = letter_of(a);
        const bool cas = std::string(a.name).starts_with("cas");
        const std::string one(1, letter), values = cas ? std::string(2, letter) : one;
        const Space s = kSpaces[0];
        const unsigned mask = offset_mask(s.bytes, a.bytes);
        const auto update = [=](U64 value, U64 other, std::uint8_t* at) {
            U64 old = 0;
            std::memcpy(&old, at, a.bytes);
            const U64 now = a.apply(old, value, other);
            std::memcpy(at, &now, a.bytes);
            return old;
        };
        add_row(c, "atom", address(s, a.bytes, "$1") + fmt::format("atom.global.{} $0, [@a], {}; }}", a.name, cas ? "$2, $3" : "$2"), one,
                "w" + values, [=](const U64* in, U64* out, Thread& t) { out[0] = update(in[1], in[2], s.data(t) + (in[0] & mask)); });
        if (!cas && a.name != std::string("exch.b32") && a.name != std::string("exch.b64"))
            add_row(c, "red", address(s, a.bytes, "$0") + fmt::format("red.global.{} [@a], $1; }}", a.name), "", "w" + values,
                    [=](const U64* in, U64*, Thread& t) { update(in[1], 0, s.data(t) + (in[0] & mask)); });
        if (!a.commutes) continue;
        const unsigned mine = cell++;
        add_row(c, "red", fmt::format("red.global.{} [%cells+{}], $0;", a.name, mine * 8), "", one,
                [=](const U64* in, U64*, Thread& t) { update(in[0], 0, reinterpret_cast<std::uint8_t*>(&t.cells[mine])); });
    }
    const unsigned mine = cell++;
    add_row(c, "cas loop",
            fmt::format("{{ .reg .b32 @e, @n, @o; .reg .pred @p; ld.volatile.global.u32 @e, [%cells+{0}]; @loop: mad.lo.u32 @n, $0, 3, @e; "
                        "atom.global.cas.b32 @o, [%cells+{0}], @e, @n; setp.ne.u32 @p, @o, @e; mov.b32 @e, @o; @@p bra @loop; }}",
                        mine * 8),
            "", "w", [=](const U64* in, U64*, Thread& t) {
                const U32 sum = static_cast<U32>(t.cells[mine] + in[0] * 3);
                t.cells[mine] = (t.cells[mine] & ~U64{0xffffffff}) | sum;
            });
}

} // namespace

void add_memory_operations(Catalogue& c) {
    add_loads_and_stores(c);
    add_atomics(c);
}

} // namespace heddle::ptx_fuzz
