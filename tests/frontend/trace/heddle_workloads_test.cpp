// The made-up workloads of heddle_workloads.hpp.
#include "tests/frontend/trace/heddle_workloads.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>

namespace heddle::test {

std::string describe_row(const StaticInstruction& r) {
    std::string s = fmt::format("{} {:x} '{}' {} {} {} {} {}{}{} {}", r.index, r.pc, r.text, static_cast<int>(r.pipe),
                                static_cast<int>(r.latency_class), static_cast<int>(r.behaviour), static_cast<int>(r.space),
                                r.uniform_address, r.bypass_l1, r.known, r.access_bytes);
    for (const auto& x : r.sources) s += fmt::format(" {}+{}", x.first, x.count);
    for (const auto& x : r.destinations) s += fmt::format(" >{}+{}", x.first, x.count);
    const ControlBits& c = r.control;
    return s + fmt::format(" {} {} {} {} control {} {} {} {} {} {} mma {} {} {} {} {} {} barrier {} {} {} {} {}\n", r.source_count,
                           r.destination_count, r.reads.words, r.writes.words, c.stall, c.yield, c.write_counter, c.read_counter,
                           c.wait_mask, c.reuse, r.mma.m, r.mma.n, r.mma.k, static_cast<int>(r.mma.type), r.mma.sparse,
                           r.mma.f32_accumulate, static_cast<int>(r.barrier_action), r.barrier, r.barrier_threads, r.immediate,
                           r.flops_per_lane);
}

std::string describe(Workload& workload) {
    std::string s;
    while (auto command = workload.next_command()) {
        if (command->kind == Command::Kind::CopyToDevice) {
            s += fmt::format("copy {:x} {}\n", command->address, command->bytes);
            continue;
        }
        Kernel& kernel = *command->kernel;
        const KernelLaunch& l = kernel.launch();
        s += fmt::format("launch '{}' {} {},{},{} {},{},{} {},{},{} {} {} {} {}\n", l.name, l.id, l.grid.x, l.grid.y, l.grid.z, l.block.x,
                         l.block.y, l.block.z, l.cluster.x, l.cluster.y, l.cluster.z, l.registers_per_thread, l.shared_bytes, l.stream,
                         l.architecture);
        while (auto cta = kernel.next_cta()) {
            s += fmt::format("cta {},{},{}\n", cta->index.x, cta->index.y, cta->index.z);
            for (auto& stream : cta->warps) {
                s += "warp\n";
                for (const Executed& e : drain(*stream)) {
                    s += fmt::format("{} {:08x}", e.row, e.mask);
                    if (e.access && e.access->kind == AddressPattern::Kind::Stride)
                        s += fmt::format(" {:x} {}", e.access->base, e.access->stride);
                    else if (e.access) s += fmt::format(" {}", e.access->list);
                    s += '\n';
                }
            }
        }
        s += fmt::format("code {} {}\n", kernel.code().has_control_bits, kernel.code().has_predicate_registers);
        for (const StaticInstruction& row : kernel.code().instructions) s += describe_row(row);
    }
    for (const auto* counts : {"unmodelled", "anomalies"})
        for (const auto& c : std::string(counts) == "unmodelled" ? workload.notes().unmodelled : workload.notes().anomalies)
            s += fmt::format("{} {} {}\n", counts, c.what, c.count);
    for (const auto& a : workload.notes().assumptions) s += a + "\n";
    return s;
}

StaticInstruction row_of(const std::string& text, Behaviour behaviour, Space space) {
    StaticInstruction row;
    row.text = text;
    row.behaviour = behaviour;
    row.space = space;
    if (space != Space::None) row.pipe = Pipe::Lsu, row.latency_class = LatencyClass::Memory, row.access_bytes = 4;
    return row;
}

TestKernel kernel_of(const std::string& name, std::uint64_t ctas, std::uint32_t warps, std::vector<StaticInstruction> rows) {
    TestKernel k;
    k.launch.name = name;
    k.launch.id = 1;
    k.launch.grid = {static_cast<std::uint32_t>(ctas), 1, 1};
    k.launch.block = {warps * kLanes, 1, 1};
    k.launch.architecture = 90;
    k.ctas = ctas;
    k.index = [](std::uint64_t cta) { return Dim3{static_cast<std::uint32_t>(cta), 0, 0}; };
    for (StaticInstruction& row : rows) {
        row.index = static_cast<std::uint32_t>(k.code->instructions.size());
        row.pc = row.index * 16;
        k.code->instructions.push_back(row);
    }
    return k;
}

TestKernel streaming_kernel(std::uint64_t ctas) {
    std::vector<StaticInstruction> rows(6, row_of("IMAD"));
    for (int i = 0; i < 4; ++i) rows.push_back(row_of("LDG.E.128", Behaviour::Load, Space::Global));
    for (int i = 0; i < 16; ++i) rows.push_back(row_of("FADD"));
    for (int i = 0; i < 4; ++i) rows.push_back(row_of("STG.E.128", Behaviour::Store, Space::Global));
    for (int i = 0; i < 3; ++i) rows.push_back(row_of("IADD3"));
    rows.push_back(row_of("BRA", Behaviour::Branch));
    rows.push_back(row_of("EXIT", Behaviour::Exit));
    TestKernel k = kernel_of("streaming", ctas, 8, rows);
    k.warp = [ctas](std::uint64_t cta, std::uint32_t warp) {
        Warp w;
        for (std::uint32_t r = 0; r < 6; ++r) w.push_back({r});
        const Address thread = (cta * 8 + warp) * kLanes;
        for (std::uint64_t i = 0; i < 2; ++i) {
            for (std::uint32_t r = 6; r < 34; ++r) {
                Executed e{r};
                const std::uint64_t element = (i * 4 + (r < 10 ? r - 6 : r - 26)) * ctas * 8 * kLanes + thread;
                if (r < 10) e.access = Access{AddressPattern::Kind::Stride, 0x7f0000000000 + element * 16, 16, {}};
                if (r >= 26 && r < 30) e.access = Access{AddressPattern::Kind::Stride, 0x7f4000000000 + element * 16, 16, {}};
                w.push_back(e);
            }
        }
        w.push_back({34});
        return w;
    };
    return k;
}

TestKernel gemm_kernel(std::uint64_t tiles_x, std::uint64_t tiles_y, std::uint32_t steps) {
    // Each step: 4 LDG.128 of A and B, 4 STS.128 (swizzled), barrier, 8 LDSM (swizzled), 32 HMMA; two shared buffers.
    std::vector<StaticInstruction> rows(20, row_of("IMAD"));
    for (int i = 0; i < 4; ++i) rows.push_back(row_of("LDG.E.128", Behaviour::Load, Space::Global)); // 20
    for (int i = 0; i < 8; ++i) {                                                                    // 24 .. 63
        rows.push_back(row_of("LDSM.16.M88.4", Behaviour::MatrixLoad, Space::Shared));
        for (int j = 0; j < 4; ++j) rows.push_back(row_of("HMMA.16816.F32", Behaviour::Mma));
    }
    for (int i = 0; i < 4; ++i) rows.push_back(row_of("STS.128", Behaviour::Store, Space::Shared)); // 64
    rows.push_back(row_of("BAR.SYNC", Behaviour::Barrier));                                         // 68
    rows.push_back(row_of("BRA", Behaviour::Branch));                                               // 69
    for (int i = 0; i < 16; ++i) rows.push_back(row_of("STG.E", Behaviour::Store, Space::Global));  // 70
    rows.push_back(row_of("EXIT", Behaviour::Exit));                                                // 86
    TestKernel k = kernel_of("gemm", tiles_x * tiles_y, 8, rows);
    k.launch.grid = {static_cast<std::uint32_t>(tiles_x), static_cast<std::uint32_t>(tiles_y), 1};
    k.index = [tiles_x](std::uint64_t cta) {
        return Dim3{static_cast<std::uint32_t>(cta % tiles_x), static_cast<std::uint32_t>(cta / tiles_x), 0};
    };
    k.warp = [tiles_x, steps](std::uint64_t cta, std::uint32_t warp) {
        const std::uint64_t x = cta % tiles_x, y = cta / tiles_x, pitch = 8192;
        Warp w;
        for (std::uint32_t r = 0; r < 20; ++r) w.push_back({r});
        for (std::uint32_t step = 0; step < steps; ++step) {
            for (std::uint32_t r = 20; r < 70; ++r) {
                Executed e{r};
                if (r < 24 || (r >= 64 && r < 68)) {
                    // A lane loads 16 bytes; 8 lanes a row of 128 bytes, 4 rows apart by the pitch.
                    const std::uint32_t part = r < 24 ? r - 20 : r - 64;
                    Access a{AddressPattern::Kind::List, 0, 0, {}};
                    for (unsigned lane = 0; lane < kLanes; ++lane) {
                        const std::uint64_t row = warp * 16 + part * 4 + lane / 8;
                        if (r < 24)
                            a.list.push_back(0x7e0000000000 + (part & 1) * 0x10000000 + ((part & 1 ? x : y) * 128 + row) * pitch +
                                             step * 128 + lane % 8 * 16);
                        else a.list.push_back((step & 1) * 32768 + row * 128 + ((lane % 8) ^ (row % 8)) * 16);
                    }
                    e.access = a;
                } else if (r < 64 && (r - 24) % 5 == 0) {
                    Access a{AddressPattern::Kind::List, 0, 0, {}};
                    for (unsigned lane = 0; lane < kLanes; ++lane) {
                        const std::uint64_t row = warp % 4 * 32 + lane % 16;
                        a.list.push_back((step & 1) * 32768 + row * 128 + (((r - 24) / 5 + lane / 16) % 8 ^ (row % 8)) * 16);
                    }
                    e.access = a;
                }
                w.push_back(e);
            }
        }
        for (std::uint32_t r = 70; r < 87; ++r) {
            Executed e{r};
            if (r < 86) {
                Access a{AddressPattern::Kind::List, 0, 0, {}};
                for (unsigned lane = 0; lane < kLanes; ++lane)
                    a.list.push_back(0x7d0000000000 + (y * 128 + warp * 16 + (r - 70) % 2 * 8 + lane / 4) * 4 * tiles_x * 128 + x * 512 +
                                     (r - 70) / 2 * 32 + lane % 4 * 8);
                e.access = a;
            }
            w.push_back(e);
        }
        return w;
    };
    return k;
}

TestKernel gather_kernel(std::uint64_t ctas, std::uint32_t loads) {
    TestKernel k = kernel_of("gather", ctas, 8,
                             {row_of("IMAD"), row_of("LDG.E", Behaviour::Load, Space::Global), row_of("FADD"),
                              row_of("BRA", Behaviour::Branch), row_of("EXIT", Behaviour::Exit)});
    k.warp = [loads](std::uint64_t cta, std::uint32_t warp) {
        std::mt19937_64 random(cta * 64 + warp);
        Warp w{{0}};
        for (std::uint32_t i = 0; i < loads; ++i) {
            Access a{AddressPattern::Kind::List, 0, 0, {}};
            for (unsigned lane = 0; lane < kLanes; ++lane) a.list.push_back(0x7f0000000000 + random() % (1ULL << 32) / 4 * 4);
            w.push_back({1, 0xffffffff, a});
            w.push_back({2}), w.push_back({3});
        }
        w.push_back({4});
        return w;
    };
    return k;
}

TestKernel ffma_kernel(std::uint64_t ctas, std::uint32_t iterations) {
    std::vector<StaticInstruction> rows(34, row_of("FFMA"));
    rows[33] = row_of("EXIT", Behaviour::Exit);
    TestKernel k = kernel_of("ffma", ctas, 8, rows);
    k.warp = [iterations](std::uint64_t, std::uint32_t) {
        Warp w{{0}};
        for (std::uint32_t i = 0; i < iterations; ++i)
            for (std::uint32_t r = 1; r < 33; ++r) w.push_back({r});
        w.push_back({33});
        return w;
    };
    return k;
}

std::vector<std::filesystem::path> captures() {
    std::vector<std::filesystem::path> roots{std::filesystem::path(HEDDLE_SOURCE_DIR) / "traces"}, found;
    if (const char* more = std::getenv("HEDDLE_TRACES")) roots.push_back(std::filesystem::path(more) / "nvbit");
    for (const auto& root : roots)
        for (const auto& entry : std::filesystem::directory_iterator(root))
            if (std::filesystem::exists(entry.path() / "kernelslist.g")) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

std::string read_all(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_all(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

} // namespace heddle::test
