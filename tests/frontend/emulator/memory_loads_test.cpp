#include "tests/frontend/emulator/memory_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;

namespace {

constexpr unsigned kSizes = 7;
constexpr Mask kMasks[] = {kAllLanes, 0x00000001, 0x80000000, 0x5a5a0ff0};

// What register `i` of the result holds for the element at `p`.
std::uint32_t element(const std::uint8_t* p, unsigned size, unsigned i) {
    std::uint32_t value = 0;
    switch (size) {
    case 0: return p[0];
    case 1: return static_cast<std::uint32_t>(static_cast<std::int8_t>(p[0]));
    case 2: return p[0] | p[1] << 8;
    case 3: return static_cast<std::uint32_t>(static_cast<std::int16_t>(p[0] | p[1] << 8));
    default: std::memcpy(&value, p + 4 * i, 4); return value;
    }
}
unsigned registers_of(unsigned size) { return std::max(1U, kSizeBytes[size] / 4); }

struct Buffer {
    explicit Buffer(WarpBench& bench, Bytes bytes, const char* name = "buffer")
        : begin(bench.device().memory().allocate(bytes, AllocationKind::Device, name)), bytes(bytes) {
        std::mt19937 random(3);
        for (Bytes i = 0; i < bytes; ++i) at(i) = static_cast<std::uint8_t>(random());
    }
    std::uint8_t& at(Bytes i) { return reinterpret_cast<std::uint8_t*>(begin)[i]; }
    Address begin;
    Bytes bytes;
};

} // namespace

TEST_CASE("LDG loads every size, consecutive, strided, permuted and from one address, with partial masks") {
    for (unsigned size = 0; size < kSizes; ++size) {
        for (unsigned pattern = 0; pattern < 4; ++pattern) {
            for (const Mask mask : kMasks) {
                WarpBench bench;
                Buffer buffer(bench, 4096);
                const unsigned bytes = kSizeBytes[size];
                std::array<Address, kLanes> address{};
                for (unsigned l = 0; l < kLanes; ++l)
                    address[l] = buffer.begin + (pattern == 0 ? l : pattern == 1 ? 3 * l : pattern == 2 ? (l * 7 + 5) % 32 : 9) * bytes;
                for (const unsigned d : {8U, 4U}) { // 4: the result overwrites the address
                    set_pair(bench, 4, address);
                    for (unsigned i = 0; i < 4; ++i)
                        if (d != 4) bench.set(d + i, [](unsigned) { return 0xdeadbeefU; });
                    bench.run(ldg(size, d, 4).offset(bytes), mask);
                    for (unsigned l = 0; l < kLanes; ++l)
                        for (unsigned i = 0; i < registers_of(size); ++i) {
                            const bool on = mask >> l & 1;
                            if (!on && d == 4) continue;
                            const std::uint32_t expected =
                                on ? element(&buffer.at(address[l] - buffer.begin + bytes), size, i) : 0xdeadbeefU;
                            REQUIRE(bench.reg(d + i, l) == expected);
                        }
                }
            }
        }
    }
}

TEST_CASE("STG stores every size and nothing beside it") {
    for (unsigned size = 0; size < kSizes; ++size) {
        for (const bool consecutive : {true, false}) {
            for (const Mask mask : kMasks) {
                WarpBench bench;
                Buffer buffer(bench, 2048);
                std::vector<std::uint8_t> expected(&buffer.at(0), &buffer.at(0) + buffer.bytes);
                const unsigned bytes = kSizeBytes[size];
                std::array<Address, kLanes> address{};
                for (unsigned l = 0; l < kLanes; ++l) address[l] = buffer.begin + (consecutive ? l : 31 - l) * bytes + 256;
                set_pair(bench, 4, address);
                for (unsigned i = 0; i < 4; ++i) bench.set(8 + i, [&](unsigned l) { return 0x01020304U * (l + 1) + i * 0x11111111U; });
                bench.run(stg(size, 4, 8).offset(-256), mask);
                for (unsigned l = 0; l < kLanes; ++l)
                    if (mask >> l & 1)
                        for (unsigned byte = 0; byte < bytes; ++byte)
                            expected[address[l] - buffer.begin - 256 + byte] =
                                static_cast<std::uint8_t>(bench.reg(8 + byte / 4, l) >> 8 * (byte % 4));
                REQUIRE(std::memcmp(expected.data(), &buffer.at(0), buffer.bytes) == 0);
            }
        }
    }
}

TEST_CASE("addresses take uniform registers, descriptors and 32-bit registers") {
    WarpBench bench;
    Buffer buffer(bench, 1024);
    const auto word = [&](Bytes at) { return element(&buffer.at(at), 4, 0); };
    bench.set_ureg(6, static_cast<std::uint32_t>(buffer.begin));
    bench.set_ureg(7, static_cast<std::uint32_t>(buffer.begin >> 32));
    bench.set(4, [](unsigned l) { return 4 * l; });
    const auto uniform = [](unsigned wide) {
        return MemoryWord(0x981).set(72, 1, 1).size(4).set(81, 3, 7).set(84, 3, 1).set(91, 1, 1).set(32, 6, 6).set(90, 1, wide).d(10);
    };
    bench.run(uniform(0).a(4).offset(8)); // [R4.U32+UR6+0x8]
    for (unsigned l = 0; l < kLanes; ++l) CHECK(bench.reg(10, l) == word(4 * l + 8));
    bench.run(uniform(0).a(255)); // [UR6]
    CHECK(bench.reg(10, 17) == word(0));
    bench.set(5, [](unsigned) { return 0; });
    bench.run(uniform(1).a(4)); // [R4.64+UR6]
    CHECK(bench.reg(10, 31) == word(124));
    // desc[UR4][R4.64]: the descriptor adds nothing
    std::array<Address, kLanes> address{};
    for (unsigned l = 0; l < kLanes; ++l) address[l] = buffer.begin + 4 * l;
    set_pair(bench, 4, address);
    bench.run(MemoryWord(0x981).set(72, 1, 1).size(4).set(76, 1, 1).set(81, 3, 7).set(84, 3, 1).set(90, 2, 3).set(32, 6, 6).d(10).a(4));
    CHECK(bench.reg(10, 5) == word(20));
}

TEST_CASE("LDG with a predicate gives zeros where it is false, and does not touch memory") {
    WarpBench bench;
    Buffer buffer(bench, 256);
    std::array<Address, kLanes> address{};
    for (unsigned l = 0; l < kLanes; ++l) address[l] = l < 16 ? buffer.begin + 8 * l : 0x10; // a wild address in the upper half
    set_pair(bench, 4, address);
    bench.set(8, [](unsigned) { return 1U; });
    bench.warp().predicates[3] = 0xffff;
    bench.run(ldg(5, 8, 4).set(64, 3, 7 - 3)); // P3
    for (unsigned l = 0; l < kLanes; ++l) CHECK(bench.reg(8, l) == (l < 16 ? element(&buffer.at(8 * l), 5, 0) : 0));
    CHECK(bench.reg(9, 20) == 0);
}

TEST_CASE("wrong addresses are faults that name address, lane and the nearest allocation") {
    WarpBench bench;
    Buffer buffer(bench, 128, "victim");
    std::array<Address, kLanes> address{};
    for (unsigned l = 0; l < kLanes; ++l) address[l] = buffer.begin + 4 * l;
    address[7] = buffer.begin + 128;
    set_pair(bench, 4, address);
    DeviceFault fault = fault_of(bench, ldg(4, 8, 4));
    CHECK(fault.kind == FaultKind::IllegalAddress);
    CHECK(fault.lane == 7);
    CHECK(std::string(fault.what()).find("global read of 4 bytes") != std::string::npos);
    CHECK(std::string(fault.what()).find("just past the end of device memory 'victim'") != std::string::npos);
    address[7] = buffer.begin + 126;
    set_pair(bench, 4, address);
    fault = fault_of(bench, stg(4, 4, 8));
    CHECK(fault.kind == FaultKind::MisalignedAddress);
    address[7] = buffer.begin + 124; // the last word, but 8 bytes are asked for at its end
    for (unsigned l = 0; l < kLanes; ++l) address[l] = buffer.begin + 8 * (l % 16) + 8;
    set_pair(bench, 4, address);
    fault = fault_of(bench, ldg(5, 8, 4));
    CHECK(fault.kind == FaultKind::IllegalAddress);
    CHECK(fault.lane == 15);
    // All lanes consecutive, the last ones beyond the end
    for (unsigned l = 0; l < kLanes; ++l) address[l] = buffer.begin + 64 + 4 * l;
    set_pair(bench, 4, address);
    CHECK(fault_of(bench, ldg(4, 8, 4)).lane == 16);
    // Released memory is not found through a remembered range
    for (unsigned l = 0; l < kLanes; ++l) address[l] = buffer.begin + 4 * l;
    set_pair(bench, 4, address);
    bench.run(ldg(4, 8, 4));
    bench.device().memory().release(buffer.begin);
    CHECK(fault_of(bench, ldg(4, 8, 4)).kind == FaultKind::IllegalAddress);
}

TEST_CASE("read-only memory is not written") {
    WarpBench bench;
    Buffer buffer(bench, 128);
    bench.device().memory().set_read_only(buffer.begin, true);
    std::array<Address, kLanes> address{};
    for (unsigned l = 0; l < kLanes; ++l) address[l] = buffer.begin + 4 * l;
    set_pair(bench, 4, address);
    bench.run(ldg(4, 8, 4));
    CHECK(fault_of(bench, stg(4, 4, 8)).kind == FaultKind::IllegalAddress);
}

TEST_CASE("shared memory: index scale, uniform base, bounds, alignment") {
    WarpBench bench;
    bench.set(3, [](unsigned l) { return l * 0x01010101U; });
    bench.set(4, [](unsigned l) { return 31 - l; });
    bench.run(sts(4, 4, 3).set(78, 2, 1).offset(16)); // STS [R4.X4+0x10], R3
    std::uint32_t value = 0;
    std::memcpy(&value, bench.cta().shared() + 16 + 4 * 31, 4);
    CHECK(value == 0);
    std::memcpy(&value, bench.cta().shared() + 16, 4);
    CHECK(value == 31 * 0x01010101U);
    bench.set_ureg(5, 16);
    bench.run(lds(4, 8, 4).set(78, 2, 1).set(91, 1, 1).set(32, 6, 5)); // LDS R8, [R4.X4+UR5]
    for (unsigned l = 0; l < kLanes; ++l) CHECK(bench.reg(8, l) == l * 0x01010101U);
    bench.set(4, [](unsigned l) { return 16 * l; });
    for (unsigned i = 0; i < 4; ++i) bench.set(12 + i, [&](unsigned l) { return 100 * l + i; });
    bench.run(sts(6, 4, 12));
    bench.run(lds(6, 20, 4), 0x0000ffff);
    for (unsigned i = 0; i < 4; ++i) CHECK(bench.reg(20 + i, 15) == 1500 + i);
    CHECK(bench.reg(20, 16) == 0);
    bench.run(lds(1, 8, 4).offset(4)); // S8
    CHECK(bench.reg(8, 2) == static_cast<std::uint32_t>(201 - 256));
    bench.set(4, [&](unsigned l) { return l == 9 ? static_cast<std::uint32_t>(bench.cta().shared_bytes()) : 0; });
    DeviceFault fault = fault_of(bench, lds(4, 8, 4));
    CHECK(fault.kind == FaultKind::IllegalAddress);
    CHECK(fault.lane == 9);
    bench.set(4, [](unsigned) { return 2; });
    CHECK(fault_of(bench, lds(4, 8, 4)).kind == FaultKind::MisalignedAddress);
    bench.set(4, [](unsigned) { return 0xfffffffcU; });
    CHECK(fault_of(bench, sts(4, 4, 3)).kind == FaultKind::IllegalAddress);
}

TEST_CASE("local memory is each thread's own") {
    WarpBench bench;
    bench.set(1, [](unsigned) { return 64; });
    bench.set(2, [](unsigned l) { return 1000 + l; });
    bench.run(MemoryWord(0x387).size(4).set(84, 3, 1).a(1).b(2).offset(-4)); // STL [R1+-0x4], R2
    bench.run(MemoryWord(0x983).size(4).set(84, 3, 1).a(1).d(8).offset(-4)); // LDL
    for (unsigned l = 0; l < kLanes; ++l) CHECK(bench.reg(8, l) == 1000 + l);
    std::uint32_t value = 0;
    std::memcpy(&value, bench.cta().local(11) + 60, 4);
    CHECK(value == 1011);
    bench.set(1, [&](unsigned) { return static_cast<std::uint32_t>(bench.cta().local_bytes()); });
    CHECK(fault_of(bench, MemoryWord(0x983).size(4).set(84, 3, 1).a(1).d(8)).kind == FaultKind::IllegalAddress);
}

TEST_CASE("generic addresses reach global, shared and local memory") {
    WarpBench bench;
    Buffer buffer(bench, 256);
    std::memset(bench.cta().shared(), 0x11, 64);
    std::memset(bench.cta().local(2) + 8, 0x22, 4);
    std::array<Address, kLanes> address{};
    for (unsigned l = 0; l < kLanes; ++l)
        address[l] = l % 3 == 0 ? buffer.begin + 4 * l : l % 3 == 1 ? DeviceMemory::kSharedWindow + 4 : DeviceMemory::kLocalWindow + 8;
    set_pair(bench, 4, address);
    const auto ld = MemoryWord(0x980).set(72, 1, 1).size(4).set(84, 3, 1).a(4).d(8);
    bench.run(ld);
    CHECK(bench.reg(8, 3) == element(&buffer.at(12), 4, 0));
    CHECK(bench.reg(8, 1) == 0x11111111);
    CHECK(bench.reg(8, 2) == 0x22222222);
    CHECK(bench.reg(8, 5) == 0);
    // QSPC.E.S, .L, .G
    for (const auto& [space, expected] : {std::pair{2U, 0x92492492U}, {1U, 0x24924924U}, {0U, 0x49249249U}}) {
        bench.warp().predicates[0] = 0;
        bench.run(MemoryWord(0x3aa).set(72, 1, 1).set(73, 2, space).d(255).a(4));
        CHECK(bench.warp().predicates[0] == expected);
    }
    address[4] = DeviceMemory::kSharedWindow + (1 << 24); // another CTA's, but there is no cluster
    set_pair(bench, 4, address);
    CHECK(fault_of(bench, ld).lane == 4);
}

TEST_CASE("LDC reads constant banks by register, with zeros beyond them") {
    WarpBench bench;
    const auto bank = bench.grid().constant_bank(0);
    bench.set(4, [](unsigned l) { return 4 * l; });
    bench.run(MemoryWord(0xb82).size(4).d(8).a(4));
    for (unsigned l = 0; l < kLanes; ++l) {
        std::uint32_t expected = 0;
        std::memcpy(&expected, bank.data() + 4 * l, 4);
        CHECK(bench.reg(8, l) == expected);
    }
    bench.run(MemoryWord(0xb82).size(5).d(8).a(255).set(38, 16, 8)); // LDC.64 c[0][8]: block.z, grid.x
    CHECK(bench.reg(8, 3) == 1);
    CHECK(bench.reg(9, 3) == 4);
    bench.set(4, [](unsigned) { return 0x10000U; });
    bench.run(MemoryWord(0xb82).size(4).d(8).a(4));
    CHECK(bench.reg(8, 0) == 0);
}
