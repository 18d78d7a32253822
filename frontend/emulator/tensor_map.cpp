#include "frontend/emulator/tensor_map.hpp"

#include <cstring>
#include <fmt/format.h>

namespace heddle::emulator {

namespace {

constexpr std::uint32_t kMark = 0x314d'5448; // "HTM1"
constexpr unsigned kMostBox = 256, kMostElementStride = 8, kMostPixels = 1024;
constexpr unsigned kWord = 0x08, kStrides = 0x0c, kStrideTops = 0x1c, kSizes = 0x20, kElementStrides = 0x34, kBoxes = 0x38;
constexpr unsigned kLower = 0x40, kUpper = 0x46, kChannels = 0x4c, kPixels = 0x4e, kMarkAt = 0x7c;

template <class T> T load(const std::byte* bytes, unsigned offset) {
    T v;
    std::memcpy(&v, bytes + offset, sizeof v);
    return v;
}
template <class T> void store(std::byte* bytes, unsigned offset, T v) { std::memcpy(bytes + offset, &v, sizeof v); }

// CUtensorMapDataType to PTX's numbers.
constexpr TensorElement kDriverOrder[] = {TensorElement::U8,  TensorElement::U16, TensorElement::U32, TensorElement::S32,    TensorElement::U64,  TensorElement::S64, TensorElement::F16,
                                          TensorElement::F32, TensorElement::F64, TensorElement::Bf16, TensorElement::F32Ftz, TensorElement::Tf32, TensorElement::Tf32Ftz};

unsigned swizzle_bytes(TensorSwizzle s) { return s == TensorSwizzle::None ? 0 : 16U << static_cast<unsigned>(s); }

} // namespace

unsigned element_bytes(TensorElement e) {
    switch (e) {
    case TensorElement::U8: return 1;
    case TensorElement::U16:
    case TensorElement::F16:
    case TensorElement::Bf16: return 2;
    case TensorElement::U64:
    case TensorElement::S64:
    case TensorElement::F64: return 8;
    default: return 4;
    }
}

bool is_floating(TensorElement e) { return e >= TensorElement::F16; }

Bytes TensorMap::box_bytes() const {
    if (im2col) return Bytes{channels} * pixels * element_bytes(element);
    Bytes bytes = element_bytes(element);
    for (unsigned d = 0; d < rank; ++d) bytes *= box_elements(d);
    return bytes;
}

std::optional<std::string> why_invalid(const TensorMap& m) {
    if (m.rank == 0 || m.rank > kMostDimensions) return fmt::format("rank {} is not 1 to 5", m.rank);
    if (m.element >= TensorElement::Count) return "the element type is unknown on sm_90";
    if (m.interleave > 2) return "the interleave is unknown";
    if (m.swizzle > TensorSwizzle::B128) return "the swizzle is unknown on sm_90";
    if (m.l2_promotion > 3) return "the L2 promotion is unknown";
    if (m.interleave != 0 && m.rank < 3) return "an interleaved tensor has at least rank 3";
    if (m.im2col && m.rank < 3) return "an im2col tensor has at least rank 3";
    if (m.fill_nan && !is_floating(m.element)) return "only floating-point tensors are filled with NaN";
    const unsigned alignment = m.interleave == 2 ? 32 : 16;
    if (m.address % alignment != 0) return fmt::format("the global address is not aligned to {} bytes", alignment);
    for (unsigned d = 0; d < m.rank; ++d) {
        if (m.size[d] == 0 || m.size[d] > 1ULL << 32) return fmt::format("size {} of dimension {} is not 1 to 2^32", m.size[d], d);
        if (m.element_stride[d] == 0 || m.element_stride[d] > kMostElementStride)
            return fmt::format("element stride {} of dimension {} is not 1 to {}", m.element_stride[d], d, kMostElementStride);
        if (d + 1 < m.rank && (m.stride[d] % alignment != 0 || m.stride[d] >= 1ULL << 40))
            return fmt::format("stride {} of dimension {} is not a multiple of {} below 2^40", m.stride[d], d + 1, alignment);
        if (!m.im2col && (m.box[d] == 0 || m.box[d] > kMostBox)) return fmt::format("box {} of dimension {} is not 1 to {}", m.box[d], d, kMostBox);
    }
    const std::uint64_t inner = std::uint64_t{m.im2col ? m.channels : m.box[0]} * element_bytes(m.element);
    if (m.interleave == 0) {
        if (inner % 16 != 0) return fmt::format("the inner dimension of the box is {} bytes, no multiple of 16", inner);
        if (m.swizzle != TensorSwizzle::None && inner > swizzle_bytes(m.swizzle))
            return fmt::format("the inner dimension of the box is {} bytes, more than the swizzle's {}", inner, swizzle_bytes(m.swizzle));
    }
    if (m.interleave == 2 && m.swizzle != TensorSwizzle::B32) return "an interleave of 32 bytes needs the 32-byte swizzle";
    if (!m.im2col) return std::nullopt;
    if (m.channels == 0 || m.channels > kMostBox) return fmt::format("{} channels per pixel are not 1 to {}", m.channels, kMostBox);
    if (m.pixels == 0 || m.pixels > kMostPixels) return fmt::format("{} pixels per column are not 1 to {}", m.pixels, kMostPixels);
    const std::int32_t limit = m.rank == 3 ? 1 << 15 : m.rank == 4 ? 1 << 7 : 1 << 4;
    for (unsigned d = 0; d + 2 < m.rank; ++d) {
        for (const std::int32_t corner : {m.lower_corner[d], m.upper_corner[d]})
            if (corner < -limit || corner >= limit) return fmt::format("corner {} of dimension {} is not {} to {}", corner, d + 1, -limit, limit - 1);
        if (static_cast<std::int64_t>(m.size[d + 1]) + m.upper_corner[d] <= m.lower_corner[d]) return fmt::format("the pixel box is empty in dimension {}", d + 1);
    }
    return std::nullopt;
}

void encode(const TensorMap& m, std::byte* bytes) {
    std::memset(bytes, 0, kTensorMapBytes);
    store(bytes, 0, std::uint64_t{m.address});
    store(bytes, kWord, (m.rank - 1) << 4 | static_cast<std::uint32_t>(m.element) << 7 | std::uint32_t{m.interleave} << 11 |
                            static_cast<std::uint32_t>(m.swizzle) << 13 | std::uint32_t{m.fill_nan} << 15 | std::uint32_t{m.l2_promotion} << 16 |
                            std::uint32_t{m.im2col} << 18);
    std::uint32_t tops = 0, strides = 0, boxes = 0;
    for (unsigned d = 0; d < 4; ++d) {
        store(bytes, kStrides + 4 * d, static_cast<std::uint32_t>(m.stride[d] >> 4));
        tops |= static_cast<std::uint32_t>(m.stride[d] >> 36) << (4 * d);
        boxes |= (m.box[d + 1] - 1) << (8 * d);
    }
    for (unsigned d = 0; d < kMostDimensions; ++d) {
        store(bytes, kSizes + 4 * d, static_cast<std::uint32_t>(m.size[d] - 1));
        strides |= (m.element_stride[d] - 1) << (3 * d);
    }
    store(bytes, kStrideTops, tops);
    store(bytes, kElementStrides, strides | (m.box[0] - 1) << 24);
    store(bytes, kBoxes, boxes);
    for (unsigned d = 0; d < 3; ++d) {
        store(bytes, kLower + 2 * d, static_cast<std::int16_t>(m.lower_corner[d]));
        store(bytes, kUpper + 2 * d, static_cast<std::int16_t>(m.upper_corner[d]));
    }
    store(bytes, kChannels, static_cast<std::uint16_t>(m.channels - 1));
    store(bytes, kPixels, static_cast<std::uint16_t>(m.pixels - 1));
    store(bytes, kMarkAt, kMark);
}

std::optional<TensorMap> decode_tensor_map(const std::byte* bytes, std::string* why) {
    const auto refuse = [&](std::string reason) -> std::optional<TensorMap> {
        if (why) *why = std::move(reason);
        return std::nullopt;
    };
    if (load<std::uint32_t>(bytes, kMarkAt) != kMark) return refuse("the bytes are no tensor map of cuTensorMapEncode");
    TensorMap m;
    m.address = load<std::uint64_t>(bytes, 0);
    const auto word = load<std::uint32_t>(bytes, kWord), tops = load<std::uint32_t>(bytes, kStrideTops), strides = load<std::uint32_t>(bytes, kElementStrides);
    m.rank = ((word >> 4) & 7) + 1;
    m.element = static_cast<TensorElement>((word >> 7) & 15);
    m.interleave = (word >> 11) & 3;
    m.swizzle = static_cast<TensorSwizzle>((word >> 13) & 3);
    m.fill_nan = (word >> 15) & 1;
    m.l2_promotion = (word >> 16) & 3;
    m.im2col = (word >> 18) & 1;
    for (unsigned d = 0; d < 4; ++d) {
        m.stride[d] = std::uint64_t{load<std::uint32_t>(bytes, kStrides + 4 * d)} << 4 | std::uint64_t{(tops >> (4 * d)) & 15} << 36;
        m.box[d + 1] = load<std::uint8_t>(bytes, kBoxes + d) + 1U;
    }
    for (unsigned d = 0; d < kMostDimensions; ++d) {
        m.size[d] = std::uint64_t{load<std::uint32_t>(bytes, kSizes + 4 * d)} + 1;
        m.element_stride[d] = ((strides >> (3 * d)) & 7) + 1;
    }
    m.box[0] = (strides >> 24) + 1;
    for (unsigned d = 0; d < 3; ++d) {
        m.lower_corner[d] = load<std::int16_t>(bytes, kLower + 2 * d);
        m.upper_corner[d] = load<std::int16_t>(bytes, kUpper + 2 * d);
    }
    m.channels = load<std::uint16_t>(bytes, kChannels) + 1U;
    m.pixels = load<std::uint16_t>(bytes, kPixels) + 1U;
    if (auto reason = why_invalid(m)) return refuse("the tensor map is not valid: " + *reason);
    return m;
}

namespace {

struct Common {
    unsigned data_type;
    std::uint32_t rank;
    const void* address;
    const std::uint64_t *dimensions, *strides;
    const std::uint32_t* element_strides;
    unsigned interleave, swizzle, l2_promotion, fill;
};

std::optional<std::string> fill_in(TensorMap& m, const void* map, const Common& c) {
    if (!map || reinterpret_cast<std::uintptr_t>(map) % 64 != 0) return "the tensor map is not aligned to 64 bytes";
    if (c.data_type >= std::size(kDriverOrder)) return "the data type is unknown on sm_90";
    if (c.rank == 0 || c.rank > kMostDimensions) return fmt::format("rank {} is not 1 to 5", c.rank);
    if (!c.address || !c.dimensions || (!c.strides && c.rank > 1) || !c.element_strides) return "an argument is null";
    if (c.interleave > 2 || c.swizzle > 3 || c.l2_promotion > 3 || c.fill > 1) return "interleave, swizzle, L2 promotion or fill is unknown on sm_90";
    m.rank = c.rank;
    m.element = kDriverOrder[c.data_type];
    m.interleave = static_cast<std::uint8_t>(c.interleave);
    m.swizzle = static_cast<TensorSwizzle>(c.swizzle);
    m.l2_promotion = static_cast<std::uint8_t>(c.l2_promotion);
    m.fill_nan = c.fill != 0;
    m.address = reinterpret_cast<std::uintptr_t>(c.address);
    for (unsigned d = 0; d < c.rank; ++d) {
        m.size[d] = c.dimensions[d];
        m.element_stride[d] = c.element_strides[d];
        if (d + 1 < c.rank) m.stride[d] = c.strides[d];
    }
    return std::nullopt;
}

std::optional<std::string> finish(const TensorMap& m, void* map) {
    if (auto reason = why_invalid(m)) return reason;
    encode(m, static_cast<std::byte*>(map));
    return std::nullopt;
}

} // namespace

std::optional<std::string> encode_tiled(void* map, unsigned data_type, std::uint32_t rank, const void* address, const std::uint64_t* dimensions,
                                        const std::uint64_t* strides, const std::uint32_t* box, const std::uint32_t* element_strides,
                                        unsigned interleave, unsigned swizzle, unsigned l2_promotion, unsigned fill) {
    TensorMap m;
    if (auto reason = fill_in(m, map, {data_type, rank, address, dimensions, strides, element_strides, interleave, swizzle, l2_promotion, fill})) return reason;
    if (!box) return "an argument is null";
    for (unsigned d = 0; d < rank; ++d) m.box[d] = box[d];
    return finish(m, map);
}

std::optional<std::string> encode_im2col(void* map, unsigned data_type, std::uint32_t rank, const void* address, const std::uint64_t* dimensions,
                                         const std::uint64_t* strides, const int* lower_corner, const int* upper_corner, std::uint32_t channels,
                                         std::uint32_t pixels, const std::uint32_t* element_strides, unsigned interleave, unsigned swizzle,
                                         unsigned l2_promotion, unsigned fill) {
    TensorMap m;
    m.im2col = true;
    if (auto reason = fill_in(m, map, {data_type, rank, address, dimensions, strides, element_strides, interleave, swizzle, l2_promotion, fill})) return reason;
    if (rank < 3) return "an im2col tensor has at least rank 3";
    if (!lower_corner || !upper_corner) return "an argument is null";
    for (unsigned d = 0; d + 2 < rank; ++d) {
        m.lower_corner[d] = lower_corner[d];
        m.upper_corner[d] = upper_corner[d];
    }
    m.channels = channels;
    m.pixels = pixels;
    return finish(m, map);
}

} // namespace heddle::emulator
