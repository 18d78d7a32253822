// Logic, shifts, bit fields, byte permutations and scalar video operations of PTX.
#include "tests/fuzz/ptx/operation.hpp"

#include <bit>
#include <fmt/format.h>

namespace heddle::ptx_fuzz {

namespace {

U64 mask_of(unsigned bits) { return bits >= 64 ? ~U64{0} : (U64{1} << bits) - 1; }
S64 sign_extend(U64 x, unsigned bits) { return bits >= 64 ? static_cast<S64>(x) : static_cast<S64>(x << (64 - bits)) >> (64 - bits); }

void add_logic(Catalogue& c, unsigned bits) {
    const std::string l = bits == 16 ? "h" : bits == 32 ? "w" : "d", type = fmt::format(".b{} ", bits);
    add(c, "logic", "and" + type + "$0, $1, $2;", l, l + l, [](const U64* x) { return x[0] & x[1]; });
    add(c, "logic", "or" + type + "$0, $1, $2;", l, l + l, [](const U64* x) { return x[0] | x[1]; });
    add(c, "logic", "xor" + type + "$0, $1, $2;", l, l + l, [](const U64* x) { return x[0] ^ x[1]; });
    add(c, "logic", "not" + type + "$0, $1;", l, l, [](const U64* x) { return ~x[0]; });
    add(c, "logic", "cnot" + type + "$0, $1;", l, l, [](const U64* x) { return x[0] == 0; });
    add(c, "shift", "shl" + type + "$0, $1, $2;", l, l + "w", [bits](const U64* x) { return x[1] >= bits ? 0 : x[0] << x[1]; });
    add(c, "shift", "shl" + type + "$0, $1, $2;", l, l + "j", [bits](const U64* x) { return x[1] >= bits ? 0 : x[0] << x[1]; });
    for (const bool is_signed : {false, true})
        for (const char amount : {'w', 'j'})
            add(c, "shift", fmt::format("shr.{}{} $0, $1, $2;", is_signed ? 's' : 'u', bits), l, l + amount, [=](const U64* x) {
                if (is_signed) return static_cast<U64>(sign_extend(x[0], bits) >> (x[1] >= bits ? 63 : x[1]));
                return x[1] >= bits ? 0 : x[0] >> x[1];
            });
}

void add_counts(Catalogue& c, unsigned bits) {
    const std::string l = bits == 32 ? "w" : "d";
    add(c, "count", fmt::format("popc.b{} $0, $1;", bits), "w", l, [](const U64* x) { return std::popcount(x[0]); });
    add(c, "count", fmt::format("clz.b{} $0, $1;", bits), "w", l,
        [bits](const U64* x) { return static_cast<unsigned>(std::countl_zero(x[0])) - (64 - bits); });
    add(c, "count", fmt::format("brev.b{} $0, $1;", bits), l, l, [bits](const U64* x) {
        U64 r = 0;
        for (unsigned i = 0; i < bits; ++i) r |= (x[0] >> i & 1) << (bits - 1 - i);
        return r;
    });
    for (const bool is_signed : {false, true})
        for (const bool amount : {false, true})
            add(c, "count", fmt::format("bfind{}.{}{} $0, $1;", amount ? ".shiftamt" : "", is_signed ? 's' : 'u', bits), "w", l,
                [=](const U64* x) {
                    const U64 v = is_signed && sign_extend(x[0], bits) < 0 ? ~x[0] & mask_of(bits) : x[0];
                    if (v == 0) return 0xffffffffU;
                    const unsigned found = 63 - static_cast<unsigned>(std::countl_zero(v));
                    return amount ? bits - 1 - found : found;
                });
}

// Of 64 bits, ptxas 13.0 uses all bits of place and length where PTX names eight.
void add_fields(Catalogue& c, unsigned bits) {
    const std::string l = bits == 32 ? "w" : "d";
    for (const bool is_signed : {false, true}) {
        const auto extract = [=](const U64* x) {
            const unsigned start = x[1] & 0xff, length = x[2] & 0xff;
            if (length == 0) return U64{0};
            const unsigned last = std::min(start + length - 1, bits - 1);
            const U64 sign = is_signed ? x[0] >> last & 1 : 0;
            U64 r = 0;
            for (unsigned i = 0; i < bits; ++i) {
                const bool inside = i < length && start + i < bits;
                r |= (inside ? x[0] >> (start + i) & 1 : sign) << i;
            }
            return r;
        };
        const std::string name = fmt::format("bfe.{}{}", is_signed ? 's' : 'u', bits);
        add(c, "field",
            bits == 32 ? name + " $0, $1, $2, $3;"
                       : "{ .reg .b32 @s, @n; and.b32 @s, $2, 255; and.b32 @n, $3, 255; " + name + " $0, $1, @s, @n; }",
            l, l + "ww", extract);
        add(c, "field", fmt::format("bfe.{}{} $0, $1, $2, $3;", is_signed ? 's' : 'u', bits), l, l + "jj", extract);
    }
    const auto insert = [=](const U64* x) {
        const unsigned start = x[2] & 0xff, length = x[3] & 0xff;
        U64 r = x[1];
        for (unsigned i = 0; i < length && start + i < bits; ++i) {
            r &= ~(U64{1} << (start + i));
            r |= (i < bits ? x[0] >> i & 1 : 0) << (start + i);
        }
        return r;
    };
    add(c, "field",
        bits == 32 ? "bfi.b32 $0, $1, $2, $3, $4;"
                   : "{ .reg .b32 @s, @n; and.b32 @s, $3, 255; and.b32 @n, $4, 255; bfi.b64 $0, $1, $2, @s, @n; }",
        l, l + l + "ww", insert);
    add(c, "field", fmt::format("bfi.b{} $0, $1, $2, $3, $4;", bits), l, l + l + "jj", insert);
}

void add_funnel_and_masks(Catalogue& c) {
    for (const bool wrap : {false, true}) {
        const auto amount = [wrap](U64 n) { return static_cast<unsigned>(wrap ? n & 31 : n > 32 ? 32 : n); };
        const char* mode = wrap ? "wrap" : "clamp";
        for (const char letter : {'w', 'j'}) {
            add(c, "shift", fmt::format("shf.l.{}.b32 $0, $1, $2, $3;", mode), "w", std::string("ww") + letter,
                [=](const U64* x) { return static_cast<U32>(((x[1] << 32 | x[0]) << amount(x[2])) >> 32); });
            add(c, "shift", fmt::format("shf.r.{}.b32 $0, $1, $2, $3;", mode), "w", std::string("ww") + letter,
                [=](const U64* x) { return static_cast<U32>((x[1] << 32 | x[0]) >> amount(x[2])); });
        }
        add(c, "field", fmt::format("bmsk.{}.b32 $0, $1, $2;", mode), "w", "ww", [=](const U64* x) {
            const U64 start = wrap ? x[0] & 31 : x[0], length = wrap ? x[1] & 31 : x[1];
            U32 r = 0;
            for (U64 i = 0; i < 32; ++i) r |= i >= start && i - start < length ? U32{1} << i : 0;
            return r;
        });
        for (const bool is_signed : {false, true})
            add(c, "field", fmt::format("szext.{}.{}32 $0, $1, $2;", mode, is_signed ? 's' : 'u'), "w", "ww", [=](const U64* x) -> U64 {
                const U64 n = wrap ? x[1] & 31 : x[1];
                if (n == 0) return 0;
                if (n >= 32) return x[0];
                return is_signed ? static_cast<U64>(sign_extend(x[0], static_cast<unsigned>(n))) : x[0] & mask_of(static_cast<unsigned>(n));
            });
    }
    add(c, "lop3", "lop3.b32 $0, $1, $2, $3, $4;", "w", "wwwk", [](const U64* x) {
        U64 r = 0;
        for (unsigned i = 0; i < 32; ++i) r |= (x[3] >> ((x[0] >> i & 1) << 2 | (x[1] >> i & 1) << 1 | (x[2] >> i & 1)) & 1) << i;
        return r;
    });
}

void add_permutations(Catalogue& c) {
    const auto byte = [](const U64* x, U64 index) { return (x[1] << 32 | x[0]) >> (index * 8) & 0xff; };
    const auto general = [byte](const U64* x) {
        U64 r = 0;
        for (unsigned i = 0; i < 4; ++i) {
            const U64 control = x[2] >> (4 * i) & 0xf, value = byte(x, control & 7);
            r |= (control & 8 ? (value & 0x80 ? 0xff : 0) : value) << (8 * i);
        }
        return r;
    };
    add(c, "prmt", "prmt.b32 $0, $1, $2, $3;", "w", "www", general);
    add(c, "prmt", "prmt.b32 $0, $1, $2, $3;", "w", "wwk", general);
    struct Mode {
        const char* name;
        U64 (*index)(U64 control, U64 i);
    };
    static constexpr Mode kModes[] = {{"f4e", [](U64 s, U64 i) { return s + i; }},
                                      {"b4e", [](U64 s, U64 i) { return (s + 8 - i) & 7; }},
                                      {"rc8", [](U64 s, U64) { return s; }},
                                      {"ecl", [](U64 s, U64 i) { return i > s ? i : s; }},
                                      {"ecr", [](U64 s, U64 i) { return i < s ? i : s; }},
                                      {"rc16", [](U64 s, U64 i) { return (s & 1) * 2 + (i & 1); }}};
    for (const Mode& mode : kModes)
        add(c, "prmt", fmt::format("prmt.b32.{} $0, $1, $2, $3;", mode.name), "w", "www", [byte, mode](const U64* x) {
            U64 r = 0;
            for (U64 i = 0; i < 4; ++i) r |= byte(x, mode.index(x[2] & 3, i)) << (8 * i);
            return r;
        });
}

// vadd, vsub, vabsdiff, vmin, vmax on a byte or half of each source, without and with saturation and a second operation. Where ptxas 13.0
// departs from PTX there is no row: a minimum as second operation of unsigned types (it compares 64 bits), vsub.u32.u32.s32.sat.
void add_video(Catalogue& c) {
    struct Part {
        const char* name;
        unsigned shift, bits;
    };
    static constexpr Part kParts[] = {{"", 0, 32}, {".b0", 0, 8}, {".b3", 24, 8}, {".h0", 0, 16}, {".h1", 16, 16}};
    static constexpr const char* kNames[] = {"vadd", "vsub", "vabsdiff", "vmin", "vmax"};
    const auto value = [](U64 x, const Part& p, bool is_signed) {
        const U64 v = x >> p.shift & mask_of(p.bits);
        return is_signed ? sign_extend(v, p.bits) : static_cast<S64>(v);
    };
    const auto clamp = [](S64 v, bool is_signed) {
        const S64 low = is_signed ? -S64{0x80000000} : 0, high = is_signed ? 0x7fffffff : 0xffffffff;
        return std::max(low, std::min(high, v));
    };
    unsigned number = 0;
    for (unsigned which = 0; which < 5; ++which)
        for (unsigned signs = 0; signs < 8; ++signs)
            for (const bool saturate : {false, true}) {
                const Part a = kParts[number % 5], b = kParts[number / 5 % 5];
                number += 7;
                const bool ds = signs & 1, as = signs & 2, bs = signs & 4;
                if (which == 1 && saturate && !ds && !as && bs) continue;
                const auto result = [=](const U64* x) {
                    const S64 p = value(x[0], a, as), q = value(x[1], b, bs);
                    const S64 r = which == 0   ? p + q
                                  : which == 1 ? p - q
                                  : which == 2 ? (p < q ? q - p : p - q)
                                  : which == 3 ? std::min(p, q)
                                               : std::max(p, q);
                    return static_cast<U32>(saturate ? clamp(r, ds) : r);
                };
                const std::string head = fmt::format("{}.{}32.{}32.{}32{}", kNames[which], ds ? 's' : 'u', as ? 's' : 'u', bs ? 's' : 'u',
                                                     saturate ? ".sat" : "");
                const std::string operands = fmt::format(" $0, $1{}, $2{}", a.name, b.name);
                add(c, "video", head + operands + ";", "w", "ww", result);
                add(c, "video", head + ".add" + operands + ", $3;", "w", "www", [=](const U64* x) { return result(x) + x[2]; });
                if (ds && as && bs)
                    add(c, "video", head + ".min" + operands + ", $3;", "w", "www",
                        [=](const U64* x) { return std::min(static_cast<S32>(result(x)), static_cast<S32>(x[2])); });
            }
}

void add_moves(Catalogue& c) {
    const auto two = [&](const char* text, const char* results, const char* sources, auto value) {
        Operation o;
        o.family = "move";
        o.text = text;
        o.results = results;
        o.sources = sources;
        o.evaluate = [value](const U64* in, U64* out, Thread&) { value(in, out); };
        c.push_back(o);
    };
    add(c, "move", "mov.b32 $0, {$1, $2};", "w", "hh", [](const U64* x) { return x[0] | x[1] << 16; });
    add(c, "move", "mov.b64 $0, {$1, $2};", "d", "ww", [](const U64* x) { return x[0] | x[1] << 32; });
    add(c, "move", "mov.b64 $0, {$1, $2, $3, $4};", "d", "hhhh", [](const U64* x) { return x[0] | x[1] << 16 | x[2] << 32 | x[3] << 48; });
    two("{ mov.b32 {$0, $1}, $2; }", "hh", "w", [](const U64* x, U64* y) { y[0] = x[0], y[1] = x[0] >> 16; });
    two("{ mov.b64 {$0, $1}, $2; }", "ww", "d", [](const U64* x, U64* y) { y[0] = x[0], y[1] = x[0] >> 32; });
    add(c, "predicate", "and.pred $0, $1, $2;", "p", "pp", [](const U64* x) { return x[0] & x[1]; });
    add(c, "predicate", "or.pred $0, $1, $2;", "p", "pp", [](const U64* x) { return x[0] | x[1]; });
    add(c, "predicate", "xor.pred $0, $1, $2;", "p", "pp", [](const U64* x) { return x[0] ^ x[1]; });
    add(c, "predicate", "not.pred $0, $1;", "p", "p", [](const U64* x) { return x[0] ^ 1; });
}

} // namespace

void add_bit_operations(Catalogue& c) {
    for (const unsigned bits : {16U, 32U, 64U}) add_logic(c, bits);
    for (const unsigned bits : {32U, 64U}) {
        add_counts(c, bits);
        add_fields(c, bits);
    }
    add_funnel_and_masks(c);
    add_permutations(c);
    add_video(c);
    add_moves(c);
}

} // namespace heddle::ptx_fuzz
