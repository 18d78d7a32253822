#include "frontend/emulator/texture.hpp"
#include "tests/frontend/emulator/memory_bench.hpp"

#include <cmath>

using namespace heddle;
using namespace heddle::emulator;

namespace {

const std::byte* read_anything(void*, Address address, unsigned) { return reinterpret_cast<const std::byte*>(address); }
float as_float(std::uint32_t bits) { return std::bit_cast<float>(bits); }

// An 8 by 4 by 2 image of floats: x + 10 y + 100 z.
struct Image {
    std::vector<float> texels;
    TextureDescriptor descriptor;
    explicit Image(unsigned width = 8, unsigned height = 4, unsigned depth = 2) : texels(std::size_t{width} * height * depth) {
        for (unsigned z = 0; z < depth; ++z)
            for (unsigned y = 0; y < height; ++y)
                for (unsigned x = 0; x < width; ++x) texels[(z * height + y) * width + x] = static_cast<float>(x + 10 * y + 100 * z);
        descriptor.data = reinterpret_cast<Address>(texels.data());
        descriptor.width = width;
        descriptor.height = height;
        descriptor.depth = depth;
        descriptor.pitch = width * 4;
        descriptor.slice = Bytes{width} * height * 4;
    }
    float at(TexturePoint point) const { return as_float(sample(descriptor, point, read_anything, nullptr)[0]); }
};
TexturePoint point2(float x, float y) {
    TexturePoint p;
    p.dimensions = 2;
    p.at = {x, y, 0};
    return p;
}

} // namespace

TEST_CASE("nearest sampling takes the texel the coordinate lies in, by address mode") {
    Image image;
    auto& d = image.descriptor;
    CHECK(image.at(point2(3.0f, 2.0f)) == 23);
    CHECK(image.at(point2(3.99f, 2.99f)) == 23);
    CHECK(image.at(point2(-5, 9)) == 30); // clamp
    d.address.fill(AddressMode::Border);
    d.border = {7, 0, 0, 0};
    CHECK(image.at(point2(-0.5f, 0)) == 7);
    CHECK(image.at(point2(7.5f, 3.5f)) == 37);
    d.address.fill(AddressMode::Wrap);
    CHECK(image.at(point2(9, 0)) == 7); // not normalised: as clamp
    d.normalized_coordinates = true;
    CHECK(image.at(point2(9.5f / 8, 0)) == 1);
    CHECK(image.at(point2(-0.5f / 8, 0)) == 7);
    d.address.fill(AddressMode::Mirror);
    CHECK(image.at(point2(9.5f / 8, 0)) == 6);
    CHECK(image.at(point2(-0.5f / 8, 5.5f / 4)) == 20);
    CHECK(image.at(point2(NAN, 0)) == 0);
    TexturePoint p = point2(0.9f, 0.9f);
    p.dimensions = 3;
    p.at[2] = 0.9f;
    CHECK(image.at(p) == 137);
}

TEST_CASE("linear sampling mixes texels with weights of 8 bits") {
    Image image;
    auto& d = image.descriptor;
    d.filter = FilterMode::Linear;
    CHECK(image.at(point2(3.5f, 2.5f)) == 23); // centres give texels
    CHECK(image.at(point2(4.0f, 2.5f)) == 23.5f);
    CHECK(image.at(point2(4.0f, 3.0f)) == 28.5f);
    CHECK(image.at(point2(0, 0)) == 0); // clamped
    CHECK(image.at(point2(3.5f + 1.0f / 256, 0.5f)) == 3 + 1.0f / 256);
    CHECK(image.at(point2(3.5f + 0.9f / 512, 0.5f)) == 3); // less than half a weight
    TexturePoint p = point2(1, 1);
    p.dimensions = 3;
    p.at[2] = 1;
    CHECK(image.at(p) == 0.5f + 5 + 50);
    d.address.fill(AddressMode::Border);
    CHECK(image.at(point2(8.0f, 0.5f)) == 3.5f);
    Image line(8, 1, 1);
    line.descriptor.height = line.descriptor.depth = 0;
    line.descriptor.filter = FilterMode::Linear;
    TexturePoint q;
    q.at[0] = 2.25f;
    CHECK(line.at(q) == 1.75f);
}

TEST_CASE("the weights of linear sampling are those an H200 uses") {
    Image image(2, 2, 2);
    auto& d = image.descriptor;
    d.filter = FilterMode::Linear;
    TexturePoint p;
    p.dimensions = 3;
    p.at = {0.5f + 224.0f / 256, 0.5f + 100.0f / 256, 0.5f + 28.0f / 256};
    const float measured[8] = {17, 122, 11, 78, 2, 15, 1, 10}; // in 256ths; x fastest
    for (unsigned n = 0; n < 8; ++n) {
        INFO(n);
        std::fill(image.texels.begin(), image.texels.end(), 0.0f);
        image.texels[n] = 1;
        CHECK(image.at(p) == measured[n] / 256);
    }
    Image row(40, 1, 1);
    row.descriptor.height = row.descriptor.depth = 0;
    row.descriptor.filter = FilterMode::Linear;
    row.descriptor.normalized_coordinates = true;
    row.descriptor.address.fill(AddressMode::Wrap);
    TexturePoint q;
    q.at[0] = 1.129052758216858f; // texel 4, and 169.500244 / 256 by exact arithmetic; 21 bits of the coordinate make it less
    CHECK(row.at(q) == 4 + 169.0f / 256);
}

TEST_CASE("a one-dimensional image with a border in y loses half of each filtered value") {
    Image row(8, 1, 1);
    row.descriptor.height = row.descriptor.depth = 0;
    row.descriptor.filter = FilterMode::Linear;
    TexturePoint q;
    q.at[0] = 2.25f;
    row.descriptor.address = {AddressMode::Border, AddressMode::Clamp, AddressMode::Clamp};
    CHECK(row.at(q) == 1.75f);
    row.descriptor.address[1] = AddressMode::Border;
    CHECK(row.at(q) == 0.875f);
    row.descriptor.filter = FilterMode::Point;
    CHECK(row.at(q) == 2);
}

TEST_CASE("formats: integers, normalised integers, halves, missing components, layers") {
    std::vector<std::uint8_t> bytes{0, 51, 255, 128, 127, 129};
    TextureDescriptor d;
    d.data = reinterpret_cast<Address>(bytes.data());
    d.width = 3;
    d.kind = ChannelKind::Unsigned;
    d.bits = 8;
    d.components = 2;
    TexturePoint p;
    p.integer = true;
    p.texel[0] = 0;
    CHECK(sample(d, p, read_anything, nullptr) == Texel{0, 51, 0, 1});
    d.normalized_float = true;
    Texel t = sample(d, p, read_anything, nullptr);
    CHECK(as_float(t[1]) == 0.2f);
    CHECK(as_float(t[3]) == 1.0f);
    d.kind = ChannelKind::Signed;
    p.texel[0] = 1;
    t = sample(d, p, read_anything, nullptr);
    CHECK(as_float(t[0]) == static_cast<float>(-1.0 / 127));
    CHECK(as_float(t[1]) == -1.0f); // -128 is cut
    d.normalized_float = false;
    CHECK(sample(d, p, read_anything, nullptr)[0] == 0xffffffff);
    p.texel[0] = 3; // out of range
    CHECK(sample(d, p, read_anything, nullptr) == Texel{0, 0, 0, 0});
    std::vector<std::uint16_t> halves{0x3c00, 0xc000};
    d = {};
    d.data = reinterpret_cast<Address>(halves.data());
    d.width = 1;
    d.layers = 2;
    d.slice = 2;
    d.bits = 16;
    p.texel[0] = 0;
    p.layered = true;
    p.layer = 1;
    CHECK(as_float(sample(d, p, read_anything, nullptr)[0]) == -2.0f);
    p.layer = 9; // cut to the last layer
    CHECK(as_float(sample(d, p, read_anything, nullptr)[0]) == -2.0f);
}

TEST_CASE("a gather gives one component of the four texels around a point, counter-clockwise from below left") {
    Image image;
    const Texel t = gather(image.descriptor, point2(3.0f, 2.0f), 0, read_anything, nullptr);
    CHECK(as_float(t[0]) == 22);
    CHECK(as_float(t[1]) == 23);
    CHECK(as_float(t[2]) == 13);
    CHECK(as_float(t[3]) == 12);
}

TEST_CASE("handles are small numbers that repeat") {
    TextureTable table;
    CHECK(table.add({}) == 1);
    CHECK(table.add({}) == 2);
    CHECK(table.remove(1));
    CHECK_FALSE(table.remove(1));
    CHECK(table.add({}) == 1);
    CHECK(table.find(2) != nullptr);
    CHECK(table.find(3) == nullptr);
    CHECK(table.find(0) == nullptr);
}

TEST_CASE("texture and surface instructions find their handle, coordinates and components") {
    WarpBench bench(80);
    const Address memory = bench.device().memory().allocate(8 * 4 * 2 * 4, AllocationKind::Array, "array");
    Image image;
    std::memcpy(reinterpret_cast<void*>(memory), image.texels.data(), image.texels.size() * 4);
    TextureDescriptor d = image.descriptor;
    d.data = memory;
    const auto handle = static_cast<std::uint32_t>(bench.device().textures().add(d));
    bench.set_ureg(4, handle);
    bench.set_ureg(5, 0);
    const auto floats = [&](unsigned number, float scale, float add) {
        bench.set(number, [=](unsigned l) { return std::bit_cast<std::uint32_t>(scale * static_cast<float>(l) + add); });
    };
    floats(4, 0.25f, 0);   // x
    floats(5, 0.125f, 0);  // y
    floats(6, 0.0625f, 0); // z
    floats(7, 0, -32);     // level
    const auto tex = [](unsigned dimensions) {
        return MemoryWord(0xf60)
            .set(87, 3, 3)
            .set(81, 3, 7)
            .set(84, 3, 1)
            .set(91, 1, 1)
            .set(61, 3, dimensions)
            .set(40, 6, 4)
            .d(10)
            .c(255)
            .a(4)
            .b(7);
    };
    bench.run(tex(2).set(72, 4, 1)); // TEX.LL RZ, R10, R4, R7, UR4, 3D, 0x1
    for (unsigned l = 0; l < kLanes; ++l) CHECK(as_float(bench.reg(10, l)) == static_cast<float>(l / 4 + 10 * (l / 8) + 100 * (l / 16)));
    bench.run(tex(1).set(72, 4, 0xf).c(20)); // 2D, all components
    CHECK(as_float(bench.reg(10, 31)) == 37);
    CHECK(bench.reg(11, 31) == 0);
    CHECK(as_float(bench.reg(21, 31)) == 1.0f);
    // TEX.SCR.B.LL R10, R4, R12, 2D, 0x1: x y | handle level
    bench.set(12, [&](unsigned) { return handle; });
    bench.run(
        MemoryWord(0x361).set(87, 3, 3).set(81, 3, 7).set(84, 3, 1).set(59, 2, 3).set(61, 3, 1).set(72, 4, 1).d(10).c(255).a(4).b(12));
    CHECK(as_float(bench.reg(10, 31)) == 37);
    // TLD.SCR.LZ 2D with integers: x | y
    bench.set(4, [](unsigned l) { return l % 9; });
    bench.set(5, [](unsigned l) { return l % 4; });
    bench.run(MemoryWord(0xf66)
                  .set(87, 3, 1)
                  .set(81, 3, 7)
                  .set(84, 3, 1)
                  .set(91, 1, 1)
                  .set(60, 1, 1)
                  .set(61, 3, 1)
                  .set(40, 6, 4)
                  .set(72, 4, 1)
                  .d(10)
                  .c(255)
                  .a(4)
                  .b(5));
    CHECK(as_float(bench.reg(10, 7)) == 37);
    CHECK(as_float(bench.reg(10, 8)) == 0); // out of range
    // TXQ width and height
    bench.run(MemoryWord(0xf6f).set(91, 1, 1).set(40, 6, 4).set(72, 4, 3).d(10).c(255).a(255));
    CHECK(bench.reg(10, 0) == 8);
    CHECK(bench.reg(11, 0) == 4);
    // SULD.D.BA.2D and SUST, x in bytes
    bench.set(4, [](unsigned l) { return 4 * (l % 8); });
    const auto surface = [](unsigned opcode, unsigned outside) {
        return MemoryWord(opcode)
            .set(72, 1, 1)
            .size(4)
            .set(77, 4, 5)
            .set(84, 3, 1)
            .set(91, 1, 1)
            .set(59, 2, outside)
            .set(61, 3, 3)
            .set(40, 6, 4)
            .a(4);
    };
    bench.run(surface(0xf99, 2).set(81, 3, 7).d(10));
    CHECK(as_float(bench.reg(10, 13)) == 15);
    floats(11, 1, 1000);
    bench.run(surface(0xf9d, 2).b(11), 1U << 13);
    bench.run(surface(0xf99, 2).set(81, 3, 7).d(10));
    CHECK(as_float(bench.reg(10, 13)) == 1013);
    bench.set(4, [](unsigned l) { return l == 0 ? 400U : 28U; });
    CHECK(fault_of(bench, surface(0xf99, 2).set(81, 3, 7).d(10)).lane == 0);
    bench.run(surface(0xf99, 0).set(81, 3, 7).d(10)); // ignore: zero
    CHECK(bench.reg(10, 0) == 0);
    bench.run(surface(0xf99, 1).set(81, 3, 7).d(10)); // clamp
    CHECK(as_float(bench.reg(10, 0)) == 7);
    // SURED.2D.D.BA.ADD: all lanes add to one texel
    bench.set(4, [](unsigned) { return 12U; });
    bench.set(11, [](unsigned l) { return l; });
    std::uint32_t* const texel = reinterpret_cast<std::uint32_t*>(memory) + 3;
    *texel = 4;
    bench.set(5, [](unsigned) { return 0U; });
    bench.run(surface(0xf9f, 2).set(77, 4, 10).set(73, 3, 0).b(11));
    CHECK(*texel == 4 + 31 * 32 / 2);
    bench.run(surface(0xf9f, 2).set(77, 4, 10).set(73, 3, 1).set(87, 3, 2).b(11)); // MAX.S32
    CHECK(*texel == 500);
    bench.set_ureg(4, 99);
    CHECK(fault_of(bench, tex(1).set(72, 4, 1)).kind == FaultKind::IllegalAddress);
}
