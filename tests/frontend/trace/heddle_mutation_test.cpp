// Damaged and hostile files: each must be read to the end or give a UserError that names the file, and nothing else.
#include "frontend/trace/heddle_format.hpp"
#include "frontend/trace/heddle_path.hpp"
#include "frontend/trace/heddle_reader.hpp"
#include "frontend/trace/heddle_records.hpp"
#include "frontend/trace/heddle_writer.hpp"
#include "sim/base/error.hpp"
#include "tests/frontend/trace/heddle_workloads.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>

using namespace heddle;
using namespace heddle::test;
using namespace heddle::trace;

namespace {

Blob bytes_of(const std::string& s) { return {s.begin(), s.end()}; }
std::string text_of(const Blob& b) { return {b.begin(), b.end()}; }

// A file taken apart, so that any payload can be changed and everything around it made consistent again.
struct Parts {
    Header header;
    std::vector<SectionKind> kinds;
    std::vector<Blob> sections;
    struct Kernel {
        std::uint64_t ctas = 0, places = 0; // their sections
        CtaIndex index;
        std::vector<Blob> frames;
    };
    std::vector<Kernel> kernels;

    explicit Parts(const Blob& file) {
        const std::string name = "original";
        header = decode_header(file, name);
        const auto table = decode_sections(file, header, name);
        for (std::size_t i = 0; i < table.size(); ++i) {
            kinds.push_back(table[i].kind);
            Blob payload = load_section(file, table, i, table[i].kind, name);
            payload.resize(payload.size() - kPadding);
            sections.push_back(std::move(payload));
        }
        Blob commands_payload = sections.back();
        commands_payload.resize(commands_payload.size() + kPadding);
        const CommandTable commands(commands_payload, name, name);
        for (std::uint64_t i = 0; i < commands.size(); ++i) {
            const CommandRecord c = commands[i];
            if (c.kind != Command::Kind::Launch) continue;
            Kernel k{c.cta_section, c.place_section, {}, {}};
            ByteReader ctas(sections[k.ctas], name, name), places(sections[k.places], name, name);
            k.index = decode_ctas(ctas, places, c, file.size());
            for (const FrameRecord& f : k.index.frames) {
                k.frames.push_back(decompress(View(file).subspan(f.offset, f.stored), f.raw, f.checksum, name, name));
                k.frames.back().resize(f.raw);
            }
            kernels.push_back(std::move(k));
        }
    }

    // Without `keep_index`, the indexes follow what the frames have become.
    Blob put_together(bool keep_index) const {
        Blob file(kHeaderBytes);
        std::vector<Blob> payloads = sections;
        for (const Kernel& k : kernels) {
            CtaIndex index = k.index;
            for (std::size_t i = 0; i < k.frames.size(); ++i) {
                const Blob stored = compress(k.frames[i], 1);
                FrameRecord& f = index.frames[i];
                f.offset = file.size(), f.stored = stored.size(), f.raw = k.frames[i].size(), f.checksum = checksum(k.frames[i]);
                file.insert(file.end(), stored.begin(), stored.end());
            }
            if (keep_index) continue;
            payloads[k.ctas] = encode_ctas(index);
            payloads[k.places] = encode_places(index);
        }
        std::vector<Section> table;
        for (std::size_t i = 0; i < payloads.size(); ++i) {
            const Blob stored = compress(payloads[i], 1);
            table.push_back({kinds[i], file.size(), stored.size(), payloads[i].size(), checksum(payloads[i])});
            file.insert(file.end(), stored.begin(), stored.end());
        }
        Header h = header;
        h.table_offset = file.size();
        h.sections = table.size();
        const Blob encoded = encode_sections(table);
        h.table_checksum = checksum(encoded);
        h.digest = content_digest(table);
        file.insert(file.end(), encoded.begin(), encoded.end());
        h.file_bytes = file.size();
        const Blob head = encode_header(h);
        std::copy(head.begin(), head.end(), file.begin());
        return file;
    }
};

void mutate(Blob& bytes, std::mt19937& random) {
    for (std::uint32_t times = 1 + random() % 3; times > 0; --times) {
        const std::size_t at = bytes.empty() ? 0 : random() % bytes.size();
        switch (random() % 8) {
        case 0:
            if (!bytes.empty()) bytes[at] ^= static_cast<std::uint8_t>(1U << random() % 8);
            break;
        case 1:
            if (!bytes.empty()) bytes[at] = static_cast<std::uint8_t>(random());
            break;
        case 2: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(random())); break;
        case 3:
            if (!bytes.empty()) bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
            break;
        case 4: bytes.resize(at); break;
        case 5: // a huge number
            for (std::size_t i = at; i < bytes.size() && i < at + 9; ++i) bytes[i] = 0xff;
            if (at + 9 < bytes.size()) bytes[at + 9] = static_cast<std::uint8_t>(random() % 2);
            break;
        case 6: { // a piece from elsewhere
            const std::size_t from = bytes.empty() ? 0 : random() % bytes.size(),
                              size = std::min<std::size_t>(random() % 40, bytes.size() - from);
            const Blob piece(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(from + size));
            bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), piece.begin(), piece.end());
            break;
        }
        case 7:
            if (!bytes.empty()) bytes[at] = static_cast<std::uint8_t>(bytes[at] + (random() % 2 ? 1 : 255));
            break;
        }
    }
}

enum class Outcome { Read, Refused };

// Reads everything, but of absurdly long warps only the beginning.
Outcome read_through(const std::string& path) {
    try {
        const auto trace = open_heddle_file(path);
        std::uint64_t budget = 300'000;
        volatile Address touched = 0;
        for (std::uint64_t i = 0; i < trace->facts().commands; ++i) {
            if (trace->command_kind(i) != Command::Kind::Launch) continue;
            const auto kernel = trace->kernel(i);
            for (std::uint64_t c = 0; c < kernel->ctas() && budget > 0; ++c) {
                CtaInstructions cta = kernel->cta(c);
                for (const auto& stream : cta.warps)
                    for (auto chunk = stream->next_chunk(); !chunk.instructions.empty() && budget > 0; chunk = stream->next_chunk()) {
                        Address sum = 0; // touch all that was promised
                        for (const DynamicInstruction& d : chunk.instructions) {
                            if (d.code->index >= kernel->code().instructions.size()) FAIL("a row beyond the table");
                            if (d.address == kNoAddress) continue;
                            const AddressPattern& p = chunk.patterns[d.address];
                            if (p.kind == AddressPattern::Kind::List &&
                                p.first + static_cast<unsigned>(std::popcount(d.active_mask)) > chunk.list.size())
                                FAIL("a list beyond the chunk");
                            unsigned k = 0;
                            for (std::uint32_t left = d.active_mask; left != 0; left &= left - 1, ++k)
                                sum += chunk.lane_address(p, static_cast<unsigned>(std::countr_zero(left)), k);
                        }
                        touched = touched + sum;
                        budget -= std::min<std::uint64_t>(budget, chunk.instructions.size());
                    }
            }
        }
        return Outcome::Read;
    } catch (const UserError& error) {
        REQUIRE_FALSE(error.findings().empty());
        REQUIRE(error.findings()[0].file == path);
        REQUIRE_FALSE(error.findings()[0].what.empty());
        return Outcome::Refused;
    }
}

Blob small_file(std::uint32_t seed, const std::string& path) {
    HeddleWriteOptions options;
    options.frame_warps = 6;
    options.piece_bytes = options.frame_bytes = 1024;
    TestWorkload workload(random_commands(seed, 40));
    write_heddle_trace(workload, path, options);
    return bytes_of(read_all(path));
}

long peak_kilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

} // namespace

TEST_CASE("a file with bytes changed anywhere is refused, or says the same") {
    const TemporaryPath path("mutated");
    std::mt19937 random(1);
    for (std::uint32_t seed = 0; seed < 4; ++seed) {
        const Blob original = small_file(seed, path.text());
        REQUIRE(read_through(path.text()) == Outcome::Read);
        const std::string content = describe(*open_heddle_trace(path.text()));
        for (int i = 0; i < 600; ++i) {
            Blob changed = original;
            mutate(changed, random);
            if (changed == original) continue;
            write_all(path.text(), text_of(changed));
            CAPTURE(seed, i);
            // Compressed bytes may differ and mean the same.
            if (read_through(path.text()) == Outcome::Read) REQUIRE(describe(*open_heddle_trace(path.text())) == content);
        }
    }
}

TEST_CASE("behind correct checksums, any content is read or refused in bounded time and memory") {
    const TemporaryPath path("refixed");
    std::mt19937 random(2);
    int refused = 0, read = 0;
    for (std::uint32_t seed = 0; seed < 4; ++seed) {
        const Parts original(small_file(seed, path.text()));
        write_all(path.text(), text_of(original.put_together(false)));
        REQUIRE(read_through(path.text()) == Outcome::Read);
        for (int i = 0; i < 1500; ++i) {
            Parts parts = original;
            bool keep_index = false;
            const std::uint32_t target = random() % 8;
            if (target < 5) {
                Parts::Kernel& kernel = parts.kernels[random() % parts.kernels.size()];
                if (kernel.frames.empty()) continue;
                mutate(kernel.frames[random() % kernel.frames.size()], random);
            } else if (target < 7) {
                mutate(parts.sections[random() % parts.sections.size()], random);
                keep_index = random() % 2;
            } else {
                std::uint64_t* const fields[] = {&parts.header.commands, &parts.header.launches, &parts.header.warp_instructions,
                                                 &parts.header.thread_instructions};
                *fields[random() % 4] += 1 + random() % 5;
            }
            write_all(path.text(), text_of(parts.put_together(keep_index)));
            CAPTURE(seed, i);
            ++(read_through(path.text()) == Outcome::Read ? read : refused);
        }
    }
    CHECK(refused > 3000);
    CHECK(read > 50); // changed addresses, for one, are as good as any
    CHECK(peak_kilobytes() < 1'000'000);
}
