#include "frontend/emulator/device_launch.hpp"
#include "frontend/emulator/device_memory.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

using namespace heddle;
using namespace heddle::emulator;

namespace {
std::uint8_t* host(Address a) { return reinterpret_cast<std::uint8_t*>(a); }
} // namespace

namespace {
// Flags of the mapping that holds `address`, as the kernel lists them; empty if it does not say.
std::string mapping_flags(Address address) {
    std::ifstream maps("/proc/self/smaps");
    bool here = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long long first = 0, last = 0;
        if (std::sscanf(line.c_str(), "%llx-%llx ", &first, &last) == 2) here = first <= address && address < last;
        if (here && line.starts_with("VmFlags:")) return line + ' ';
    }
    return {};
}
} // namespace

TEST_CASE("allocations of several MiB ask for huge pages, small ones do not") {
    if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) return;
    DeviceMemory memory(1 * kGiB);
    const Address small = memory.allocate(kMiB / 2, AllocationKind::Device, "small");
    const Address large = memory.allocate(32 * kMiB, AllocationKind::Device, "large");
    const std::string flags = mapping_flags(large);
    if (flags.empty()) return;
    CHECK(flags.find(" hg ") != std::string::npos);
    CHECK(mapping_flags(small).find(" hg ") == std::string::npos);
}

TEST_CASE("an allocation is zeroed, aligned, found by every address in it and by none beside it") {
    DeviceMemory memory(1 * kGiB);
    const Address a = memory.allocate(1000, AllocationKind::Device, "a");
    const Address b = memory.allocate(3 * kMiB, AllocationKind::Managed, "b");
    REQUIRE(a != 0);
    REQUIRE(b != 0);
    CHECK(a % 512 == 0);
    CHECK(b % (2 * kMiB) == 0);
    CHECK(memory.used() == 1000 + 3 * kMiB);
    CHECK(std::all_of(host(a), host(a) + 1000, [](std::uint8_t x) { return x == 0; }));
    CHECK(memory.find(a)->label == "a");
    CHECK(memory.find(a + 999)->begin == a);
    CHECK(memory.find(a + 1000) == nullptr);
    CHECK(memory.find(a - 1) == nullptr);
    CHECK(memory.find(b)->kind == AllocationKind::Managed);
    CHECK(memory.bytes(a, 1000) == reinterpret_cast<std::byte*>(a));
    CHECK(memory.bytes(a + 1, 1000) == nullptr);
    CHECK(memory.bytes(a + 1000, 0) != nullptr); // an empty range at the end
    CHECK(memory.nearest_below(a + 2000)->begin == a);
    CHECK(memory.describe(a + 1000).find("just past the end of device memory 'a'") != std::string::npos);
    CHECK(memory.describe(a + 5).find("5 bytes into") != std::string::npos);
}

TEST_CASE("addresses repeat from one memory to the next, and two memories live side by side") {
    std::vector<Address> first, second;
    const auto use = [](DeviceMemory& m, std::vector<Address>& out) {
        for (const Bytes n : {100ULL, 5000ULL, 2ULL << 20, 7ULL}) out.push_back(m.allocate(n, AllocationKind::Device, ""));
        m.release(out[1]);
        out.push_back(m.allocate(4000, AllocationKind::Device, ""));
    };
    {
        DeviceMemory m(kGiB);
        use(m, first);
    }
    DeviceMemory m(kGiB);
    use(m, second);
    CHECK(first == second);
    CHECK(second[4] == second[1]); // best fit: the hole just left
    DeviceMemory other(kGiB);
    CHECK(other.allocate(16, AllocationKind::Device, "") != 0);
}

TEST_CASE("the capacity is a limit on device memory, not on pinned host memory") {
    DeviceMemory memory(1 * kMiB);
    const Address a = memory.allocate(kMiB, AllocationKind::Device, "");
    CHECK(a != 0);
    CHECK(memory.allocate(1, AllocationKind::Device, "") == 0);
    CHECK(memory.allocate(kMiB, AllocationKind::Pinned, "") != 0);
    CHECK(memory.allocate(~0ULL, AllocationKind::Pinned, "") == 0);
    CHECK(memory.allocate(~0ULL - 4096, AllocationKind::Device, "") == 0);
    const std::uint64_t before = memory.generation();
    CHECK(memory.release(a));
    CHECK(memory.generation() != before);
    CHECK_FALSE(memory.release(a));
    CHECK_FALSE(memory.release(a + 4));
    CHECK(memory.allocate(1, AllocationKind::Device, "") != 0);
}

TEST_CASE("allocations of no bytes have addresses of their own") {
    DeviceMemory memory(kMiB);
    const Address a = memory.allocate(0, AllocationKind::Device, "");
    const Address b = memory.allocate(0, AllocationKind::Device, "");
    CHECK(a != 0);
    CHECK(b != 0);
    CHECK(a != b);
    CHECK(memory.find(a) == nullptr);
    CHECK(memory.release(a));
    CHECK(memory.release(b));
}

TEST_CASE("registered host memory is found until it is released, and may not overlap") {
    DeviceMemory memory(kMiB);
    std::vector<char> buffer(4096);
    CHECK(memory.register_host(buffer.data() + 16, 1000, "mine"));
    CHECK_FALSE(memory.register_host(buffer.data(), 17, "overlaps"));
    CHECK_FALSE(memory.register_host(buffer.data() + 1015, 17, "overlaps"));
    CHECK_FALSE(memory.register_host(buffer.data() + 100, 4, "inside"));
    CHECK_FALSE(memory.register_host(buffer.data(), 0, "empty"));
    CHECK(memory.register_host(buffer.data() + 1016, 17, "beside"));
    const auto address = reinterpret_cast<Address>(buffer.data());
    CHECK(memory.find(address + 20)->label == "mine");
    CHECK(memory.used() == 0);
    CHECK(memory.release(address + 16));
    CHECK(memory.find(address + 20) == nullptr);
    CHECK_FALSE(memory.register_host(reinterpret_cast<void*>(memory.allocate(16, AllocationKind::Device, "")), 16, "arena"));
}

TEST_CASE("random allocations and releases never overlap, come back zeroed, and leave no hole behind") {
    DeviceMemory memory(kGiB);
    std::mt19937 random(7);
    struct Live {
        Address begin;
        Bytes bytes;
    };
    std::vector<Live> live;
    const Address origin = memory.allocate(1, AllocationKind::Device, "");
    memory.release(origin);
    Address top = origin;
    for (unsigned step = 0; step < 20000; ++step) {
        if (live.empty() || random() % 5 < 3) {
            const Bytes bytes = random() % 50 == 0 ? random() % (4 * kMiB) : random() % 9000;
            const Bytes alignment = Bytes{1} << (random() % 14);
            const Address a = memory.allocate(bytes, AllocationKind::Device, "", alignment);
            if (a == 0) continue; // full
            REQUIRE(a % alignment == 0);
            if (bytes != 0) {
                REQUIRE(std::all_of(host(a), host(a) + std::min<Bytes>(bytes, 10000), [](std::uint8_t x) { return x == 0; }));
                std::memset(host(a), 0xff, bytes);
            }
            live.push_back({a, bytes});
            top = std::max(top, a + bytes);
        } else {
            const std::size_t k = random() % live.size();
            REQUIRE(memory.release(live[k].begin));
            live[k] = live.back();
            live.pop_back();
        }
        if (step % 1000 == 0) {
            auto sorted = live;
            std::sort(sorted.begin(), sorted.end(), [](const Live& x, const Live& y) { return x.begin < y.begin; });
            for (std::size_t i = 1; i < sorted.size(); ++i) REQUIRE(sorted[i - 1].begin + sorted[i - 1].bytes + 4096 <= sorted[i].begin);
        }
    }
    for (const Live& l : live) memory.release(l.begin);
    CHECK(memory.used() == 0);
    // One hole is left, in which everything fits that is not larger than what there was.
    CHECK(memory.allocate(top - origin - 3 * kMiB, AllocationKind::Device, "") == (origin + 2 * kMiB - 1) / (2 * kMiB) * (2 * kMiB));
}

TEST_CASE("what the runtime needs for itself does not lie where the program freed something") {
    DeviceMemory memory(1 * kGiB);
    const Address freed = memory.allocate(4096, AllocationKind::Device, "freed");
    const Address above = memory.allocate(4096, AllocationKind::Device, "above");
    REQUIRE(memory.release(freed));
    const Address own = memory.allocate(24, AllocationKind::Global, "kernel parameters");
    CHECK(own > above);
    CHECK(memory.find(freed) == nullptr);
    CHECK(memory.allocate(4096, AllocationKind::Device, "again") == freed);
    REQUIRE(memory.release(own));
    REQUIRE(memory.release(above)); // nothing lies above it now
    CHECK(memory.allocate(24, AllocationKind::Global, "kernel parameters") > above);
    // All of it may be had again for something larger.
    CHECK(memory.allocate(900 * kMiB, AllocationKind::Device, "large") != 0);
}

TEST_CASE("launches of kernels by kernels are made in order, tail launches last, each once") {
    DeviceMemory memory(1 * kGiB);
    DeviceLaunches launches;
    Function function;
    function.parameter_bytes = 8;
    const auto prepare = [&](std::uint32_t mark) {
        LaunchRequest request;
        request.function = &function;
        request.grid = {mark, 1, 1};
        const Address buffer = launches.prepare(memory, request);
        std::memcpy(host(buffer), &mark, sizeof mark);
        return buffer;
    };
    const Bytes before = memory.used();
    const Address first = prepare(1), tail = prepare(2), second = prepare(3), never = prepare(4);
    CHECK(launches.launch(memory, tail, true));
    CHECK(launches.launch(memory, second, false));
    CHECK(launches.launch(memory, first, false));
    CHECK_FALSE(launches.launch(memory, first, false)); // already made
    CHECK_FALSE(launches.launch(memory, 12345, false));
    const auto made = launches.take();
    REQUIRE(made.size() == 2);
    CHECK(made[0].grid.x == 3);
    CHECK(made[1].grid.x == 1);
    CHECK(made[1].parameters.size() == 8);
    CHECK(made[1].parameters[0] == std::byte{1});
    REQUIRE(launches.take().size() == 1);
    CHECK(launches.take().empty());
    CHECK(memory.find(never) != nullptr);
    launches.clear(memory);
    CHECK(memory.find(never) == nullptr);
    CHECK(memory.used() == before);
}
