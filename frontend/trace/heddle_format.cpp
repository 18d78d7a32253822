#include "frontend/trace/heddle_format.hpp"

#include <memory>
#include <zstd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace heddle::trace {

const char* name(SectionKind kind) {
    switch (kind) {
    case SectionKind::Commands: return "commands";
    case SectionKind::Notes: return "notes";
    case SectionKind::Code: return "code";
    case SectionKind::Ctas: return "CTA index";
    case SectionKind::Places: return "frame places";
    }
    return "unknown";
}

std::uint64_t checksum(View bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::array<std::uint8_t, 16> content_digest(std::span<const Section> sections) {
    Blob content;
    ByteWriter out(content);
    for (const Section& s : sections) {
        if (s.kind == SectionKind::Places) continue;
        out.u64(static_cast<std::uint64_t>(s.kind));
        out.u64(s.raw);
        out.u64(s.checksum);
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(content.data(), content.size()));
    std::array<std::uint8_t, 16> digest;
    std::memcpy(digest.data(), canonical.digest, 16);
    return digest;
}

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
    std::string s;
    for (const std::uint8_t b : bytes) s += fmt::format("{:02x}", b);
    return s;
}

Blob encode_header(const Header& h) {
    Blob blob;
    ByteWriter out(blob);
    out.bytes(kMagic.data(), kMagic.size());
    out.u32(h.version);
    out.u32(static_cast<std::uint32_t>(kHeaderBytes));
    for (const std::uint64_t v :
         {h.file_bytes, h.table_offset, h.sections, h.table_checksum, h.commands, h.launches, h.warp_instructions, h.thread_instructions})
        out.u64(v);
    out.bytes(h.digest.data(), h.digest.size());
    out.u64(checksum(blob));
    return blob;
}

Blob encode_sections(std::span<const Section> sections) {
    Blob blob;
    ByteWriter out(blob);
    for (const Section& s : sections) {
        out.u32(static_cast<std::uint32_t>(s.kind));
        out.u32(0);
        for (const std::uint64_t v : {s.offset, s.stored, s.raw, s.checksum}) out.u64(v);
    }
    return blob;
}

void ByteReader::fail(const std::string& what) const {
    fail_at(*file_, 0, 0, fmt::format("byte {} of the {}: {}", offset(), *place_, what));
}

std::uint64_t ByteReader::long_number() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint8_t b = u8();
        v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
        if (shift == 63) expect(b <= 1, "a number has more than 64 bits");
        if (b < 0x80) return v;
    }
    fail("a number has more than 64 bits");
}

std::string ByteReader::text() {
    const std::uint64_t size = count(kMaxSectionBytes, "the length of a text");
    const auto* p = take(size);
    return {reinterpret_cast<const char*>(p), size};
}

Blob compress(View raw, int level) {
    struct Free {
        void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
    };
    const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
    HEDDLE_EXPECT(context, "no memory for compression");
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 0);
    Blob stored(ZSTD_compressBound(raw.size()));
    const std::size_t size = ZSTD_compress2(context.get(), stored.data(), stored.size(), raw.data(), raw.size());
    HEDDLE_EXPECT(!ZSTD_isError(size), "zstd: {}", ZSTD_getErrorName(size));
    stored.resize(size);
    return stored;
}

Blob decompress(View stored, std::uint64_t raw, std::uint64_t expected, const std::string& file, const std::string& place) {
    // Blocks of a frame expand at most to 128 KiB each and take at least 3 bytes, so a small file cannot ask for much.
    if (raw > (stored.size() / 3 + 1) * (128ULL << 10))
        fail_at(file, 0, 0, fmt::format("the {} claims {} bytes out of {}, more than zstd can expand to", place, raw, stored.size()));
    struct Free {
        void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
    };
    thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
    HEDDLE_EXPECT(context, "no memory for decompression");
    Blob payload(raw + kPadding);
    const std::size_t size = ZSTD_decompressDCtx(context.get(), payload.data(), raw, stored.data(), stored.size());
    if (ZSTD_isError(size))
        fail_at(file, 0, 0, fmt::format("the {} cannot be decompressed: {}", place, ZSTD_getErrorName(size)), "the file is damaged");
    if (size != raw) fail_at(file, 0, 0, fmt::format("the {} holds {} bytes, {} were announced", place, size, raw), "the file is damaged");
    if (const std::uint64_t found = checksum(View(payload).first(raw)); found != expected)
        fail_at(file, 0, 0, fmt::format("the checksum of the {} is {:016x}, {:016x} was announced", place, found, expected),
                "the file is damaged");
    return payload;
}

Header decode_header(View bytes, const std::string& file) {
    const std::string place = "header";
    if (bytes.size() < kMagic.size() || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
        fail_at(file, 0, 0, "this is no Heddle trace: the file does not begin with its signature", "convert with `heddle trace convert`");
    ByteReader in(bytes, file, place);
    in.take(kMagic.size());
    Header h;
    h.version = in.u32();
    if (h.version != kVersion)
        fail_at(file, 0, 0, fmt::format("version {} of the format is unknown, this program reads version {}", h.version, kVersion),
                "convert the original trace again");
    in.expect(in.u32() == kHeaderBytes, "the header has a wrong length");
    for (std::uint64_t* v : {&h.file_bytes, &h.table_offset, &h.sections, &h.table_checksum, &h.commands, &h.launches, &h.warp_instructions,
                             &h.thread_instructions})
        *v = in.u64();
    std::memcpy(h.digest.data(), in.take(h.digest.size()), h.digest.size());
    const std::uint64_t expected = checksum(bytes.first(in.offset()));
    in.expect(in.u64() == expected, "the header's checksum does not match; the file is damaged");
    if (h.file_bytes != bytes.size())
        fail_at(file, 0, 0, fmt::format("the file has {} bytes, its header announces {}", bytes.size(), h.file_bytes),
                "the file was cut or extended");
    return h;
}

std::vector<Section> decode_sections(View bytes, const Header& h, const std::string& file) {
    const std::string place = "section table";
    const auto inside = [&](std::uint64_t offset, std::uint64_t size) {
        return offset >= kHeaderBytes && offset <= bytes.size() && size <= bytes.size() - offset;
    };
    if (h.sections > kMaxSections || !inside(h.table_offset, h.sections * kSectionEntryBytes))
        fail_at(file, 0, 0, fmt::format("the section table ({} entries at byte {}) lies outside of the file", h.sections, h.table_offset));
    const View table = bytes.subspan(h.table_offset, h.sections * kSectionEntryBytes);
    if (checksum(table) != h.table_checksum) fail_at(file, 0, 0, "the checksum of the section table does not match", "the file is damaged");
    ByteReader in(table, file, place);
    std::vector<Section> sections(h.sections);
    for (Section& s : sections) {
        const std::uint32_t kind = in.u32();
        in.expect(kind >= 1 && kind <= static_cast<std::uint32_t>(SectionKind::Places), "unknown kind of section");
        in.expect(in.u32() == 0, "a reserved field is not zero");
        s.kind = static_cast<SectionKind>(kind);
        for (std::uint64_t* v : {&s.offset, &s.stored, &s.raw, &s.checksum}) *v = in.u64();
        in.expect(inside(s.offset, s.stored), "a section lies outside of the file");
        in.expect(s.raw <= kMaxSectionBytes, "a section is implausibly large");
    }
    if (content_digest(sections) != h.digest)
        fail_at(file, 0, 0, "the content digest does not match the section table", "the file is damaged");
    return sections;
}

std::string section_place(SectionKind kind, std::uint64_t number) { return fmt::format("{} (section {})", name(kind), number); }

Blob load_section(View bytes, std::span<const Section> sections, std::uint64_t number, SectionKind kind, const std::string& file) {
    const std::string place = section_place(kind, number);
    if (number >= sections.size() || sections[number].kind != kind)
        fail_at(file, 0, 0, fmt::format("section {} is no {}", number, name(kind)));
    const Section& s = sections[number];
    return decompress(bytes.subspan(s.offset, s.stored), s.raw, s.checksum, file, place);
}

} // namespace heddle::trace
