// Fuzz target: Accel-Sim traces. The first line of an input is the name of the file that the rest is put in.
#include "frontend/trace/accelsim.hpp"
#include "sim/base/error.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/sample_trace.hpp"

#include <algorithm>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace heddle::fuzz {

namespace {

using Compress = std::size_t (*)(const std::string &text, std::uint8_t *out, std::size_t room);

std::string compressed(const std::string &text, Compress compress) {
    std::string out(text.size() + 4096, '\0');
    out.resize(compress(text, reinterpret_cast<std::uint8_t *>(out.data()), out.size()));
    HEDDLE_EXPECT(!out.empty(), "a seed could not be compressed");
    return out;
}

const std::uint8_t *bytes(const std::string &text) { return reinterpret_cast<const std::uint8_t *>(text.data()); }

std::string xz(const std::string &text) {
    return compressed(text, [](const std::string &in, std::uint8_t *out, std::size_t room) {
        std::size_t size = 0;
        return lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, nullptr, bytes(in), in.size(), out, &size, room) == LZMA_OK ? size : 0;
    });
}

std::string zst(const std::string &text) {
    return compressed(text, [](const std::string &in, std::uint8_t *out, std::size_t room) {
        const std::size_t size = ZSTD_compress(out, room, in.data(), in.size(), 1);
        return ZSTD_isError(size) ? 0 : size;
    });
}

std::string gz(const std::string &text) {
    return compressed(text, [](const std::string &in, std::uint8_t *out, std::size_t room) {
        z_stream stream{};
        deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
        stream.next_in = const_cast<std::uint8_t *>(bytes(in));
        stream.avail_in = static_cast<unsigned>(in.size());
        stream.next_out = out;
        stream.avail_out = static_cast<unsigned>(room);
        const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        deflateEnd(&stream);
        return done ? room - stream.avail_out : 0;
    });
}

} // namespace

std::vector<std::string> seeds() {
    std::vector<std::string> seeds;
    for (unsigned version = 1; version <= 6; ++version) seeds.push_back("kernel-1.traceg\n" + sample_trace(version));
    seeds.push_back(
        "kernelslist.g\nMemcpyHtoD,0x00007fb0fc400000,200000\nkernel-1.traceg\n# a comment\nMemcpyDtoH,0x0,4\nkernel-1.traceg\n");
    seeds.push_back("kernel-1.traceg.xz\n" + xz(sample_trace(3)));
    seeds.push_back("kernel-1.traceg.gz\n" + gz(sample_trace(5)));
    seeds.push_back("kernel-1.traceg.zst\n" + zst(sample_trace(4)));
    seeds.push_back("kernel-1.tracez\n" + sample_header() + std::string("-accelsim tracer version = 6\n\0\0\0\0\0\1\0\0\0", 38) +
                    zst(sample_trace(6)));
    return seeds;
}

std::vector<std::string> words() {
    return {"#BEGIN_TB\n",
            "#END_TB\n",
            "thread block = 0,0,0\n",
            "warp = 1\n",
            "insts = 3\n",
            "-grid dim = (0,1,1)\n",
            "-block dim = (1025,1,1)\n",
            "-binary version = 90\n",
            "-accelsim tracer version = 2\n",
            " ffffffff ",
            " 00000000 ",
            " R255 ",
            " R256 ",
            " UR4 ",
            "LDG.E.128 ",
            "LDGSTS.E.BYPASS.128 ",
            "HMMA.16816.F32 ",
            "BAR.SYNC ",
            "UTMALDG.2D ",
            "REPLAY_START ",
            " 4 0 ",
            " 4 1 0x0 0",
            " 4 2 0x10 -4 ",
            " 0x7fffffffffffffff ",
            " 0xffffffffffffffffff ",
            "kernel-2.traceg\n",
            "MemcpyHtoD,",
            "\r\n",
            "\t"};
}

} // namespace heddle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace heddle;
    static const fuzz::ScratchFolder folder;
    const std::string_view input(reinterpret_cast<const char *>(data), size);
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view body = input.substr(std::min(end + 1, input.size()));
    // Only known names, so that no input leaves the folder.
    std::string name = "kernel-1.traceg";
    for (const char *known :
         {"kernelslist.g", "kernel-1.traceg.gz", "kernel-1.traceg.xz", "kernel-1.traceg.zst", "kernel-1.tracez", "kernel-1.traceg"})
        if (input.substr(0, end) == known) name = known;
    if (name == "kernelslist.g") folder.write("kernel-1.traceg", fuzz::sample_trace(3));
    const std::string path = folder.write(name, body);
    for (const bool strict : {false, true}) {
        TraceOptions options;
        options.strict = strict;
        try {
            fuzz::drain(*open_accelsim(path, options));
        } catch (const UserError &error) {
            HEDDLE_EXPECT(!error.findings().empty() && !error.findings().front().what.empty(), "an error without a finding");
        }
    }
    return 0;
}
