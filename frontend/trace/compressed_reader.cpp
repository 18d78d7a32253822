#include "frontend/trace/compressed_reader.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <lzma.h>
#include <vector>
#include <zlib.h>
#include <zstd.h>

namespace heddle {
namespace {

constexpr std::size_t kInputBytes = 256 << 10;
constexpr std::size_t kLongestLine = 1 << 20;
constexpr std::uint64_t kXzMemoryLimit = 512ULL << 20;
constexpr const char* kTruncated = "the compressed data end early: the file is truncated";

class PlainFile final : public ByteSource {
  public:
    explicit PlainFile(const std::filesystem::path& path) : path_(path.string()), file_(std::fopen(path_.c_str(), "rb")) {
        if (!file_) fail_at(path_, 0, 0, fmt::format("cannot be opened: {}", std::strerror(errno)));
        std::setvbuf(file_, nullptr, _IONBF, 0);
    }
    ~PlainFile() override { std::fclose(file_); }
    PlainFile(const PlainFile&) = delete;
    PlainFile& operator=(const PlainFile&) = delete;
    std::size_t read(char* to, std::size_t size) override {
        const std::size_t got = std::fread(to, 1, size, file_);
        if (got == 0 && std::ferror(file_)) fail_at(path_, 0, 0, fmt::format("cannot be read: {}", std::strerror(errno)));
        return got;
    }

  private:
    std::string path_;
    std::FILE* file_;
};

// What the three decoders share: compressed input and the place of errors.
class Decoder : public ByteSource {
  public:
    explicit Decoder(const std::filesystem::path& path) : path_(path.string()), file_(path), input_(kInputBytes) {}

  protected:
    std::size_t next_input() { return file_.read(input_.data(), input_.size()); }
    const char* input() const { return input_.data(); }
    [[noreturn]] void truncated() const { fail_at(path_, 0, 0, kTruncated); }
    [[noreturn]] void damaged(std::string_view reason) const {
        fail_at(path_, 0, 0, fmt::format("the compressed data are damaged: {}", reason));
    }

  private:
    std::string path_;
    PlainFile file_;
    std::vector<char> input_;
};

class GzipDecoder final : public Decoder {
  public:
    explicit GzipDecoder(const std::filesystem::path& path) : Decoder(path) {
        if (inflateInit2(&stream_, 15 + 16) != Z_OK) damaged("cannot start");
    }
    ~GzipDecoder() override { inflateEnd(&stream_); }
    std::size_t read(char* to, std::size_t size) override {
        stream_.next_out = reinterpret_cast<Bytef*>(to);
        stream_.avail_out = static_cast<uInt>(size);
        while (stream_.avail_out == size) {
            if (stream_.avail_in == 0) {
                const std::size_t got = next_input();
                if (got == 0 && between_members_) return 0;
                if (got == 0) truncated();
                stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input()));
                stream_.avail_in = static_cast<uInt>(got);
            }
            between_members_ = false;
            const int result = inflate(&stream_, Z_NO_FLUSH);
            if (result == Z_STREAM_END) {
                between_members_ = true;
                inflateReset(&stream_);
            } else if (result != Z_OK) {
                damaged(stream_.msg ? stream_.msg : "not gzip");
            }
        }
        return size - stream_.avail_out;
    }

  private:
    z_stream stream_{};
    bool between_members_ = false;
};

class XzDecoder final : public Decoder {
  public:
    explicit XzDecoder(const std::filesystem::path& path) : Decoder(path) {
        if (lzma_stream_decoder(&stream_, kXzMemoryLimit, LZMA_CONCATENATED) != LZMA_OK) damaged("cannot start");
    }
    ~XzDecoder() override { lzma_end(&stream_); }
    std::size_t read(char* to, std::size_t size) override {
        if (ended_) return 0;
        stream_.next_out = reinterpret_cast<std::uint8_t*>(to);
        stream_.avail_out = size;
        while (stream_.avail_out == size) {
            if (stream_.avail_in == 0 && !input_ended_) {
                const std::size_t got = next_input();
                input_ended_ = got == 0;
                stream_.next_in = reinterpret_cast<const std::uint8_t*>(input());
                stream_.avail_in = got;
            }
            const lzma_ret result = lzma_code(&stream_, input_ended_ ? LZMA_FINISH : LZMA_RUN);
            if (result == LZMA_STREAM_END) {
                ended_ = true;
                break;
            }
            if (result == LZMA_BUF_ERROR && input_ended_) truncated();
            if (result == LZMA_MEMLIMIT_ERROR) damaged("the xz dictionary needs more than 512 MiB of memory");
            if (result != LZMA_OK && result != LZMA_BUF_ERROR) damaged("not valid xz");
        }
        return size - stream_.avail_out;
    }

  private:
    lzma_stream stream_ = LZMA_STREAM_INIT;
    bool input_ended_ = false, ended_ = false;
};

class ZstdDecoder final : public Decoder {
  public:
    explicit ZstdDecoder(const std::filesystem::path& path) : Decoder(path), stream_(ZSTD_createDStream()) {
        if (!stream_) damaged("cannot start");
    }
    ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }
    ZstdDecoder(const ZstdDecoder&) = delete;
    ZstdDecoder& operator=(const ZstdDecoder&) = delete;
    std::size_t read(char* to, std::size_t size) override {
        ZSTD_outBuffer out{to, size, 0};
        while (out.pos == 0) {
            // Only when all output of earlier input was taken may more input be needed.
            if (in_.pos == in_.size && !output_pending_) {
                const std::size_t got = next_input();
                if (got == 0 && frame_done_) return 0;
                if (got == 0) truncated();
                in_ = {input(), got, 0};
            }
            const std::size_t result = ZSTD_decompressStream(stream_, &out, &in_);
            if (ZSTD_isError(result)) damaged(ZSTD_getErrorName(result));
            frame_done_ = result == 0;
            output_pending_ = out.pos == out.size && !frame_done_;
        }
        return out.pos;
    }

  private:
    ZSTD_DStream* stream_;
    ZSTD_inBuffer in_{nullptr, 0, 0};
    bool frame_done_ = false, output_pending_ = false;
};

std::string first_bytes(const std::filesystem::path& path) {
    std::array<char, 6> bytes{};
    PlainFile file(path);
    std::string start;
    while (start.size() < bytes.size()) {
        const std::size_t got = file.read(bytes.data(), bytes.size() - start.size());
        if (got == 0) break;
        start.append(bytes.data(), got);
    }
    return start;
}

} // namespace

const char* name(Compression compression) {
    switch (compression) {
    case Compression::None: return "plain text";
    case Compression::Gzip: return "gzip";
    case Compression::Xz: return "xz";
    case Compression::Zstd: return "zstd";
    }
    return "";
}

Compression compression_by_name(const std::filesystem::path& path) {
    const std::string suffix = path.extension().string();
    return suffix == ".gz"    ? Compression::Gzip
           : suffix == ".xz"  ? Compression::Xz
           : suffix == ".zst" ? Compression::Zstd
                              : Compression::None;
}

Compression compression_by_content(std::string_view start) {
    if (start.starts_with("\x1f\x8b")) return Compression::Gzip;
    if (start.starts_with(std::string_view("\xfd\x37\x7a\x58\x5a\x00", 6))) return Compression::Xz;
    if (start.starts_with("\x28\xb5\x2f\xfd")) return Compression::Zstd;
    return Compression::None;
}

Diagnostic check_compression(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    Diagnostic finding{path.string(), 0, 0, {}, {}};
    if (!std::filesystem::exists(status)) {
        finding.what = "no such file";
    } else if (!std::filesystem::is_regular_file(status)) {
        finding.what = "not a regular file";
    } else {
        const Compression promised = compression_by_name(path), found = compression_by_content(first_bytes(path));
        if (promised != found) {
            finding.what = fmt::format("the content is {}, but the name says {}", name(found), name(promised));
            finding.hint = "rename the file: .xz, .gz, .zst, or no such suffix for plain text";
        }
    }
    return finding;
}

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path) {
    if (Diagnostic finding = check_compression(path); !finding.what.empty()) throw UserError(std::move(finding));
    switch (compression_by_name(path)) {
    case Compression::Gzip: return std::make_unique<GzipDecoder>(path);
    case Compression::Xz: return std::make_unique<XzDecoder>(path);
    case Compression::Zstd: return std::make_unique<ZstdDecoder>(path);
    case Compression::None: break;
    }
    return std::make_unique<PlainFile>(path);
}

LineReader::LineReader(std::unique_ptr<ByteSource> source, std::string file)
    : source_(std::move(source)), file_(std::move(file)), buffer_(new char[kInputBytes + 1]), capacity_(kInputBytes) {}

bool LineReader::refill() {
    if (ended_) return false;
    if (begin_ > 0) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == capacity_) {
        if (capacity_ >= kLongestLine) fail_at(file_, line_number_ + 1, 0, "a line longer than a megabyte", "is this a text trace?");
        std::unique_ptr<char[]> larger(new char[capacity_ * 2 + 1]);
        std::memcpy(larger.get(), buffer_.get(), end_);
        buffer_ = std::move(larger);
        capacity_ *= 2;
    }
    const std::size_t got = source_->read(buffer_.get() + end_, capacity_ - end_);
    ended_ = got == 0;
    end_ += got;
    return !ended_;
}

bool LineReader::next(std::string_view& line) {
    if (again_) {
        again_ = false;
        line = last_;
        return true;
    }
    std::size_t searched = begin_;
    const char* newline = nullptr;
    while (!(newline = static_cast<const char*>(std::memchr(buffer_.get() + searched, '\n', end_ - searched)))) {
        const std::size_t kept = end_ - begin_;
        if (!refill()) {
            if (kept == 0) return false;
            buffer_[end_] = '\n'; // the last line has no line end; there is always room for one more byte
            newline = buffer_.get() + end_;
            break;
        }
        searched = begin_ + kept;
    }
    const char* const start = buffer_.get() + begin_;
    std::size_t length = static_cast<std::size_t>(newline - start);
    begin_ = std::min(begin_ + length + 1, end_);
    if (length > 0 && start[length - 1] == '\r') {
        --length;
        buffer_[static_cast<std::size_t>(start - buffer_.get()) + length] = '\n';
    }
    ++line_number_;
    last_ = line = {start, length};
    return true;
}

} // namespace heddle
