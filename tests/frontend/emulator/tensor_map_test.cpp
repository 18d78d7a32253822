#include "frontend/emulator/tensor_map.hpp"

#include <catch2/catch.hpp>
#include <cstring>

using namespace heddle;
using namespace heddle::emulator;

namespace {

struct Arguments {
    unsigned type = 7; // FLOAT32
    std::uint32_t rank = 2;
    std::uintptr_t address = 0x10000;
    std::uint64_t size[5] = {100, 50, 20, 10, 5};
    std::uint64_t stride[4] = {512, 512 * 50, 512 * 50 * 20, 512 * 50 * 200};
    std::uint32_t box[5] = {32, 16, 2, 1, 1};
    std::uint32_t element_stride[5] = {1, 1, 1, 1, 1};
    unsigned interleave = 0, swizzle = 3, promotion = 2, fill = 0;
};

alignas(128) std::byte map_bytes[kTensorMapBytes];

std::optional<std::string> tiled(const Arguments& a) {
    return encode_tiled(map_bytes, a.type, a.rank, reinterpret_cast<void*>(a.address), a.size, a.stride, a.box, a.element_stride, a.interleave, a.swizzle, a.promotion, a.fill);
}

template <class Change> bool refused(Change change) {
    Arguments a;
    change(a);
    return tiled(a).has_value();
}

} // namespace

TEST_CASE("a tensor map is read back as it was written", "[tensor_map]") {
    Arguments a;
    a.rank = 5;
    a.element_stride[1] = 2;
    a.fill = 1;
    REQUIRE_FALSE(tiled(a));
    std::string why;
    const auto m = decode_tensor_map(map_bytes, &why);
    INFO(why);
    REQUIRE(m);
    CHECK(m->element == TensorElement::F32);
    CHECK(m->rank == 5);
    CHECK(m->address == 0x10000);
    CHECK(m->fill_nan);
    CHECK(m->swizzle == TensorSwizzle::B128);
    for (unsigned d = 0; d < 5; ++d) {
        CHECK(m->size[d] == a.size[d]);
        CHECK(m->box[d] == a.box[d]);
        CHECK(m->element_stride[d] == a.element_stride[d]);
        if (d < 4) CHECK(m->stride[d] == a.stride[d]);
    }
    CHECK(m->box_bytes() == 32 * 8 * 2 * 4);
}

TEST_CASE("fields lie where ptxas's code for tensormap.replace puts them", "[tensor_map]") {
    Arguments a;
    a.rank = 3;
    a.stride[1] = (1ULL << 39) + 4096;
    a.size[2] = 1ULL << 32;
    REQUIRE_FALSE(tiled(a));
    const auto word = [](unsigned at) {
        std::uint32_t v;
        std::memcpy(&v, map_bytes + at, 4);
        return v;
    };
    CHECK(word(0) == 0x10000);                  // global_address: 64 bits at 0
    CHECK((word(8) & 0x70) == 2 << 4);          // rank - 1
    CHECK((word(8) & 0x780) == 7 << 7);         // elemtype .f32
    CHECK((word(8) & 0x6000) == 3 << 13);       // swizzle_mode 128B
    CHECK(word(0x0c) == 512 >> 4);              // global_stride 0
    CHECK(word(0x10) == 4096 >> 4);             // global_stride 1, low part
    CHECK(word(0x1c) == 8 << 4);                // and its bits 36 to 39
    CHECK(word(0x20) == 99);                    // global_dim - 1
    CHECK(word(0x28) == 0xffffffff);
    CHECK(word(0x34) == 31U << 24);             // box_dim 0 - 1 and element strides - 1
    CHECK(word(0x38) == (15 | 1 << 8));         // box_dim 1, 2 - 1
    a.type = 9; // BFLOAT16 of the driver is .bf16, 10, of PTX
    a.swizzle = 0;
    REQUIRE_FALSE(tiled(a));
    CHECK((word(8) & 0x780) == 10 << 7);
}

TEST_CASE("what the driver refuses", "[tensor_map]") {
    CHECK_FALSE(refused([](Arguments&) {}));
    CHECK(refused([](Arguments& a) { a.rank = 0; }));
    CHECK(refused([](Arguments& a) { a.rank = 6; }));
    CHECK(refused([](Arguments& a) { a.type = 13; }));
    CHECK(refused([](Arguments& a) { a.address = 0x10008; }));
    CHECK(refused([](Arguments& a) { a.address = 0; }));
    CHECK(refused([](Arguments& a) { a.size[1] = 0; }));
    CHECK(refused([](Arguments& a) { a.size[0] = (1ULL << 32) + 1; }));
    CHECK(refused([](Arguments& a) { a.stride[0] = 520; }));
    CHECK(refused([](Arguments& a) { a.stride[0] = 1ULL << 40; }));
    CHECK(refused([](Arguments& a) { a.box[1] = 257; }));
    CHECK(refused([](Arguments& a) { a.box[0] = 0; }));
    CHECK(refused([](Arguments& a) { a.box[0] = 3; }));                    // 12 bytes
    CHECK(refused([](Arguments& a) { a.box[0] = 64; }));                   // 256 bytes, more than the swizzle
    CHECK_FALSE(refused([](Arguments& a) { a.box[0] = 64, a.swizzle = 0; }));
    CHECK(refused([](Arguments& a) { a.element_stride[1] = 9; }));
    CHECK(refused([](Arguments& a) { a.element_stride[1] = 0; }));
    CHECK(refused([](Arguments& a) { a.fill = 1, a.type = 2; }));          // NaN for integers
    CHECK(refused([](Arguments& a) { a.interleave = 1; }));                // rank 2
    CHECK(refused([](Arguments& a) { a.interleave = 2, a.rank = 3; }));    // needs the 32-byte swizzle
    CHECK(refused([](Arguments& a) { a.swizzle = 4; }));
    CHECK(encode_tiled(map_bytes + 16, 7, 2, nullptr, nullptr, nullptr, nullptr, nullptr, 0, 0, 0, 0).has_value()); // misaligned map
    Arguments a;
    const int lower[3] = {-1, -1, 0}, upper[3] = {-1, -1, 0}, far[3] = {-129, 0, 0}, empty[3] = {60, 0, 0};
    const auto im2col = [&](std::uint32_t rank, const int* low, const int* high, std::uint32_t channels, std::uint32_t pixels) {
        return encode_im2col(map_bytes, 7, rank, reinterpret_cast<void*>(a.address), a.size, a.stride, low, high, channels, pixels, a.element_stride, 0, 3, 0, 0).has_value();
    };
    CHECK_FALSE(im2col(4, lower, upper, 32, 64));
    CHECK(im2col(2, lower, upper, 32, 64));
    CHECK(im2col(4, far, upper, 32, 64));
    CHECK(im2col(4, empty, upper, 32, 64));
    CHECK(im2col(4, lower, upper, 32, 1025));
    CHECK(im2col(4, lower, upper, 512, 64));
}

TEST_CASE("bytes that are no tensor map are refused", "[tensor_map]") {
    std::byte zeros[kTensorMapBytes] = {};
    std::string why;
    CHECK_FALSE(decode_tensor_map(zeros, &why));
    CHECK(why.find("no tensor map") != std::string::npos);
    REQUIRE_FALSE(tiled({}));
    const std::uint32_t bad = 0x7f0; // rank 8, type 15
    std::memcpy(map_bytes + 8, &bad, 4);
    CHECK_FALSE(decode_tensor_map(map_bytes, &why));
}
