#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/mbarrier.hpp"
#include "frontend/emulator/tensor_map.hpp"
#include "tests/frontend/emulator/warp_bench.hpp"

#include <cmath>

using namespace heddle;
using namespace heddle::emulator;

namespace {

constexpr std::uint32_t kBarrier = 256, kData = 4096;

// Words as ptxas makes them; registers patched in. UR4 holds a shared address.
struct Bench : WarpBench {
    Bench() : WarpBench(90) { set_ureg(4, kBarrier); }
    std::uint64_t barrier() {
        std::uint64_t word;
        std::memcpy(&word, cta().shared() + kBarrier, 8);
        return word;
    }
    void init(std::uint32_t count) {
        const std::uint64_t word = mbarrier::init(count);
        set_ureg(10, static_cast<std::uint32_t>(word)), set_ureg(11, static_cast<std::uint32_t>(word >> 32));
        run("00000000080001000000000a043f75b2"); // SYNCS.EXCH.64 URZ, [UR4], UR10
    }
    template <class T> T* global(std::size_t count) {
        const Address a = device().memory().allocate(count * sizeof(T), AllocationKind::Device, "test");
        return reinterpret_cast<T*>(device().memory().bytes(a, count * sizeof(T)));
    }
    void set_pair(unsigned ur, const void* pointer) {
        const auto a = reinterpret_cast<std::uint64_t>(pointer);
        set_ureg(ur, static_cast<std::uint32_t>(a)), set_ureg(ur + 1, static_cast<std::uint32_t>(a >> 32));
    }
    template <class T> T shared(std::uint32_t address) {
        T v;
        std::memcpy(&v, cta().shared() + address, sizeof v);
        return v;
    }
    template <class T> void put_shared(std::uint32_t address, T v) { std::memcpy(cta().shared() + address, &v, sizeof v); }
};

std::uint32_t mixed(std::uint32_t address, unsigned swizzle) {
    static constexpr std::uint32_t kMask[] = {0, 0x10, 0x30, 0x70};
    return address ^ ((address >> 3) & kMask[swizzle]);
}

} // namespace

TEST_CASE("SYNCS initialises, counts arrivals of lanes and flips the phase", "[hopper]") {
    Bench b;
    b.init(40);
    CHECK(mbarrier::pending(b.barrier()) == 40);
    b.set(6, [](unsigned) { return 0xdeadU; });
    b.run("0000000008100004000000ffff0679a7"); // SYNCS.ARRIVE.TRANS64.A1T0 R6, [UR4], RZ
    CHECK(mbarrier::pending(b.barrier()) == 8);
    CHECK(b.reg(7, 0) == mbarrier::init(40) >> 32);                      // the state before
    CHECK(mbarrier::pending(b.reg(6, 31) | std::uint64_t{b.reg(7, 31)} << 32) == 9);
    fill(b.reg(8), 8);
    b.run("000000000850000400000008ff0679a7", 1); // ART0: 8 arrivals
    CHECK(mbarrier::phase(b.barrier()));
    CHECK(mbarrier::pending(b.barrier()) == 40);
    // Parity of the phase in bit 31 of R0
    b.set(0, [](unsigned lane) { return lane % 2 ? 0x80000000U : 0U; });
    b.run("000000000800004400000000ff0075a7"); // SYNCS.PHASECHK.TRANS64 P0, [UR4], R0
    CHECK(b.warp().predicates[0] == 0x55555555U);
    b.run("000000000810080400000000ffff79a7", 1); // SYNCS.ARRIVE.TRANS64.OPTOUT.A1T0
    CHECK(mbarrier::expected(b.barrier()) == 39);
    CHECK_THROWS_AS(([&] { fill(b.reg(8), 100), b.run("000000000850000400000008ff0679a7", 1); }()), DeviceFault);
}

TEST_CASE("SYNCS expects and completes transactions", "[hopper]") {
    Bench b;
    b.init(1);
    fill(b.reg(0), 4096);
    b.run("000000000800000400000000ffff79a7", 1); // SYNCS.ARRIVE.TRANS64 RZ, [UR4], R0: arrives and expects
    CHECK(mbarrier::transactions(b.barrier()) == 4096);
    CHECK_FALSE(mbarrier::phase(b.barrier()));
    fill(b.reg(0), 4000);
    b.run("000000000840040400000000ffff79a7", 1); // A0TX
    CHECK_FALSE(mbarrier::phase(b.barrier()));
    fill(b.reg(0), 96);
    b.run("000000000840040400000000ffff79a7", 1);
    CHECK(mbarrier::phase(b.barrier()));
    b.run("000000000830040400000000ffff79a7", 1); // A0TR: expects only
    CHECK(mbarrier::transactions(b.barrier()) == 96);
    CHECK(mbarrier::pending(b.barrier()) == 1);
}

TEST_CASE("a test of a phase that goes on is false and lets others run", "[hopper]") {
    Bench b;
    b.init(2);
    fill(b.reg(0), 0);
    b.warp().predicates[0] = kAllLanes;
    b.run("000000000800004400000000ff0075a7");
    CHECK(b.warp().predicates[0] == 0);
    CHECK(b.warp().pc == 0x110);
    CHECK(b.warp().splits[0].state == Split::State::Sleeping);
}

TEST_CASE("ELECT picks the lowest lane that executes", "[hopper]") {
    Bench b;
    b.run("0000000003820000000000000004782f", 0xfff0); // ELECT P1, UR4, PT
    CHECK(b.warp().predicates[1] == 0x10);
    CHECK(b.ureg(4).lane[0] == 4);
}

TEST_CASE("UBLKCP copies both ways and tells the mbarrier", "[hopper]") {
    Bench b;
    b.init(1);
    auto* data = b.global<std::uint32_t>(1024);
    for (unsigned i = 0; i < 1024; ++i) data[i] = i * 3;
    fill(b.reg(0), 1024);
    b.run("000000000800000400000000ffff79a7", 1);
    b.set_ureg(8, kData), b.set_ureg(9, kBarrier);  // destination block
    b.set_pair(6, data + 16);
    b.set_ureg(12, 1024 / 16);
    b.run("000000000800020c00000008060073ba", 1); // UBLKCP.S.G [UR8], [UR6], UR12
    CHECK(b.shared<std::uint32_t>(kData) == 48);
    CHECK(b.shared<std::uint32_t>(kData + 1020) == (16 + 255) * 3);
    CHECK(b.shared<std::uint32_t>(kData + 1024) == 0);
    CHECK(mbarrier::phase(b.barrier()));
    b.set_pair(8, data + 512);
    b.set_ureg(6, kData);
    b.run("000000000800040c00000008060073ba", 1); // UBLKCP.G.S [UR8], [UR6], UR12
    CHECK(data[512] == 48);
    CHECK(data[767] == (16 + 255) * 3);
    CHECK(data[768] == 768 * 3);
    b.run("00000000080a040c00000008060073bb", 1); // UBLKRED.G.S.ADD.F32.RN: denormals are flushed
    CHECK(data[512] == 0);
    b.set_pair(8, data + 1020); // beyond the end
    CHECK_THROWS_AS(b.run("000000000800040c00000008060073ba", 1), DeviceFault);
    b.set_pair(8, data + 1); // misaligned
    CHECK_THROWS_AS(b.run("000000000800040c00000008060073ba", 1), DeviceFault);
}

TEST_CASE("UTMALDG loads boxes with every swizzle, at borders too, and UTMASTG stores them", "[hopper]") {
    Bench b;
    constexpr unsigned kWidth = 40, kHeight = 24, kPitch = 48;
    auto* tensor = b.global<float>(kPitch * kHeight);
    auto* copy = b.global<float>(kPitch * kHeight);
    auto* map = b.global<std::byte>(256);
    for (unsigned i = 0; i < kPitch * kHeight; ++i) tensor[i] = static_cast<float>(i), copy[i] = -1;
    const std::uint64_t size[] = {kWidth, kHeight}, stride[] = {kPitch * 4};
    for (unsigned swizzle = 0; swizzle < 4; ++swizzle)
        for (const auto& [x0, y0] : {std::pair{4, 2}, {-4, 5}, {36, 20}, {-8, -2}, {100, 0}})
            for (const bool nan : {false, true}) {
                INFO("swizzle " << swizzle << " at " << x0 << "," << y0);
                const std::uint32_t box[] = {swizzle == 1 ? 8U : 16U, 9}, steps[] = {1, swizzle == 2 ? 2U : 1U};
                REQUIRE_FALSE(encode_tiled(map, 7, 2, tensor, size, stride, box, steps, 0, swizzle, 0, nan));
                b.init(1);
                const std::uint32_t rows = (box[1] + steps[1] - 1) / steps[1], bytes = box[0] * rows * 4;
                fill(b.reg(0), bytes);
                b.run("000000000800000400000000ffff79a7", 1);
                b.set_ureg(8, kData), b.set_ureg(9, kBarrier), b.set_ureg(10, static_cast<std::uint32_t>(x0)), b.set_ureg(11, static_cast<std::uint32_t>(y0));
                b.set_pair(6, map);
                b.run("000000000800800000000008060075b4", 1); // UTMALDG.2D [UR8], [UR6]
                CHECK(b.instruction().op == sass::Op::UTMALDG);
                CHECK(mbarrier::phase(b.barrier()));
                unsigned wrong = 0;
                for (unsigned r = 0; r < rows; ++r)
                    for (unsigned c = 0; c < box[0]; ++c) {
                        const int x = x0 + static_cast<int>(c), y = y0 + static_cast<int>(r * steps[1]);
                        const bool inside = x >= 0 && x < static_cast<int>(kWidth) && y >= 0 && y < static_cast<int>(kHeight);
                        const auto got = b.shared<float>(mixed(kData + (r * box[0] + c) * 4, swizzle));
                        wrong += inside ? got != tensor[y * static_cast<int>(kPitch) + x] : nan ? !std::isnan(got) : got != 0;
                    }
                CHECK(wrong == 0);
                if (nan) continue;
                REQUIRE_FALSE(encode_tiled(map, 7, 2, copy, size, stride, box, steps, 0, swizzle, 0, 0));
                b.set_ureg(8, kData), b.set_ureg(9, static_cast<std::uint32_t>(x0)), b.set_ureg(10, static_cast<std::uint32_t>(y0));
                b.run("000000000800800000000008060073b5", 1); // UTMASTG.2D [UR8], [UR6]
                for (unsigned r = 0; r < rows; ++r)
                    for (unsigned c = 0; c < box[0]; ++c) {
                        const int x = x0 + static_cast<int>(c), y = y0 + static_cast<int>(r * steps[1]);
                        if (x >= 0 && x < static_cast<int>(kWidth) && y >= 0 && y < static_cast<int>(kHeight)) {
                            const int at = y * static_cast<int>(kPitch) + x;
                            wrong += copy[at] != tensor[at];
                            copy[at] = -1;
                        }
                    }
                CHECK(wrong == 0);
                for (unsigned i = 0; i < kPitch * kHeight; ++i) wrong += copy[i] != -1; // nothing else was written
                CHECK(wrong == 0);
            }
}

TEST_CASE("tensor copies start at multiples of 16 bytes, and stores write whole ones", "[hopper]") {
    Bench b;
    constexpr unsigned kPitch = 32, kWidth = 18, kHeight = 4; // int32: the last chunk of a row holds 2 elements
    auto* tensor = b.global<std::int32_t>(kPitch * kHeight);
    auto* map = b.global<std::byte>(256);
    for (unsigned i = 0; i < kPitch * kHeight; ++i) tensor[i] = 7;
    const std::uint64_t size[] = {kWidth, kHeight}, stride[] = {kPitch * 4};
    const std::uint32_t box[] = {8, 2}, steps[] = {1, 1};
    REQUIRE_FALSE(encode_tiled(map, 3, 2, tensor, size, stride, box, steps, 0, 0, 0, 0));
    for (int i = 0; i < 16; ++i) b.put_shared(kData + 4 * static_cast<std::uint32_t>(i), 100 + i);
    b.set_pair(6, map);
    const auto store_at = [&](int x, int y, const char* word) {
        b.set_ureg(8, kData), b.set_ureg(9, static_cast<std::uint32_t>(x)), b.set_ureg(10, static_cast<std::uint32_t>(y));
        b.run(word, 1);
    };
    store_at(16, 1, "000000000800800000000008060073b5"); // UTMASTG.2D [UR8], [UR6]
    for (unsigned x = 0; x < kPitch; ++x) {
        INFO(x);
        CHECK(tensor[1 * kPitch + x] == (x >= 16 && x < 20 ? static_cast<int>(100 + x - 16) : 7));
        CHECK(tensor[2 * kPitch + x] == (x >= 16 && x < 20 ? static_cast<int>(108 + x - 16) : 7));
        CHECK(tensor[3 * kPitch + x] == 7);
    }
    store_at(16, 3, "000000000800800000000008060073b6"); // UTMAREDG.2D.ADD [UR8], [UR6]: the second row lies outside
    for (unsigned x = 0; x < kPitch; ++x) CHECK(tensor[3 * kPitch + x] == (x >= 16 && x < 20 ? static_cast<int>(107 + x - 16) : 7));
    for (const int x : {1, 2, 3, 5, -1, -2}) {
        INFO(x);
        CHECK_THROWS_AS(store_at(x, 0, "000000000800800000000008060073b5"), DeviceFault);
        b.init(1);
        b.set_ureg(8, kData), b.set_ureg(9, kBarrier), b.set_ureg(10, static_cast<std::uint32_t>(x)), b.set_ureg(11, 0);
        CHECK_THROWS_AS(b.run("000000000800800000000008060075b4", 1), DeviceFault); // UTMALDG.2D [UR8], [UR6]
    }
    CHECK(tensor[0] == 7);
}

TEST_CASE("UTMAREDG adds a box to a tensor", "[hopper]") {
    Bench b;
    auto* tensor = b.global<std::int32_t>(64 * 8);
    auto* map = b.global<std::byte>(256);
    for (int i = 0; i < 64 * 8; ++i) tensor[i] = i;
    const std::uint64_t size[] = {64, 8}, stride[] = {256};
    const std::uint32_t box[] = {8, 4}, steps[] = {1, 1};
    REQUIRE_FALSE(encode_tiled(map, 3, 2, tensor, size, stride, box, steps, 0, 0, 0, 0)); // INT32
    for (unsigned i = 0; i < 32; ++i) b.put_shared(kData + 4 * i, 1000 - static_cast<int>(i) * 100);
    b.set_ureg(8, kData), b.set_ureg(9, 60), b.set_ureg(10, 6);
    b.set_pair(6, map);
    b.run("000000000800800000000008060073b6", 1); // UTMAREDG.2D.ADD [UR8], [UR6]
    CHECK(tensor[6 * 64 + 60] == 6 * 64 + 60 + 1000);
    CHECK(tensor[7 * 64 + 63] == 7 * 64 + 63 + 1000 - 11 * 100);
    CHECK(tensor[0] == 0);
    b.run("000000000880800000000008060073b6", 1); // MIN
    CHECK(tensor[6 * 64 + 61] == std::min(6 * 64 + 61 + 900, 900));
}

TEST_CASE("UTMALDG in im2col mode walks pixels as a convolution does", "[hopper]") {
    Bench b;
    constexpr int kC = 8, kW = 7, kH = 5, kN = 3;
    auto* tensor = b.global<float>(kC * kW * kH * kN);
    auto* map = b.global<std::byte>(256);
    for (int i = 0; i < kC * kW * kH * kN; ++i) tensor[i] = static_cast<float>(i + 1);
    const std::uint64_t size[] = {kC, kW, kH, kN}, stride[] = {kC * 4, kC * kW * 4, kC * kW * kH * 4};
    const std::uint32_t steps[] = {1, 1, 1, 1};
    const int lower[] = {-1, -1}, upper[] = {-1, -1}; // a filter of 3x3 with a border of 1
    constexpr unsigned kPixels = 40;
    REQUIRE_FALSE(encode_im2col(map, 7, 4, tensor, size, stride, lower, upper, kC, kPixels, steps, 0, 0, 0, 0));
    for (int s = 0; s < 3; ++s)
        for (int r = 0; r < 3; ++r) {
            b.init(1);
            fill(b.reg(0), kC * kPixels * 4);
            b.run("000000000800000400000000ffff79a7", 1);
            const int w0 = 2, h0 = 3, n0 = 0;
            b.set_ureg(8, kData), b.set_ureg(9, kBarrier), b.set_ureg(10, 0);
            b.set_ureg(11, static_cast<std::uint32_t>(w0)), b.set_ureg(12, static_cast<std::uint32_t>(h0)), b.set_ureg(13, static_cast<std::uint32_t>(n0));
            b.set_ureg(20, static_cast<std::uint32_t>(s | r << 8));
            b.set_pair(6, map);
            b.run("000000000805801400000008060073b4", 1); // UTMALDG.4D.IM2COL [UR8], [UR6], UR20
            CHECK(mbarrier::phase(b.barrier()));
            // Output pixel p of the convolution, counted from (w0, h0, n0): base pixels lie in -1 .. size - 2.
            unsigned wrong = 0;
            for (unsigned p = 0; p < kPixels; ++p) {
                const int linear = (n0 * kH + h0 + 1) * kW + w0 + 1 + static_cast<int>(p);
                const int n = linear / (kW * kH), h = linear / kW % kH - 1 + r, w = linear % kW - 1 + s;
                for (int c = 0; c < kC; ++c) {
                    const bool inside = n < kN && h >= 0 && h < kH && w >= 0 && w < kW;
                    const float expected = inside ? tensor[((n * kH + h) * kW + w) * kC + c] : 0.0f;
                    wrong += b.shared<float>(kData + (p * kC + static_cast<unsigned>(c)) * 4) != expected;
                }
            }
            CHECK(wrong == 0);
        }
}

TEST_CASE("tensor copies refuse maps that are none and boxes that do not fit", "[hopper]") {
    Bench b;
    b.init(1);
    auto* map = b.global<std::byte>(256);
    b.set_ureg(8, kData), b.set_ureg(9, kBarrier), b.set_ureg(10, 0), b.set_ureg(11, 0);
    b.set_pair(6, map);
    CHECK_THROWS_AS(b.run("000000000800800000000008060075b4", 1), DeviceFault);
    auto* tensor = b.global<float>(64);
    const std::uint64_t size[] = {8, 64}, stride[] = {32};
    const std::uint32_t box[] = {8, 16}, steps[] = {1, 1};
    REQUIRE_FALSE(encode_tiled(map, 7, 2, tensor, size, stride, box, steps, 0, 0, 0, 0));
    CHECK_THROWS_AS(b.run("000000000800000000000008060075b4", 1), DeviceFault); // 1D copy of a 2D map
    CHECK_THROWS_AS(b.run("000000000800800000000008060075b4", 1), DeviceFault); // the map says more than was allocated
    b.set_ureg(8, kData + 16);
    CHECK_THROWS_AS(b.run("000000000800800000000008060075b4", 1), DeviceFault); // not aligned to 128
}
