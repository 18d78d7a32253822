#include "frontend/cubin/relocation.hpp"

#include "sim/base/error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace heddle::cubin {
namespace {

// `bits` bits of the value from bit `from` on go to bit `to` of the word.
struct Part {
    std::uint8_t to = 0, bits = 0, from = 0;
};

// What happens to value bits that no part takes.
enum class Rest : std::uint8_t {
    Dropped, // half of an address: the other half is elsewhere
    Checked, // bits below must be zero, bits above a zero- or sign-extension
};

struct Row {
    RelocationKind kind;
    const char* name;
    std::uint8_t bytes; // of the word
    Rest rest;
    std::array<Part, 2> parts;
    bool bank = false; // bits 54 to 58 hold the constant bank
};

using enum RelocationKind;

// Sorted by number. The eight byte kinds of a family are made from its first.
constexpr Row kRows[] = {
    {None, "NONE", 0, Rest::Dropped, {}},
    {Data32, "32", 4, Rest::Checked, {{{0, 32, 0}}}},
    {Data64, "64", 8, Rest::Checked, {{{0, 64, 0}}}},
    {Generic32, "G32", 4, Rest::Checked, {{{0, 32, 0}}}},
    {Generic64, "G64", 8, Rest::Checked, {{{0, 64, 0}}}},
    {TextureHeader, "TEX_HEADER_INDEX", 4, Rest::Checked, {{{0, 32, 0}}}},
    {Descriptor64, "FUNC_DESC_64", 8, Rest::Checked, {{{0, 64, 0}}}},
    {SurfaceHeader, "SURF_HEADER_INDEX", 4, Rest::Checked, {{{0, 32, 0}}}},
    {Immediate32, "ABS32_32", 16, Rest::Checked, {{{32, 32, 0}}}},
    {ImmediateLow, "ABS32_LO_32", 16, Rest::Dropped, {{{32, 32, 0}}}},
    {ImmediateHigh, "ABS32_HI_32", 16, Rest::Dropped, {{{32, 32, 32}}}},
    {CallTarget47, "ABS47_34", 16, Rest::Checked, {{{34, 47, 2}}}},
    {Immediate16, "ABS16_32", 16, Rest::Checked, {{{32, 16, 0}}}},
    {Immediate24, "ABS24_32", 16, Rest::Checked, {{{32, 24, 0}}}},
    {Descriptor32, "FUNC_DESC32_32", 16, Rest::Checked, {{{32, 32, 0}}}},
    {DescriptorLow, "FUNC_DESC32_LO_32", 16, Rest::Dropped, {{{32, 32, 0}}}},
    {DescriptorHigh, "FUNC_DESC32_HI_32", 16, Rest::Dropped, {{{32, 32, 32}}}},
    {ConstantWord, "CONST_FIELD19_40", 16, Rest::Checked, {{{40, 14, 2}}}, true},
    {BindlessWord, "BINDLESSOFF14_40", 16, Rest::Checked, {{{40, 14, 2}}}},
    {ConstantByte, "CONST_FIELD21_38", 16, Rest::Checked, {{{38, 16, 0}}}, true},
    {YieldOpcode, "YIELD_OPCODE9_0", 0, Rest::Dropped, {}},
    {YieldPredicate, "YIELD_CLEAR_PRED4_87", 0, Rest::Dropped, {}},
    {Low32, "32_LO", 4, Rest::Dropped, {{{0, 32, 0}}}},
    {High32, "32_HI", 4, Rest::Dropped, {{{0, 32, 32}}}},
    {Unused32, "UNUSED_CLEAR32", 0, Rest::Dropped, {}},
    {Unused64, "UNUSED_CLEAR64", 0, Rest::Dropped, {}},
    {SharedOffset, "ABS24_40", 16, Rest::Checked, {{{40, 24, 0}}}},
    {CallTarget55, "ABS55_16_34", 16, Rest::Checked, {{{16, 8, 2}, {34, 47, 10}}}},
    {DataByte0, "8_", 1, Rest::Dropped, {{{0, 8, 0}}}},
    {GenericByte0, "G8_", 1, Rest::Dropped, {{{0, 8, 0}}}},
    {DescriptorByte0, "FUNC_DESC_8_", 1, Rest::Dropped, {{{0, 8, 0}}}},
    {Unified64, "UNIFIED", 8, Rest::Checked, {{{0, 64, 0}}}},
    {Unified32, "UNIFIED_32", 4, Rest::Checked, {{{0, 32, 0}}}},
    {UnifiedByte0, "UNIFIED_8_", 1, Rest::Dropped, {{{0, 8, 0}}}},
    {UnifiedLow, "UNIFIED32_LO_32", 16, Rest::Dropped, {{{32, 32, 0}}}},
    {UnifiedHigh, "UNIFIED32_HI_32", 16, Rest::Dropped, {{{32, 32, 32}}}},
    {CallTarget56, "ABS56_16_34", 16, Rest::Checked, {{{16, 8, 2}, {34, 48, 10}}}},
};
static_assert(std::ranges::is_sorted(kRows, {}, &Row::kind));

// The row of `kind`, and for the byte kinds which byte of the address it is.
struct Found {
    const Row* row = nullptr;
    std::uint8_t byte = 0;
};

Found find(RelocationKind kind) {
    const auto* after = std::ranges::upper_bound(kRows, kind, {}, &Row::kind);
    if (after == std::begin(kRows)) return {};
    const Row& row = after[-1];
    const auto distance = static_cast<std::uint32_t>(kind) - static_cast<std::uint32_t>(row.kind);
    if (distance == 0 || (row.bytes == 1 && distance < 8)) return {&row, static_cast<std::uint8_t>(distance)};
    return {};
}

Part part_of(const Found& found, std::size_t index) {
    Part part = found.row->parts[index];
    part.from = static_cast<std::uint8_t>(part.from + 8 * found.byte);
    return part;
}

constexpr std::uint64_t ones(unsigned bits) { return bits >= 64 ? ~0ULL : (1ULL << bits) - 1; }

// A word of up to 128 bits.
struct Word {
    std::uint64_t half[2] = {0, 0};

    std::uint64_t get(Part part) const {
        std::uint64_t bits = half[part.to / 64] >> (part.to % 64);
        if (part.to % 64 + part.bits > 64) bits |= half[1] << (64 - part.to % 64);
        return bits & ones(part.bits);
    }
    void set(Part part, std::uint64_t value) {
        value &= ones(part.bits);
        const unsigned shift = part.to % 64;
        std::uint64_t& low = half[part.to / 64];
        low = (low & ~(ones(part.bits) << shift)) | value << shift;
        if (shift + part.bits > 64) {
            const unsigned above = shift + part.bits - 64;
            half[1] = (half[1] & ~ones(above)) | value >> (64 - shift);
        }
    }
};

// True if nothing but zeros lies below the parts and nothing but copies of one bit above them.
bool fits(const Found& found, std::uint64_t value) {
    unsigned low = 64, high = 0;
    for (std::size_t i = 0; i < found.row->parts.size(); ++i)
        if (const Part part = part_of(found, i); part.bits) {
            low = std::min<unsigned>(low, part.from);
            high = std::max<unsigned>(high, part.from + part.bits);
        }
    if (value & ones(low)) return false;
    if (high >= 64) return true;
    const auto above = static_cast<std::int64_t>(value) >> (high - 1); // with the field's own highest bit
    return value >> high == 0 || above == -1;
}

} // namespace

std::string name(RelocationKind kind) {
    const Found found = find(kind);
    if (!found.row) return fmt::format("number {}", static_cast<std::uint32_t>(kind));
    return found.row->bytes == 1 ? fmt::format("{}{}", found.row->name, 8 * found.byte) : found.row->name;
}

bool known(RelocationKind kind) { return find(kind).row != nullptr; }

bool is_generic(RelocationKind kind) {
    const Found found = find(kind);
    return found.row && (found.row->kind == Generic32 || found.row->kind == Generic64 || found.row->kind == GenericByte0);
}

std::size_t patched_bytes(RelocationKind kind) {
    const Found found = find(kind);
    return found.row ? found.row->bytes : 0;
}

std::int64_t field(RelocationKind kind, std::span<const std::byte> bytes) {
    const Found found = find(kind);
    if (!found.row || found.row->bytes == 0) return 0;
    HEDDLE_EXPECT(bytes.size() >= found.row->bytes, "{} bytes for a relocation of {}", bytes.size(), found.row->bytes);
    Word word;
    std::memcpy(word.half, bytes.data(), found.row->bytes);
    std::uint64_t value = 0;
    unsigned high = 0;
    for (std::size_t i = 0; i < found.row->parts.size(); ++i)
        if (const Part part = part_of(found, i); part.bits) {
            value |= word.get(part) << part.from;
            high = std::max<unsigned>(high, part.from + part.bits);
        }
    if (found.row->rest == Rest::Dropped || high >= 64) return static_cast<std::int64_t>(value);
    return static_cast<std::int64_t>(value << (64 - high)) >> (64 - high);
}

void apply(RelocationKind kind, std::span<std::byte> bytes, std::uint64_t value, unsigned bank, const std::string& file,
           const std::string& place) {
    const Found found = find(kind);
    if (!found.row) fail_at(file, 0, 0, fmt::format("{}: relocation {} is not known", place, name(kind)), "is the image older than sm_70?");
    const Row& row = *found.row;
    if (row.bytes == 0) return;
    if (bytes.size() < row.bytes)
        fail_at(file, 0, 0,
                fmt::format("{}: relocation {} needs {} bytes, the section has {}", place, name(kind), row.bytes, bytes.size()));
    if (row.rest == Rest::Checked && !fits(found, value))
        fail_at(file, 0, 0, fmt::format("{}: {:#x} does not fit the field of relocation {}", place, value, name(kind)));
    if (row.bank && bank > 31) fail_at(file, 0, 0, fmt::format("{}: there is no constant bank {}", place, bank));
    Word word;
    std::memcpy(word.half, bytes.data(), row.bytes);
    for (std::size_t i = 0; i < row.parts.size(); ++i)
        if (const Part part = part_of(found, i); part.bits) word.set(part, value >> part.from);
    if (row.bank) word.set({54, 5, 0}, bank);
    std::memcpy(bytes.data(), word.half, row.bytes);
}

} // namespace heddle::cubin
