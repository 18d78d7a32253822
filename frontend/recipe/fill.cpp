#include "frontend/recipe/recipe.hpp"

#include "frontend/cubin/decompress.hpp"
#include "sim/base/error.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

namespace heddle::recipe {

namespace {

// SplitMix64: the same numbers on every machine.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

  private:
    std::uint64_t state_;
};

std::uint16_t half_bits(float value) {
    // Values here are small and exact enough: round to nearest even by way of the bits of a float.
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000;
    const float magnitude = std::fabs(value);
    if (!(magnitude < 65520.0f)) return static_cast<std::uint16_t>(sign | (std::isnan(value) ? 0x7e00 : 0x7c00));
    if (magnitude < 0x1p-14f) return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(std::nearbyint(magnitude * 0x1p24f)));
    const std::uint32_t m = (bits & 0x7fffffff) - 0x38000000;
    return static_cast<std::uint16_t>(sign | ((m + 0xfff + ((m >> 13) & 1)) >> 13));
}

std::uint16_t bfloat_bits(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

template <class T> void put(std::byte* at, T value) { std::memcpy(at, &value, sizeof value); }

void put_number(std::byte* at, ElementType type, double value) {
    switch (type) {
    case ElementType::F16: return put(at, half_bits(static_cast<float>(value)));
    case ElementType::Bf16: return put(at, bfloat_bits(static_cast<float>(value)));
    case ElementType::F32: return put(at, static_cast<float>(value));
    case ElementType::F64: return put(at, value);
    case ElementType::U8: return put(at, static_cast<std::uint8_t>(static_cast<std::int64_t>(value)));
    case ElementType::U16: return put(at, static_cast<std::uint16_t>(static_cast<std::int64_t>(value)));
    case ElementType::I32:
    case ElementType::U32: return put(at, static_cast<std::uint32_t>(static_cast<std::int64_t>(value)));
    default: return put(at, static_cast<std::int64_t>(value));
    }
}

bool is_real(ElementType type) {
    return type == ElementType::F16 || type == ElementType::Bf16 || type == ElementType::F32 || type == ElementType::F64;
}

} // namespace

std::vector<std::byte> fill(const Buffer& b, const Recipe& recipe) {
    std::vector<std::byte> bytes(b.bytes());
    const Bytes size = size_of(b.type);
    Random random(b.seed);
    switch (b.fill) {
    case Fill::Zero: break;
    case Fill::Value:
        for (std::uint64_t i = 0; i < b.count; ++i) put_number(bytes.data() + i * size, b.type, b.value);
        break;
    case Fill::Iota:
        for (std::uint64_t i = 0; i < b.count; ++i) put_number(bytes.data() + i * size, b.type, static_cast<double>(i));
        break;
    case Fill::Random:
        for (std::uint64_t i = 0; i < b.count; ++i) {
            std::uint64_t n = random.next();
            if (is_real(b.type)) {
                put_number(bytes.data() + i * size, b.type, static_cast<double>(n >> 40) * 0x1p-23 - 1.0);
            } else {
                if (b.below != 0) n %= b.below;
                std::memcpy(bytes.data() + i * size, &n, size);
            }
        }
        break;
    case Fill::File: return read_content(b.file, bytes.size(), b, recipe);
    }
    return bytes;
}

std::vector<std::byte> read_content(const std::filesystem::path& path, Bytes wanted, const Buffer& b, const Recipe& recipe) {
    const auto fail = [&](const std::string& what) { fail_at(recipe.path.string(), b.line, 0, fmt::format("buffer {}: {}", b.name, what)); };
    const std::string name = path.string();
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file) fail(fmt::format("cannot read {}", name));
    const bool compressed = path.extension() == ".zst";
    if (!compressed && size != wanted) fail(fmt::format("{} has not {} bytes", name, wanted));
    if (size > wanted + wanted / 64 + kMiB) fail(fmt::format("{} is larger than {} bytes could become", name, wanted));
    std::vector<std::byte> bytes(size);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (static_cast<std::uintmax_t>(file.gcount()) != size) fail(fmt::format("{} cannot be read to its end", name));
    if (!compressed) return bytes;
    return cubin::decompress_zstd(bytes, wanted, name, fmt::format("buffer {}", b.name));
}

std::uint64_t digest(const std::byte* bytes, std::size_t count) {
    std::uint64_t value = 0xcbf29ce484222325ULL;
    for (std::size_t i = 0; i < count; ++i) value = (value ^ std::to_integer<std::uint64_t>(bytes[i])) * 0x100000001b3ULL;
    return value;
}

std::uint64_t digest_of_zeros(std::size_t count) {
    std::uint64_t value = 0xcbf29ce484222325ULL;
    for (std::size_t i = 0; i < count; ++i) value *= 0x100000001b3ULL;
    return value;
}

} // namespace heddle::recipe
