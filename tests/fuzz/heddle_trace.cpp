// Fuzz target: `.heddle` traces.
//
// The format is checksummed throughout, so flipped bytes of a file would only ever meet the checksum. An input is
// therefore a list of patches, five bytes each (part, position, what, value), of a sound file's decompressed parts; the
// file is then put together again with checksums that match. An input that begins with the signature is a whole file.
#include "frontend/trace/accelsim.hpp"
#include "frontend/trace/heddle_reader.hpp"
#include "frontend/trace/heddle_records.hpp"
#include "frontend/trace/heddle_writer.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/sample_trace.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace heddle::fuzz {

using namespace trace;

namespace {

// A sound file of one kernel, taken apart.
struct Parts {
    Header header;
    std::vector<SectionKind> kinds; // of the sections
    std::vector<Blob> sections;     // decompressed, without padding
    std::vector<Blob> frames;
    CtaIndex index;
    std::string file; // as it was
};

Blob unpadded(const Blob &payload) {
    const View view = content(payload);
    return {view.begin(), view.end()};
}

Parts take_apart(const ScratchFolder &folder) {
    const std::string path = folder.write("sound.heddle", "");
    write_heddle_trace(*open_accelsim(folder.write("kernel-1.traceg", sample_trace(5))), path);
    std::ifstream stream(path, std::ios::binary);
    Parts parts;
    parts.file.assign(std::istreambuf_iterator<char>(stream), {});
    const View bytes(reinterpret_cast<const std::uint8_t *>(parts.file.data()), parts.file.size());
    parts.header = decode_header(bytes, path);
    const std::vector<Section> sections = decode_sections(bytes, parts.header, path);
    std::size_t ctas = 0, places = 0, commands = 0;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        parts.kinds.push_back(sections[i].kind);
        parts.sections.push_back(unpadded(load_section(bytes, sections, i, sections[i].kind, path)));
        if (sections[i].kind == SectionKind::Ctas) ctas = i;
        if (sections[i].kind == SectionKind::Places) places = i;
        if (sections[i].kind == SectionKind::Commands) commands = i;
    }
    const std::string place = "sound file";
    const CommandTable table(load_section(bytes, sections, commands, SectionKind::Commands, path), path, place);
    ByteReader cta_reader(parts.sections[ctas], path, place), place_reader(parts.sections[places], path, place);
    parts.index = decode_ctas(cta_reader, place_reader, table[table.size() - 1], bytes.size());
    for (const FrameRecord &f : parts.index.frames)
        parts.frames.push_back(unpadded(decompress(bytes.subspan(f.offset, f.stored), f.raw, f.checksum, path, place)));
    return parts;
}

// One patch: `part` is a section or a frame, `position` counts from its start or, for odd `what`, from its end.
struct Patch {
    std::uint8_t part, position, what, value;
    std::uint8_t far; // 256 bytes each

    void apply(Blob &bytes) const {
        if (bytes.empty()) return;
        const std::size_t distance = (position + std::size_t{far} * 256) % bytes.size();
        const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(what & 1 ? bytes.size() - 1 - distance : distance);
        switch (what >> 1 & 7) {
        case 0: bytes.erase(at); break;
        case 1: bytes.insert(at, value); break;
        case 2: bytes.resize(static_cast<std::size_t>(at - bytes.begin())); break;
        case 3: bytes.insert(at, value, 0xff); break; // a huge number
        case 4: *at = static_cast<std::uint8_t>(*at ^ (1 << (value & 7))); break;
        case 5: *at = static_cast<std::uint8_t>(*at + 1); break;
        case 6: *at = static_cast<std::uint8_t>(*at - 1); break;
        default: *at = value;
        }
    }
};

// The file with the patches applied and every length, place and checksum made to fit.
Blob put_together(Parts parts, std::span<const Patch> patches) {
    const std::size_t sections = parts.sections.size();
    const auto apply = [&](std::size_t part, Blob &bytes) {
        for (const Patch &patch : patches)
            if (patch.part % (sections + parts.frames.size()) == part) patch.apply(bytes);
    };
    Blob file(kHeaderBytes);
    const auto add = [&](const Blob &raw) {
        const Blob stored = compress(raw, 1);
        file.insert(file.end(), stored.begin(), stored.end());
        return stored.size();
    };
    for (std::size_t i = 0; i < parts.frames.size(); ++i) {
        FrameRecord &record = parts.index.frames[i];
        apply(sections + i, parts.frames[i]);
        record.offset = file.size();
        record.stored = add(parts.frames[i]);
        record.raw = parts.frames[i].size();
        record.checksum = checksum(parts.frames[i]);
    }
    std::vector<Section> table;
    for (std::size_t i = 0; i < sections; ++i) {
        if (parts.kinds[i] == SectionKind::Ctas) parts.sections[i] = encode_ctas(parts.index);
        if (parts.kinds[i] == SectionKind::Places) parts.sections[i] = encode_places(parts.index);
        apply(i, parts.sections[i]);
        const std::size_t offset = file.size();
        table.push_back({parts.kinds[i], offset, add(parts.sections[i]), parts.sections[i].size(), checksum(parts.sections[i])});
    }
    const Blob encoded = encode_sections(table);
    parts.header.table_offset = file.size();
    parts.header.table_checksum = checksum(encoded);
    file.insert(file.end(), encoded.begin(), encoded.end());
    parts.header.file_bytes = file.size();
    parts.header.digest = content_digest(table);
    const Blob header = encode_header(parts.header);
    std::copy(header.begin(), header.end(), file.begin());
    return file;
}

struct Sound {
    ScratchFolder folder;
    Parts parts = take_apart(folder);
};

const Sound &sound() {
    static const Sound made;
    return made;
}

} // namespace

std::vector<std::string> seeds() {
    std::vector<std::string> seeds{"", sound().parts.file};
    for (std::size_t part = 0; part < sound().parts.sections.size() + sound().parts.frames.size(); ++part)
        for (int what = 0; what < 16; what += 3) {
            const char patch[] = {static_cast<char>(part), static_cast<char>(part * 7 + static_cast<std::size_t>(what)),
                                  static_cast<char>(what), 5, 0};
            seeds.emplace_back(patch, sizeof patch);
        }
    return seeds;
}

std::vector<std::string> words() {
    return {std::string("\0\0\10\7\0", 5), std::string("\1\0\6\12\0", 5), std::string("\7\3\17\x80\0", 5), "\xff\xff\xff\xff", "\x80"};
}

} // namespace heddle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace heddle;
    const fuzz::Sound &sound = fuzz::sound();
    std::string file(reinterpret_cast<const char *>(data), size);
    if (!file.starts_with("\x89HDL")) {
        std::vector<fuzz::Patch> patches;
        for (std::size_t i = 0; i + 5 <= size; i += 5) patches.push_back({data[i], data[i + 1], data[i + 2], data[i + 3], data[i + 4]});
        const trace::Blob made = fuzz::put_together(sound.parts, patches);
        file.assign(made.begin(), made.end());
    }
    const std::string path = sound.folder.write("fuzz.heddle", file);
    try {
        const std::uint64_t instructions = fuzz::drain(*open_heddle_trace(path));
        HEDDLE_EXPECT(size != 0 || instructions == 24, "the sound file gave {} instructions", instructions);
    } catch (const UserError &error) {
        HEDDLE_EXPECT(size != 0, "the sound file was refused: {}", error.what());
        HEDDLE_EXPECT(!error.findings().empty() && !error.findings().front().what.empty(), "an error without a finding");
    }
    return 0;
}
