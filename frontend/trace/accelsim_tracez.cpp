#include "frontend/trace/accelsim_tracez.hpp"

#include "frontend/trace/compressed_reader.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <zstd.h>

namespace heddle {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are read as they stand in the file");

constexpr std::size_t kMaxHeaderBytes = 1 << 20;
constexpr std::uint64_t kMaxFrameText = 256 << 20;

struct IndexBlock {
    Dim3 index{0, 0, 0}, cluster{0, 0, 0}, place_in_cluster{0, 0, 0};
    std::uint32_t rank = 0, warps = 0;
};

Dim3 read_triple(PlacedFile& file, const TracePlace& place) {
    Dim3 value;
    value.x = file.u32(place);
    value.y = file.u32(place);
    value.z = file.u32(place);
    return value;
}

IndexBlock read_index_block(PlacedFile& file, const TracePlace& place) {
    IndexBlock block;
    block.index = read_triple(file, place);
    block.cluster = read_triple(file, place);
    block.place_in_cluster = read_triple(file, place);
    block.rank = file.u32(place);
    block.warps = file.u32(place);
    if (block.warps > kLanes) place.fail(0, fmt::format("the index gives thread block {} {} warps", text_of(block.index), block.warps));
    return block;
}

} // namespace

PlacedFile::PlacedFile(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "rb")) {
    if (!file_) fail_at(path.string(), 0, 0, fmt::format("cannot be opened: {}", std::strerror(errno)));
    fseeko(file_.get(), 0, SEEK_END);
    size_ = static_cast<std::uint64_t>(std::max<off_t>(ftello(file_.get()), 0));
    real_ = size_;
}

void PlacedFile::read(void* to, std::size_t bytes, const TracePlace& place) {
    if (at_ > size_ || bytes > size_ - at_)
        place.fail(0, fmt::format("the file ends before byte {}", at_ + bytes), "is the file truncated?");
    if (real_ != at_ && fseeko(file_.get(), static_cast<off_t>(at_), SEEK_SET) != 0) place.fail(0, "cannot be read");
    if (std::fread(to, 1, bytes, file_.get()) != bytes) place.fail(0, "cannot be read");
    real_ = at_ += bytes;
}

std::uint32_t PlacedFile::u32(const TracePlace& place) {
    std::uint32_t value = 0;
    read(&value, sizeof value, place);
    return value;
}

std::uint64_t PlacedFile::u64(const TracePlace& place) {
    std::uint64_t value = 0;
    read(&value, sizeof value, place);
    return value;
}

TracezFile::TracezFile(const std::filesystem::path& path, AccelSimFindings& findings) : file(path) {
    TracePlace place{path.string(), 0, "header", -1};
    std::string text(std::min<std::uint64_t>(file.size(), kMaxHeaderBytes), '\0');
    file.read(text.data(), text.size(), place);
    const std::size_t length = text.find('\0');
    if (length == std::string::npos) place.fail(0, "the header text has no end", "is this a .tracez file?");
    text.resize(length);
    AccelSimHeaderParser parser;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = trimmed(rest.substr(0, end));
        if (line.starts_with('#')) break;
        if (line.starts_with('-')) parser.take(line, place, findings);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    header = parser.finish(place, findings);

    place.where = "dictionary";
    file.seek(length + 1);
    const std::uint32_t dictionary_bytes = file.u32(place);
    file.u32(place); // instructions per frame: each frame says its own
    if (dictionary_bytes > file.size()) place.fail(0, fmt::format("a dictionary of {} bytes", dictionary_bytes), "is the file truncated?");
    dictionary.resize(dictionary_bytes);
    file.read(dictionary.data(), dictionary.size(), place);

    place.where = "index";
    file.seek(file.size() < 8 ? file.size() : file.size() - 8);
    index = file.u64(place);
    if (index > file.size() - 8)
        place.fail(0, fmt::format("it would begin at byte {} of {}", index, file.size()), "is the file truncated?");
    // Once through the index: the places in clusters tell the extent of a cluster.
    file.seek(index);
    Dim3 cluster;
    for (std::uint32_t left = file.u32(place); left != 0; --left) {
        const IndexBlock block = read_index_block(file, place);
        cluster = {std::max(cluster.x, block.place_in_cluster.x + 1), std::max(cluster.y, block.place_in_cluster.y + 1),
                   std::max(cluster.z, block.place_in_cluster.z + 1)};
        for (std::uint32_t w = 0; w < block.warps; ++w) {
            file.u32(place);
            const std::uint64_t frames = file.u32(place);
            file.seek(file.at() + 8 + frames * 4);
        }
    }
    if (!header.cluster_known && cluster.x <= 16 && cluster.y <= 16 && cluster.z <= 16 && cluster.volume() <= 16) {
        header.launch.cluster = cluster;
        header.cluster_known = true;
    }
}

void AccelSimTracezKernel::FreeContext::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

AccelSimTracezKernel::AccelSimTracezKernel(const std::filesystem::path& path, TracezFile file, std::shared_ptr<AccelSimFindings> findings)
    : AccelSimKernel(file.header, std::move(findings)), file_(std::move(file)), place_{path.string(), 0, "index", -1},
      context_(ZSTD_createDCtx()) {
    if (!context_) place_.fail(0, "no memory for decompression");
    if (ZSTD_isError(ZSTD_DCtx_loadDictionary(context_.get(), file_.dictionary.data(), file_.dictionary.size())))
        place_.fail(0, "the dictionary is damaged");
    file_.file.seek(file_.index);
    blocks_left_ = file_.file.u32(place_);
    next_entry_ = file_.file.at();
}

void AccelSimTracezKernel::read_warp(WarpRecord& warp, std::uint64_t offset, std::uint32_t instructions,
                                     const std::vector<std::uint32_t>& frames) {
    PlacedFile& file = file_.file;
    file.seek(offset);
    const std::uint32_t instructions_here = file.u32(place_), frames_here = file.u32(place_);
    if (instructions_here != instructions || frames_here != frames.size()) place_.fail(0, "the index and the data disagree");
    warp.listed = true;
    for (const std::uint32_t expected : frames) {
        const std::uint32_t bytes = file.u32(place_);
        if (bytes > file.size()) place_.fail(0, fmt::format("a frame of {} bytes", bytes), "is the file truncated?");
        compressed_.resize(bytes);
        file.read(compressed_.data(), bytes, place_);
        const unsigned long long size = ZSTD_getFrameContentSize(compressed_.data(), bytes);
        if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kMaxFrameText)
            place_.fail(0, "a frame is damaged");
        text_.resize(size + 1);
        const std::size_t got = ZSTD_decompressDCtx(context_.get(), text_.data(), size, compressed_.data(), bytes);
        if (ZSTD_isError(got)) place_.fail(0, fmt::format("a frame is damaged: {}", ZSTD_getErrorName(got)));
        text_.resize(got);
        if (!text_.ends_with('\n')) text_.push_back('\n');
        std::uint32_t lines = 0;
        for (const char *at = text_.data(), *const last = at + text_.size(); at < last;) {
            const char* const end = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(last - at)));
            if (end != at) {
                place_.instruction = static_cast<std::int64_t>(warp.lines);
                reader().read(at, end, at, place_, warp);
                ++lines;
            }
            at = end + 1;
        }
        place_.instruction = -1;
        if (lines != expected) place_.fail(0, fmt::format("a frame of {} instructions; the index says {}", lines, expected));
    }
    if (warp.lines != instructions) place_.fail(0, fmt::format("{} instructions; the index says {}", warp.lines, instructions));
}

std::optional<CtaInstructions> AccelSimTracezKernel::next_cta() {
    if (finished_) return std::nullopt;
    place_.where = "index";
    if (blocks_left_ == 0) {
        finished_ = true;
        finish_grid(place_);
        return std::nullopt;
    }
    --blocks_left_;
    PlacedFile& file = file_.file;
    file.seek(next_entry_);
    const IndexBlock entry = read_index_block(file, place_);
    BlockRecord block = start_block();
    block.index = entry.index;
    block.cluster_rank = entry.rank;
    block.has_cluster = true;
    enter_block(block, place_);
    reader().set_cluster_rank(entry.rank);
    if (entry.warps > block.warps.size())
        place_.fail(0,
                    fmt::format("thread block {} has {} warps; the index names {}", text_of(entry.index), block.warps.size(), entry.warps));
    next_entry_ = file.at();
    for (std::uint32_t w = 0; w < entry.warps; ++w) {
        place_.where = "index";
        file.seek(next_entry_);
        const std::uint32_t instructions = file.u32(place_), count = file.u32(place_);
        const std::uint64_t offset = file.u64(place_);
        if (count > file.size() / 4) place_.fail(0, fmt::format("a warp of {} frames", count), "is the file truncated?");
        std::vector<std::uint32_t> frames(count);
        file.read(frames.data(), frames.size() * sizeof frames[0], place_);
        next_entry_ = file.at();
        place_.where = fmt::format("thread block {}, warp {}", text_of(entry.index), w);
        read_warp(block.warps[w], offset, instructions, frames);
    }
    return finish_block(std::move(block), place_);
}

} // namespace heddle
