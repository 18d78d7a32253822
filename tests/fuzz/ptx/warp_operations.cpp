// Special registers, and what threads of a warp or CTA do together: shuffles, votes, matches, reductions, barriers, shared memory.
#include "tests/fuzz/ptx/operation.hpp"

#include <bit>
#include <fmt/format.h>

namespace heddle::ptx_fuzz {

namespace {

using Values = std::vector<std::array<U64, 6>>; // [thread][operand]
constexpr unsigned kWarp = 32;

void add_collective(Catalogue& c, std::string family, std::string text, std::string results, std::string sources, Operation::Scope scope,
                    std::function<void(const Values&, Values&)> collective) {
    Operation o;
    o.family = std::move(family);
    o.text = std::move(text);
    o.results = std::move(results);
    o.sources = std::move(sources);
    o.scope = scope;
    o.collective = std::move(collective);
    o.needs_kernel = true;
    c.push_back(std::move(o));
}

// For each warp: a function of the sources of its 32 threads.
template <class F> auto by_warp(F each) {
    return [each](const Values& in, Values& out) {
        for (unsigned first = 0; first < in.size(); first += kWarp) each(&in[first], &out[first]);
    };
}

using Lane = std::array<U64, 6>;
constexpr auto kWarpScope = Operation::Scope::Warp;
constexpr auto kCtaScope = Operation::Scope::Cta;

void add_special_registers(Catalogue& c) {
    struct Special {
        const char* name;
        U64 (*value)(const Thread&);
    };
    static constexpr Special kSpecials[] = {{"%tid.x", [](const Thread& t) -> U64 { return t.tid; }},
                                            {"%tid.y", [](const Thread&) -> U64 { return 0; }},
                                            {"%ntid.x", [](const Thread&) -> U64 { return kThreads; }},
                                            {"%ctaid.x", [](const Thread& t) -> U64 { return t.ctaid; }},
                                            {"%nctaid.x", [](const Thread&) -> U64 { return kCtas; }},
                                            {"%laneid", [](const Thread& t) -> U64 { return t.tid % 32; }},
                                            {"%lanemask_eq", [](const Thread& t) -> U64 { return 1U << t.tid % 32; }},
                                            {"%lanemask_lt", [](const Thread& t) -> U64 { return (1U << t.tid % 32) - 1; }},
                                            {"%lanemask_le", [](const Thread& t) -> U64 { return (2ULL << t.tid % 32) - 1; }},
                                            {"%lanemask_gt", [](const Thread& t) -> U64 { return ~((2ULL << t.tid % 32) - 1); }},
                                            {"%lanemask_ge", [](const Thread& t) -> U64 { return ~((1U << t.tid % 32) - 1); }}};
    for (const Special& s : kSpecials) {
        Operation o;
        o.family = "special";
        o.text = fmt::format("mov.u32 $0, {};", s.name);
        o.results = "w";
        o.evaluate = [value = s.value](const U64*, U64* out, Thread& t) { out[0] = value(t); };
        c.push_back(o);
    }
}

void add_shuffles(Catalogue& c) {
    static constexpr const char* kModes[] = {"up", "down", "bfly", "idx"};
    for (unsigned mode = 0; mode < 4; ++mode)
        for (const unsigned width : {32U, 16U, 8U, 4U})
            for (const char amount : {'w', 'j'}) {
                const unsigned segments = 32 - width, control = segments << 8 | (mode == 0 ? 0 : 31);
                add_collective(c, "shfl", fmt::format("{{ shfl.sync.{}.b32 $0|$1, $2, $3, {}, 0xffffffff; }}", kModes[mode], control), "wp",
                               std::string("w") + amount, kWarpScope, by_warp([=](const Lane* in, Lane* out) {
                                   for (unsigned lane = 0; lane < kWarp; ++lane) {
                                       const unsigned b = in[lane][1] & 31, clamp = control & 31;
                                       const unsigned most = (lane & segments) | (clamp & ~segments), least = lane & segments;
                                       const int j = mode == 0   ? static_cast<int>(lane) - static_cast<int>(b)
                                                     : mode == 1 ? static_cast<int>(lane + b)
                                                     : mode == 2 ? static_cast<int>(lane ^ b)
                                                                 : static_cast<int>(least | (b & ~segments & 31));
                                       const bool inside = mode == 0 ? j >= static_cast<int>(most) : j <= static_cast<int>(most);
                                       out[lane][0] = in[inside ? static_cast<unsigned>(j) : lane][0];
                                       out[lane][1] = inside;
                                   }
                               }));
            }
}

U32 ballot(const Lane* in, unsigned operand = 0) {
    U32 mask = 0;
    for (unsigned lane = 0; lane < kWarp; ++lane) mask |= (in[lane][operand] & 1 ? 1U : 0U) << lane;
    return mask;
}

template <class F> auto same_for_all(F value) { // of a warp
    return by_warp([value](const Lane* in, Lane* out) {
        const U64 v = value(in);
        for (unsigned lane = 0; lane < kWarp; ++lane) out[lane][0] = v;
    });
}

void add_votes(Catalogue& c) {
    add_collective(c, "vote", "vote.sync.all.pred $0, $1, 0xffffffff;", "p", "p", kWarpScope,
                   same_for_all([](const Lane* in) -> U64 { return ballot(in) == ~0U; }));
    add_collective(c, "vote", "vote.sync.any.pred $0, $1, 0xffffffff;", "p", "p", kWarpScope,
                   same_for_all([](const Lane* in) -> U64 { return ballot(in) != 0; }));
    add_collective(c, "vote", "vote.sync.uni.pred $0, $1, 0xffffffff;", "p", "p", kWarpScope,
                   same_for_all([](const Lane* in) -> U64 { return ballot(in) == 0 || ballot(in) == ~0U; }));
    add_collective(c, "vote", "vote.sync.ballot.b32 $0, $1, 0xffffffff;", "w", "p", kWarpScope,
                   same_for_all([](const Lane* in) -> U64 { return ballot(in); }));
    add_collective(c, "vote", "vote.sync.ballot.b32 $0, !$1, 0xffffffff;", "w", "p", kWarpScope,
                   same_for_all([](const Lane* in) -> U64 { return ~ballot(in); }));
    add_collective(c, "vote", "{ bar.warp.sync 0xffffffff; activemask.b32 $0; }", "w", "", kWarpScope,
                   same_for_all([](const Lane*) -> U64 { return ~0U; }));
    for (const char letter : {'w', 'd'}) {
        const std::string type = letter == 'w' ? "b32" : "b64", one(1, letter);
        add_collective(c, "match", "match.any.sync." + type + " $0, $1, 0xffffffff;", "w", one, kWarpScope,
                       by_warp([](const Lane* in, Lane* out) {
                           for (unsigned lane = 0; lane < kWarp; ++lane) {
                               out[lane][0] = 0;
                               for (unsigned other = 0; other < kWarp; ++other)
                                   out[lane][0] |= (in[lane][0] == in[other][0] ? 1ULL : 0ULL) << other;
                           }
                       }));
        add_collective(c, "match", "{ match.all.sync." + type + " $0|$1, $2, 0xffffffff; }", "wp", one, kWarpScope,
                       by_warp([](const Lane* in, Lane* out) {
                           bool all = true;
                           for (unsigned lane = 1; lane < kWarp; ++lane) all = all && in[lane][0] == in[0][0];
                           for (unsigned lane = 0; lane < kWarp; ++lane) out[lane][0] = all ? ~0U : 0, out[lane][1] = all;
                       }));
    }
}

struct Reduction {
    const char* name;
    U32 (*apply)(U32, U32);
};
constexpr Reduction kReductions[] = {
    {"add.u32", [](U32 a, U32 b) { return a + b; }},
    {"min.u32", [](U32 a, U32 b) { return a < b ? a : b; }},
    {"max.u32", [](U32 a, U32 b) { return a < b ? b : a; }},
    {"min.s32", [](U32 a, U32 b) { return static_cast<S32>(a) < static_cast<S32>(b) ? a : b; }},
    {"max.s32", [](U32 a, U32 b) { return static_cast<S32>(a) < static_cast<S32>(b) ? b : a; }},
    {"and.b32", [](U32 a, U32 b) { return a & b; }},
    {"or.b32", [](U32 a, U32 b) { return a | b; }},
    {"xor.b32", [](U32 a, U32 b) { return a ^ b; }},
};

void add_reductions(Catalogue& c) {
    for (const Reduction& r : kReductions) {
        add_collective(c, "redux", fmt::format("redux.sync.{} $0, $1, 0xffffffff;", r.name), "w", "w", kWarpScope,
                       same_for_all([apply = r.apply](const Lane* in) -> U64 {
                           U32 v = static_cast<U32>(in[0][0]);
                           for (unsigned lane = 1; lane < kWarp; ++lane) v = apply(v, static_cast<U32>(in[lane][0]));
                           return v;
                       }));
        // By the threads whose predicate holds, inside a branch.
        add_collective(c, "redux",
                       fmt::format("{{ .reg .b32 @m, @r; vote.sync.ballot.b32 @m, $2, 0xffffffff; mov.b32 @r, $1; @!$2 bra @end; "
                                   "redux.sync.{} @r, $1, @m; @end: "
                                   "bar.warp.sync 0xffffffff; mov.b32 $0, @r; }}",
                                   r.name),
                       "w", "wp", kWarpScope, by_warp([apply = r.apply](const Lane* in, Lane* out) {
                           bool first = true;
                           U32 v = 0;
                           for (unsigned lane = 0; lane < kWarp; ++lane)
                               if (in[lane][1]) {
                                   v = first ? static_cast<U32>(in[lane][0]) : apply(v, static_cast<U32>(in[lane][0]));
                                   first = false;
                               }
                           for (unsigned lane = 0; lane < kWarp; ++lane) out[lane][0] = in[lane][1] ? v : in[lane][0];
                       }));
    }
    add_collective(
        c, "match",
        "{ .reg .b32 @m, @r; vote.sync.ballot.b32 @m, $2, 0xffffffff; mov.b32 @r, 7; @!$2 bra @end; match.any.sync.b32 @r, $1, @m; @end: "
        "bar.warp.sync 0xffffffff; mov.b32 $0, @r; }",
        "w", "wp", kWarpScope, by_warp([](const Lane* in, Lane* out) {
            for (unsigned lane = 0; lane < kWarp; ++lane) {
                U32 mask = 0;
                for (unsigned other = 0; other < kWarp; ++other) mask |= in[other][1] && in[other][0] == in[lane][0] ? 1U << other : 0;
                out[lane][0] = in[lane][1] ? mask : 7;
            }
        }));
}

// Values go through shared memory to another thread of the CTA.
void add_exchanges(Catalogue& c) {
    struct Type {
        char letter;
        unsigned bytes;
        const char* name;
    };
    for (const Type t : {Type{'w', 4, "b32"}, Type{'d', 8, "b64"}, Type{'h', 2, "b16"}})
        for (const unsigned factor : {1U, 5U, 63U}) {
            const std::string one(1, t.letter);
            add_collective(c, "shared",
                           fmt::format("{{ .reg .b32 @i, @a; mul.lo.u32 @a, %thread, {0}; mov.u32 @i, shared; add.u32 @a, @a, @i; "
                                       "st.shared.{1} [@a], $1; bar.sync 0; "
                                       "mad.lo.u32 @a, %thread, {2}, $2; and.b32 @a, @a, {3}; mul.lo.u32 @a, @a, {0}; add.u32 @a, @a, @i; "
                                       "ld.shared.{1} $0, [@a]; bar.sync 0; }}",
                                       t.bytes, t.name, factor, kThreads - 1),
                           one, one + "w", kCtaScope, [=](const Values& in, Values& out) {
                               for (unsigned thread = 0; thread < kThreads; ++thread)
                                   out[thread][0] = in[(thread * factor + in[thread][1]) % kThreads][0];
                           });
        }
    for (const Reduction& r : kReductions)
        add_collective(
            c, "shared",
            fmt::format(
                "{{ .reg .b32 @a; mov.u32 @a, shared; st.shared.u32 [@a+{0}], 0; bar.sync 0; atom.shared.{1} @a, [@a+{0}], $1; bar.sync 0; "
                "mov.u32 @a, shared; ld.shared.u32 $0, [@a+{0}]; bar.sync 0; }}",
                kThreads * 8, r.name),
            "w", "w", kCtaScope, [apply = r.apply](const Values& in, Values& out) {
                U32 v = 0;
                for (const Lane& lane : in) v = apply(v, static_cast<U32>(lane[0]));
                for (Lane& lane : out) lane[0] = v;
            });
    const auto count = [](const Values& in) {
        U32 n = 0;
        for (const Lane& lane : in) n += lane[0] & 1;
        return n;
    };
    add_collective(c, "barrier", "barrier.red.popc.u32 $0, 0, $1;", "w", "p", kCtaScope, [count](const Values& in, Values& out) {
        for (Lane& lane : out) lane[0] = count(in);
    });
    add_collective(c, "barrier", "bar.red.and.pred $0, 1, $1;", "p", "p", kCtaScope, [count](const Values& in, Values& out) {
        for (Lane& lane : out) lane[0] = count(in) == kThreads;
    });
    add_collective(c, "barrier", "bar.red.or.pred $0, 2, !$1;", "p", "p", kCtaScope, [count](const Values& in, Values& out) {
        for (Lane& lane : out) lane[0] = count(in) != kThreads;
    });
}

} // namespace

void add_warp_operations(Catalogue& c) {
    add_special_registers(c);
    add_shuffles(c);
    add_votes(c);
    add_reductions(c);
    add_exchanges(c);
}

} // namespace heddle::ptx_fuzz
