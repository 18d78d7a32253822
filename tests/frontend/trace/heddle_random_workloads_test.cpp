// The random workloads of heddle_workloads.hpp: anything the contract allows.
#include "tests/frontend/trace/heddle_workloads.hpp"

#include <fmt/format.h>

namespace heddle::test {

namespace {

StaticInstruction random_row(std::mt19937& random) {
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    StaticInstruction row =
        row_of(fmt::format("OP{}.X{}", below(6), below(3)), static_cast<Behaviour>(below(21)), static_cast<Space>(below(8)));
    row.pipe = static_cast<Pipe>(below(kPipes));
    row.latency_class = static_cast<LatencyClass>(below(kLatencyClasses));
    row.uniform_address = below(2), row.bypass_l1 = below(2), row.known = below(2);
    row.access_bytes = static_cast<std::uint8_t>(below(256));
    const auto range = [&] { return RegisterRange{static_cast<std::uint8_t>(below(250)), static_cast<std::uint8_t>(1 + below(4))}; };
    row.source_count = static_cast<std::uint8_t>(below(5));
    row.destination_count = static_cast<std::uint8_t>(below(3));
    for (unsigned i = 0; i < row.source_count; ++i) row.reads.add(row.sources[i] = range());
    for (unsigned i = 0; i < row.destination_count; ++i) row.writes.add(row.destinations[i] = range());
    if (below(4) == 0) row.reads.words[1] ^= random();
    if (below(4) == 0) row.writes.words[3] ^= random() >> 1;
    if (below(2))
        row.control = {static_cast<std::uint8_t>(below(16)), below(2) == 1,
                       static_cast<std::uint8_t>(below(8)),  static_cast<std::uint8_t>(below(8)),
                       static_cast<std::uint8_t>(below(64)), static_cast<std::uint8_t>(below(8))};
    if (below(4) == 0)
        row.mma = {static_cast<std::uint16_t>(random()),
                   static_cast<std::uint16_t>(below(300)),
                   16,
                   static_cast<MmaType>(below(10)),
                   below(2) == 1,
                   below(2) == 1};
    row.barrier_action = static_cast<BarrierAction>(below(3));
    row.barrier = static_cast<std::uint8_t>(below(16));
    row.barrier_threads = static_cast<std::uint16_t>(below(2) ? 0 : random());
    row.immediate = static_cast<std::int32_t>(below(2) ? 0 : random());
    row.flops_per_lane = static_cast<std::uint8_t>(below(5));
    return row;
}

Access random_access(std::mt19937_64& random, std::uint32_t mask) {
    Access a;
    const Address base = random() % 8 == 0 ? random() : 0x7f0000000000 + random() % 1000 * 4;
    if (random() % 2) {
        a.base = base;
        a.stride = random() % 8 == 0 ? static_cast<std::int64_t>(random()) : static_cast<std::int64_t>(random() % 65) - 32;
        return a;
    }
    a.kind = AddressPattern::Kind::List;
    const unsigned bits = static_cast<unsigned>(random() % 65), shift = static_cast<unsigned>(random() % 9);
    for (int k = 0; k < std::popcount(mask); ++k) a.list.push_back(base + ((bits == 0 ? 0 : random() >> (64 - bits)) << shift));
    return a;
}

Warp random_warp(std::uint64_t seed, std::uint32_t rows, std::uint32_t size) {
    std::mt19937_64 random(seed);
    Warp w;
    std::uint32_t row = 0;
    while (w.size() < size) {
        const std::size_t begin = w.size();
        const std::uint32_t mask = random() % 2 ? 0xffffffff : random() % 3 ? static_cast<std::uint32_t>(random()) : 0;
        row = random() % 3 ? row : static_cast<std::uint32_t>(random() % rows);
        for (std::uint64_t n = 1 + random() % 9; n > 0; --n, row = (row + 1) % rows) {
            Executed e{row, mask, {}};
            if (random() % 2) e.access = random_access(random, mask);
            w.push_back(e);
        }
        // Repeat a piece of what was executed, its bases moved on.
        if (random() % 3 == 0) {
            const std::size_t from = random() % 2 ? begin : random() % w.size();
            const Warp body(w.begin() + static_cast<std::ptrdiff_t>(from), w.end());
            for (std::uint64_t n = random() % 5; n > 0 && w.size() < 4 * size; --n)
                for (Executed e : body) {
                    if (e.access) {
                        e.access->base += e.access->kind == AddressPattern::Kind::Stride ? n * 128 : 0;
                        for (Address& a : e.access->list) a += n * 64;
                    }
                    w.push_back(e);
                }
        }
    }
    return w;
}

} // namespace

std::vector<TestCommand> random_commands(std::uint32_t seed, std::uint32_t size) {
    std::mt19937 random(seed);
    std::vector<TestCommand> commands;
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    for (std::uint32_t i = 0, n = 1 + below(4); i < n; ++i) {
        for (std::uint32_t c = below(3); c > 0; --c) commands.push_back({(std::uint64_t{random()} << 32 | random()), random(), {}});
        const std::uint32_t rows = 1 + below(i % 2 ? 20 : 600);
        std::vector<StaticInstruction> table;
        for (std::uint32_t r = 0; r < rows; ++r) table.push_back(random_row(random));
        TestKernel k = kernel_of(fmt::format("_Z{}kernel", below(3)), 1 + below(10), 1 + below(6), table);
        for (StaticInstruction& row : k.code->instructions)
            if (below(5) == 0) row.pc = random();
        k.code->has_control_bits = below(2), k.code->has_predicate_registers = below(2);
        k.launch.id = random(), k.launch.stream = std::uint64_t{random()} << 20, k.launch.shared_bytes = below(2) * random();
        k.launch.registers_per_thread = below(256), k.launch.cluster = {1 + below(4), 1 + below(2), 1};
        k.launch.grid = {5 + below(7), 4, 1 + below(3)};
        const std::uint64_t offset = seed * 1000 + i, order = random(), volume = k.launch.grid.volume();
        k.index = [grid = k.launch.grid, order, volume](std::uint64_t cta) {
            const auto linear = static_cast<std::uint32_t>((cta * 3 + order) % volume);
            return Dim3{linear % grid.x, linear / grid.x % grid.y, linear / grid.x / grid.y};
        };
        // Some warps execute nothing, some the same as others.
        k.warp = [=](std::uint64_t cta, std::uint32_t warp) {
            const std::uint64_t own = offset * 100003 + cta * 64 + warp;
            if (own % 11 == 0) return Warp{};
            return random_warp(own % 3 == 0 ? offset : own, rows, size);
        };
        commands.push_back({0, 0, k});
    }
    return commands;
}

} // namespace heddle::test
