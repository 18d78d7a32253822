// Integer arithmetic, comparisons and selections of PTX.
#include "tests/fuzz/ptx/exact.hpp"

#include <fmt/format.h>

namespace heddle::ptx_fuzz {

namespace {

// An integer type: its PTX name, letter of its registers, bits.
struct Type {
    const char* name;
    char letter;
    unsigned bits;
    bool is_signed;
    S128 value(U64 register_bits) const {
        const U64 mask = bits == 64 ? ~U64{0} : (U64{1} << bits) - 1;
        const U64 v = register_bits & mask;
        if (is_signed && (v >> (bits - 1))) return static_cast<S128>(v) - (S128{1} << bits);
        return static_cast<S128>(v);
    }
    std::string letters(unsigned count) const { return std::string(count, letter); }
};

constexpr std::array<Type, 6> kTypes{{{"u16", 'h', 16, false},
                                      {"s16", 'h', 16, true},
                                      {"u32", 'w', 32, false},
                                      {"s32", 'w', 32, true},
                                      {"u64", 'd', 64, false},
                                      {"s64", 'd', 64, true}}};

std::string letter_of(unsigned bits) { return bits == 16 ? "h" : bits == 32 ? "w" : "d"; }

S128 clamp_s32(S128 v) { return v > 0x7fffffff ? 0x7fffffff : v < -S128{0x80000000} ? -S128{0x80000000} : v; }

// The 2n-bit product as bits, so that nothing overflows.
U128 product(const Type& t, U64 a, U64 b) { return static_cast<U128>(t.value(a)) * static_cast<U128>(t.value(b)); }
U64 high(const Type& t, U64 a, U64 b) {
    if (t.bits < 64 || t.is_signed) return static_cast<U64>(static_cast<S128>(product(t, a, b)) >> t.bits);
    return static_cast<U64>(product(t, a, b) >> 64);
}
U64 low(const Type& t, U64 a, U64 b) { return static_cast<U64>(product(t, a, b)); }

void add_arithmetic(Catalogue& c, const Type& t) {
    const std::string n = t.name, r = t.letters(1), two = t.letters(2), three = t.letters(3);
    add(c, "add", "add." + n + " $0, $1, $2;", r, two, [](const U64* x) { return x[0] + x[1]; });
    add(c, "add", "sub." + n + " $0, $1, $2;", r, two, [](const U64* x) { return x[0] - x[1]; });
    add(c, "mul", "mul.lo." + n + " $0, $1, $2;", r, two, [](const U64* x) { return x[0] * x[1]; });
    add(c, "mul", "mul.hi." + n + " $0, $1, $2;", r, two, [t](const U64* x) { return high(t, x[0], x[1]); });
    add(c, "mad", "mad.lo." + n + " $0, $1, $2, $3;", r, three, [t](const U64* x) { return low(t, x[0], x[1]) + x[2]; });
    add(c, "mad", "mad.hi." + n + " $0, $1, $2, $3;", r, three, [t](const U64* x) { return high(t, x[0], x[1]) + x[2]; });
    if (t.bits < 64) {
        const std::string wide = letter_of(t.bits * 2);
        add(c, "mul", "mul.wide." + n + " $0, $1, $2;", wide, two, [t](const U64* x) { return low(t, x[0], x[1]); });
        add(c, "mad", "mad.wide." + n + " $0, $1, $2, $3;", wide, two + wide, [t](const U64* x) { return low(t, x[0], x[1]) + x[2]; });
    }
    add(c, "sad", "sad." + n + " $0, $1, $2, $3;", r, three, [t](const U64* x) {
        const S128 d = t.value(x[0]) - t.value(x[1]);
        return static_cast<U64>(d < 0 ? -d : d) + x[2];
    });
    add(c, "min", "min." + n + " $0, $1, $2;", r, two, [t](const U64* x) { return t.value(x[0]) < t.value(x[1]) ? x[0] : x[1]; });
    add(c, "min", "max." + n + " $0, $1, $2;", r, two, [t](const U64* x) { return t.value(x[0]) > t.value(x[1]) ? x[0] : x[1]; });
    if (t.is_signed) {
        // Not of the smallest number: ptxas 13.0 takes it that there is no overflow (neg and then sad, cvt.sat, a wider use).
        const std::string first = fmt::format("{{ .reg .b{} @t; max.{} @t, $1, {}; ", t.bits, n, -((S64{1} << (t.bits - 2)) * 2 - 1));
        const auto number = [t](const U64* x) { return x[0] == U64{1} << (t.bits - 1) ? x[0] + 1 : x[0]; };
        add(c, "abs", first + "abs." + n + " $0, @t; }", r, r,
            [=](const U64* x) { return t.value(number(x)) < 0 ? -number(x) : number(x); });
        add(c, "abs", first + "neg." + n + " $0, @t; }", r, r, [=](const U64* x) { return -number(x); });
    }
    // A divisor that is not zero; a dividend that is not the smallest number (its quotient by -1 is left open).
    const std::string b = "b" + std::to_string(t.bits);
    const std::string prepare = fmt::format("{{ .reg .{0} @a, @b; or.{0} @b, $2, 1; shr.{1} @a, $1, {2}; ", b, n, t.is_signed ? 1 : 0);
    const auto quotient = [t](const U64* x, bool rest) {
        const S128 a = t.is_signed ? t.value(x[0]) >> 1 : t.value(x[0]), d = t.value(x[1] | 1);
        return static_cast<U64>(rest ? a % d : a / d);
    };
    add(c, "div", prepare + "div." + n + " $0, @a, @b; }", r, two, [quotient](const U64* x) { return quotient(x, false); });
    add(c, "div", prepare + "rem." + n + " $0, @a, @b; }", r, two, [quotient](const U64* x) { return quotient(x, true); });
    add(c, "div", "div." + n + " $0, $1, $2;", r, r + "k",
        [t](const U64* x) { return static_cast<U64>(t.value(x[0]) / static_cast<S128>(x[1])); });
    add(c, "div", "rem." + n + " $0, $1, $2;", r, r + "k",
        [t](const U64* x) { return static_cast<U64>(t.value(x[0]) % static_cast<S128>(x[1])); });
}

using Compare = bool (*)(S128, S128);
constexpr std::array<std::pair<const char*, Compare>, 6> kCompares{{{"eq", [](S128 a, S128 b) { return a == b; }},
                                                                    {"ne", [](S128 a, S128 b) { return a != b; }},
                                                                    {"lt", [](S128 a, S128 b) { return a < b; }},
                                                                    {"le", [](S128 a, S128 b) { return a <= b; }},
                                                                    {"gt", [](S128 a, S128 b) { return a > b; }},
                                                                    {"ge", [](S128 a, S128 b) { return a >= b; }}}};

void add_compares(Catalogue& c, const Type& t) {
    for (const auto& [name, compare] : kCompares) {
        const auto holds = [t, compare = compare](const U64* x) { return compare(t.value(x[0]), t.value(x[1])); };
        const std::string form = fmt::format("{}.{}", name, t.name);
        add(c, "setp", "setp." + form + " $0, $1, $2;", "p", t.letters(2), holds);
        add(c, "setp", fmt::format("setp.{}.and.{} $0, $1, $2, $3;", name, t.name), "p", t.letters(2) + "p",
            [holds](const U64* x) { return holds(x) && x[2]; });
        add(c, "setp", fmt::format("setp.{}.or.{} $0, $1, $2, !$3;", name, t.name), "p", t.letters(2) + "p",
            [holds](const U64* x) { return holds(x) || !x[2]; });
        add(c, "setp", fmt::format("setp.{}.xor.{} $0, $1, $2, $3;", name, t.name), "p", t.letters(2) + "p",
            [holds](const U64* x) { return holds(x) != (x[2] != 0); });
        add(c, "set", "set." + std::string(name) + ".u32." + t.name + " $0, $1, $2;", "w", t.letters(2),
            [holds](const U64* x) { return holds(x) ? ~U64{0} : 0; });
        add(c, "set", "set." + std::string(name) + ".f32." + t.name + " $0, $1, $2;", "f", t.letters(2),
            [holds](const U64* x) { return holds(x) ? 0x3f800000U : 0; });
        Operation both;
        both.family = "setp";
        both.text = fmt::format("{{ .reg .pred @t; setp.{}.and.{} $0|@t, $2, $3, $4; mov.pred $1, @t; }}", name, t.name);
        both.results = "pp";
        both.sources = t.letters(2) + "p";
        both.evaluate = [holds](const U64* in, U64* out, Thread&) {
            out[0] = holds(in) && in[2];
            out[1] = !holds(in) && in[2];
        };
        c.push_back(both);
    }
}

// Numbers of several registers by carry chains.
void add_chains(Catalogue& c) {
    const auto chain = [&](const std::string& text, const std::string& results, const std::string& sources, auto value) {
        Operation o;
        o.family = "carry";
        o.text = "{ " + text + " }";
        o.results = results;
        o.sources = sources;
        o.evaluate = [value](const U64* in, U64* out, Thread&) { value(in, out); };
        c.push_back(o);
    };
    const auto wide = [](U64 low, U64 high) { return low | high << 32; };
    chain("add.cc.u32 $0, $2, $4; addc.u32 $1, $3, $5;", "ww", "wwww", [wide](const U64* x, U64* y) {
        const U64 s = wide(x[0], x[1]) + wide(x[2], x[3]);
        y[0] = s, y[1] = s >> 32;
    });
    chain("sub.cc.u32 $0, $2, $4; subc.u32 $1, $3, $5;", "ww", "wwww", [wide](const U64* x, U64* y) {
        const U64 s = wide(x[0], x[1]) - wide(x[2], x[3]);
        y[0] = s, y[1] = s >> 32;
    });
    // (Of a sum of carries alone, ptxas 13.0 knows too much: it drops a cvt from FP32 of it.)
    chain("add.cc.u32 $0, $3, $5; addc.cc.u32 $1, $4, $6; addc.u32 $2, $7, $7;", "www", "wwwww", [](const U64* x, U64* y) {
        const U128 s = (U128{x[0]} | U128{x[1]} << 32) + (U128{x[2]} | U128{x[3]} << 32);
        y[0] = static_cast<U64>(s), y[1] = static_cast<U64>(s >> 32), y[2] = static_cast<U64>(s >> 64) + 2 * x[4];
    });
    chain("sub.cc.s32 $0, $3, $5; subc.cc.s32 $1, $4, $6; subc.s32 $2, 0, $7;", "www", "wwwww", [](const U64* x, U64* y) {
        const U128 s = (U128{x[0]} | U128{x[1]} << 32) - (U128{x[2]} | U128{x[3]} << 32);
        y[0] = static_cast<U64>(s), y[1] = static_cast<U64>(s >> 32), y[2] = static_cast<U64>(s >> 64) - x[4];
    });
    chain("add.cc.u64 $0, $2, $4; addc.u64 $1, $3, $5;", "dd", "dddd", [](const U64* x, U64* y) {
        const U128 s = (U128{x[0]} | U128{x[1]} << 64) + (U128{x[2]} | U128{x[3]} << 64);
        y[0] = static_cast<U64>(s), y[1] = static_cast<U64>(s >> 64);
    });
    chain("sub.cc.u64 $0, $2, $4; subc.u64 $1, $3, $5;", "dd", "dddd", [](const U64* x, U64* y) {
        const U128 s = (U128{x[0]} | U128{x[1]} << 64) - (U128{x[2]} | U128{x[3]} << 64);
        y[0] = static_cast<U64>(s), y[1] = static_cast<U64>(s >> 64);
    });
    for (const bool is_signed : {false, true}) {
        const Type t = kTypes[is_signed ? 3 : 2];
        // mad.hi adds to the high half alone; the carry is that of low half plus addend.
        chain(fmt::format("mad.lo.cc.{0} $0, $2, $3, $4; madc.hi.{0} $1, $2, $3, $5;", t.name), "ww", "wwww", [t](const U64* x, U64* y) {
            const U64 s = U64{static_cast<U32>(low(t, x[0], x[1]))} + x[2];
            y[0] = s, y[1] = high(t, x[0], x[1]) + x[3] + (s >> 32);
        });
        chain(fmt::format("mad.hi.cc.{0} $0, $2, $3, $4; madc.lo.{0} $1, $2, $5, $4;", t.name), "ww", "wwww", [t](const U64* x, U64* y) {
            const U64 s = U64{static_cast<U32>(high(t, x[0], x[1]))} + x[2];
            y[0] = s, y[1] = low(t, x[0], x[3]) + x[2] + (s >> 32);
        });
    }
}

U64 low24(bool is_signed, U64 x) {
    const U64 v = x & 0xffffff;
    return is_signed && (v >> 23) ? v | ~U64{0xffffff} : v;
}

void add_24_bits(Catalogue& c, const Type& t) {
    const auto product24 = [t](const U64* x) { return low24(t.is_signed, x[0]) * low24(t.is_signed, x[1]); }; // 48 bits
    const std::string n = t.name;
    add(c, "mul24", "mul24.lo." + n + " $0, $1, $2;", "w", "ww", [product24](const U64* x) { return product24(x); });
    add(c, "mul24", "mul24.hi." + n + " $0, $1, $2;", "w", "ww", [product24](const U64* x) { return product24(x) >> 16; });
    add(c, "mul24", "mad24.lo." + n + " $0, $1, $2, $3;", "w", "www", [product24](const U64* x) { return product24(x) + x[2]; });
    add(c, "mul24", "mad24.hi." + n + " $0, $1, $2, $3;", "w", "www", [product24](const U64* x) { return (product24(x) >> 16) + x[2]; });
}

void add_selections(Catalogue& c) {
    for (const unsigned bits : {16U, 32U, 64U}) {
        const std::string l = letter_of(bits);
        add(c, "selp", fmt::format("selp.b{} $0, $1, $2, $3;", bits), l, l + l + "p", [](const U64* x) { return x[2] ? x[0] : x[1]; });
        add(c, "selp", fmt::format("slct.b{}.s32 $0, $1, $2, $3;", bits), l, l + l + "w",
            [](const U64* x) { return static_cast<S32>(x[2]) >= 0 ? x[0] : x[1]; });
        add(c, "selp", fmt::format("mov.b{} $0, $1;", bits), l, l, [](const U64* x) { return x[0]; });
        // Compares c with zero; a NaN chooses the second, and -0 is equal to 0.
        for (const bool ftz : {false, true})
            add(c, "selp", fmt::format("slct.{}b{}.f32 $0, $1, $2, $3;", ftz ? "ftz." : "", bits), l, l + l + "f", [ftz](const U64* x) {
                const U64 v = ftz ? flush(Format::F32, x[2]) : x[2];
                return !is_nan(Format::F32, v) && decode(Format::F32, v) >= 0 ? x[0] : x[1];
            });
    }
    add(c, "add", "add.sat.s32 $0, $1, $2;", "w", "ww",
        [](const U64* x) { return clamp_s32(S128{static_cast<S32>(x[0])} + static_cast<S32>(x[1])); });
    add(c, "add", "sub.sat.s32 $0, $1, $2;", "w", "ww",
        [](const U64* x) { return clamp_s32(S128{static_cast<S32>(x[0])} - static_cast<S32>(x[1])); });
    add(c, "mad", "mad.hi.sat.s32 $0, $1, $2, $3;", "w", "www",
        [](const U64* x) { return clamp_s32(S128{static_cast<S32>(high(kTypes[3], x[0], x[1]))} + static_cast<S32>(x[2])); });
}

void add_dot_products(Catalogue& c) {
    for (const bool a_signed : {false, true})
        for (const bool b_signed : {false, true}) {
            const auto part = [](U64 x, unsigned bits, unsigned index, bool is_signed) {
                const U64 v = x >> (bits * index) & ((U64{1} << bits) - 1);
                return is_signed && (v >> (bits - 1)) ? v | ~U64{0} << bits : v;
            };
            const std::string types = fmt::format("{}32.{}32", a_signed ? 's' : 'u', b_signed ? 's' : 'u');
            add(c, "dot", "dp4a." + types + " $0, $1, $2, $3;", "w", "www", [=](const U64* x) {
                U64 sum = x[2];
                for (unsigned i = 0; i < 4; ++i) sum += part(x[0], 8, i, a_signed) * part(x[1], 8, i, b_signed);
                return sum;
            });
            for (const unsigned half : {0U, 1U})
                add(c, "dot", fmt::format("dp2a.{}.{} $0, $1, $2, $3;", half ? "hi" : "lo", types), "w", "www", [=](const U64* x) {
                    U64 sum = x[2];
                    for (unsigned i = 0; i < 2; ++i) sum += part(x[0], 16, i, a_signed) * part(x[1], 8, half * 2 + i, b_signed);
                    return sum;
                });
        }
}

} // namespace

void add_integer_operations(Catalogue& c) {
    for (const Type& t : kTypes) {
        add_arithmetic(c, t);
        add_compares(c, t);
    }
    add_24_bits(c, kTypes[2]);
    add_24_bits(c, kTypes[3]);
    add_chains(c);
    add_selections(c);
    add_dot_products(c);
}

} // namespace heddle::ptx_fuzz
