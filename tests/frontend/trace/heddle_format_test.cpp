#include "frontend/trace/heddle_format.hpp"
#include "frontend/trace/heddle_frame.hpp"
#include "frontend/trace/heddle_reader.hpp"
#include "frontend/trace/heddle_writer.hpp"
#include "sim/base/error.hpp"
#include "tests/frontend/trace/heddle_workloads.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;
using namespace heddle::trace;

TEST_CASE("numbers of every length come back, and overlong ones are refused") {
    const std::string file = "file", place = "place";
    for (unsigned bits = 0; bits <= 64; ++bits)
        for (const std::uint64_t value : {bits == 0 ? 0 : 1ULL << (bits - 1), bits == 0 ? 0 : ~0ULL >> (64 - bits)})
            for (const std::size_t behind : {0, 20}) { // at the end of the payload and well before it
                Blob blob;
                ByteWriter out(blob);
                out.number(value);
                out.difference(static_cast<std::int64_t>(value));
                blob.resize(blob.size() + behind, 0xff);
                ByteReader in(blob, file, place);
                CHECK(in.number() == value);
                CHECK(in.difference() == static_cast<std::int64_t>(value));
                CHECK(in.left() == behind);
            }
    for (const Blob& bad : {Blob(9, 0x80), Blob(11, 0xff), Blob{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}}) {
        ByteReader in(bad, file, place);
        CHECK_THROWS_AS(in.number(), UserError);
    }
}

TEST_CASE("base predictor: constant steps, jumps between rows, and two places in turn") {
    const auto misses = [](const std::vector<Address>& bases) {
        BasePredictor predictor;
        predictor.start(bases[0], static_cast<std::int64_t>(bases[1] - bases[0]), 0);
        int count = 0;
        for (std::size_t i = 1; i < bases.size(); ++i) {
            if (predictor.expected() == bases[i]) predictor.hit();
            else predictor.miss(bases[i]), ++count;
            CHECK(predictor.base == bases[i]);
        }
        return count;
    };
    CHECK(misses({7, 7, 7, 7}) == 0);
    CHECK(misses({0, 128, 256, 384, 512}) == 0);
    CHECK(misses({0, 4, 8, 100, 104, 108, 200, 204, 208}) == 2);
    CHECK(misses({0, 4, 10, 16, 22}) == 2); // a new step is believed when missed twice
    CHECK(misses({0, 50, 0, 50, 0, 50, 0}) == 1);
    CHECK(misses({0, 50, 0, 50, 0, 10, 60, 110}) == 2); // the step from before the alternation is remembered
}

TEST_CASE("the example of traces/FORMAT.md is what the frame builder writes") {
    RowTable rows;
    for (const StaticInstruction& row : {row_of("IMAD"), row_of("LDG.E", Behaviour::Load, Space::Global), row_of("FADD"),
                                         row_of("BRA", Behaviour::Branch), row_of("EXIT", Behaviour::Exit)})
        rows.append(row);
    FrameBuilder builder(2, rows);
    builder.begin_cta();
    for (std::uint32_t warp = 0; warp < 2; ++warp) {
        builder.add(warp, 0, 0xffffffff, nullptr, {});
        for (Address i = 0; i < 4; ++i) {
            AddressPattern pattern;
            pattern.base = 0x1000 + warp * 128 + i * 4096;
            pattern.stride = 4;
            builder.add(warp, 1, 0xffffffff, &pattern, {});
            builder.add(warp, 2, 0xffffffff, nullptr, {});
            builder.add(warp, 3, 0xffffffff, nullptr, {});
        }
        builder.add(warp, 4, 0x0000ffff, nullptr, {});
    }
    builder.end_cta();
    const Blob payload = builder.encode();
    std::string hex;
    for (const std::uint8_t b : payload) hex += fmt::format("{}{:02x}", hex.empty() ? "" : " ", b);
    CAPTURE(hex);
    const std::string description = read_all(std::string(HEDDLE_SOURCE_DIR) + "/traces/FORMAT.md");
    std::string without_breaks;
    for (const char c : description) without_breaks += c == '\n' ? ' ' : c;
    CHECK(without_breaks.find(hex) != std::string::npos);
}

TEST_CASE("header fields that lie are refused by name") {
    const TemporaryPath path("lies");
    TestWorkload workload(random_commands(1, 40));
    write_heddle_trace(workload, path.text());
    const std::string bytes = read_all(path.text());
    const Blob original(bytes.begin(), bytes.end());
    const auto refusal = [&](Blob file, bool fix) {
        if (fix && file.size() >= kHeaderBytes) {
            const std::uint64_t sum = checksum(View(file).first(kHeaderBytes - 8));
            std::memcpy(file.data() + kHeaderBytes - 8, &sum, 8);
        }
        write_all(path.text(), std::string(file.begin(), file.end()));
        try {
            open_heddle_file(path.text());
        } catch (const UserError& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    const auto with = [&](std::size_t offset, std::uint64_t value, std::size_t size) {
        Blob file = original;
        std::memcpy(file.data() + offset, &value, size);
        return file;
    };
    CHECK_THAT(refusal({}, false), Catch::Contains("no Heddle trace"));
    CHECK_THAT(refusal(Blob(200, '-'), false), Catch::Contains("no Heddle trace"));
    CHECK_THAT(refusal(with(8, 2, 4), true), Catch::Contains("version 2"));
    CHECK_THAT(refusal(with(12, 200, 4), true), Catch::Contains("wrong length"));
    CHECK_THAT(refusal(with(16, 5, 8), true), Catch::Contains("announces 5"));
    CHECK_THAT(refusal(with(24, ~0ULL, 8), true), Catch::Contains("outside of the file"));
    CHECK_THAT(refusal(with(32, ~0ULL, 8), true), Catch::Contains("outside of the file"));
    CHECK_THAT(refusal(with(32, 1ULL << 60, 8), true), Catch::Contains("outside of the file"));
    CHECK_THAT(refusal(with(40, 0, 8), true), Catch::Contains("section table"));
    CHECK_THAT(refusal(with(48, 12345, 8), true), Catch::Contains("totals"));
    CHECK_THAT(refusal(with(80, 0, 8), true), Catch::Contains("digest"));
    CHECK_THAT(refusal(with(96, 0, 8), false), Catch::Contains("checksum"));
    for (const std::size_t size : {7, 8, 11, 16, 100, 104, 105, static_cast<int>(original.size() - 1)})
        CHECK(refusal(Blob(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(size)), false) != "accepted");
    CHECK_THROWS_AS(open_heddle_file("/nonexistent.heddle"), UserError);
    CHECK_THROWS_AS(open_heddle_file("/"), UserError);
}

TEST_CASE("small files cannot ask for large memory") {
    const std::string file = "bomb", place = "frame 0";
    const Blob zeros(kMaxSectionBytes);
    const Blob bomb = compress(zeros, 19);
    // Announced honestly it is merely large; announced too small it is cut; announced beyond what zstd can do it is refused at once.
    CHECK(decompress(bomb, zeros.size(), checksum(zeros), file, place).size() == zeros.size() + kPadding);
    CHECK_THROWS_AS(decompress(bomb, 1000, checksum(zeros), file, place), UserError);
    CHECK_THROWS_AS(decompress(View(bomb).first(20), kMaxSectionBytes, 0, file, place), UserError);

    // A path of nested loops with 2^32 repetitions each.
    RowTable rows;
    rows.append(row_of("FADD"));
    Blob path;
    ByteWriter out(path);
    out.number(1);
    for (unsigned depth = 0; depth < kMaxLoopDepth; ++depth) out.number(0), out.number(0xffffffff), out.number(1);
    out.number(1 << 3);
    ByteReader in(path, file, place);
    CHECK_THROWS_WITH(decode_path(in, rows), Catch::Contains("implausibly long"));
    // Loops deeper than the limit.
    path.clear();
    out.number(1);
    for (unsigned depth = 0; depth < 1000; ++depth) out.number(0), out.number(2), out.number(1);
    ByteReader deep(path, file, place);
    CHECK_THROWS_WITH(decode_path(deep, rows), Catch::Contains("nested too deeply"));
}
