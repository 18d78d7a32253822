#include "frontend/trace/heddle_reader.hpp"

#include "frontend/trace/heddle_records.hpp"
#include "frontend/trace/heddle_stream.hpp"

#include <cerrno>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heddle {

using namespace trace;

namespace {

// A file in memory, mapped read-only.
class MappedFile {
  public:
    explicit MappedFile(std::string path) : path_(std::move(path)) {
        const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) fail_at(path_, 0, 0, fmt::format("cannot open: {}", std::strerror(errno)));
        struct stat status {};
        const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
        if (regular && status.st_size > 0) {
            size_ = static_cast<std::size_t>(status.st_size);
            void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
            data_ = at == MAP_FAILED ? nullptr : static_cast<const std::uint8_t*>(at);
        }
        const int error = errno;
        ::close(descriptor);
        if (!regular) fail_at(path_, 0, 0, "this is no file");
        if (size_ > 0 && !data_) fail_at(path_, 0, 0, fmt::format("cannot map: {}", std::strerror(error)));
    }
    ~MappedFile() {
        if (data_) ::munmap(const_cast<std::uint8_t*>(data_), size_);
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::string& path() const { return path_; }
    View bytes() const { return {data_, size_}; }
    // The bytes are not needed soon: lets go of whole pages, so that a long replay does not count as resident memory.
    void forget(std::uint64_t offset, std::uint64_t size) const {
        const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        const std::uint64_t begin = (offset + page - 1) / page * page, end = (offset + size) / page * page;
        if (begin < end) ::madvise(const_cast<std::uint8_t*>(data_) + begin, end - begin, MADV_DONTNEED);
    }

  private:
    std::string path_;
    const std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

// An open file: what its kernels share.
class OpenFile {
  public:
    OpenFile(const std::string& path, HeddleReadOptions options)
        : map(path), options(options), header(decode_header(map.bytes(), map.path())),
          sections(decode_sections(map.bytes(), header, map.path())),
          commands(load(last(SectionKind::Commands), SectionKind::Commands), map.path(),
                   section_place(SectionKind::Commands, last(SectionKind::Commands))) {
        check_commands();
    }
    const std::string& path() const { return map.path(); }
    Blob load(std::uint64_t section, SectionKind kind) const { return load_section(map.bytes(), sections, section, kind, map.path()); }
    // Runs `decode` on the content of a section.
    template <class Decode> auto decode(std::uint64_t section, SectionKind kind, Decode decode) const {
        const Blob payload = load(section, kind);
        const std::string place = section_place(kind, section);
        ByteReader in(content(payload), map.path(), place);
        return decode(in);
    }
    std::uint64_t last(SectionKind kind) const {
        for (std::uint64_t i = sections.size(); i-- > 0;)
            if (sections[i].kind == kind) return i;
        fail_at(map.path(), 0, 0, fmt::format("the section of {} is missing", name(kind)));
    }
    // The code of a section, one copy of it for all kernels alive that use it.
    std::shared_ptr<const SharedCode> code(std::uint64_t section) {
        const std::lock_guard guard(mutex_);
        std::weak_ptr<const SharedCode>& cached = codes_[section];
        std::shared_ptr<const SharedCode> code = cached.lock();
        if (!code) {
            code = std::make_shared<const SharedCode>(decode(section, SectionKind::Code, decode_code));
            cached = code;
        }
        return code;
    }

    const MappedFile map;
    const HeddleReadOptions options;
    const Header header;
    const std::vector<Section> sections;
    const CommandTable commands;

  private:
    void check_commands() const {
        std::uint64_t launches = 0, warp_instructions = 0, thread_instructions = 0;
        for (std::uint64_t i = 0; i < commands.size(); ++i) {
            const CommandRecord c = commands[i];
            if (c.kind != Command::Kind::Launch) continue;
            ++launches;
            warp_instructions += c.warp_instructions;
            thread_instructions += c.thread_instructions;
            const auto refers = [&](std::uint64_t section, SectionKind kind) {
                if (section >= sections.size() || sections[section].kind != kind)
                    fail_at(map.path(), 0, 0, fmt::format("command {} refers to section {}, which is no {}", i, section, name(kind)));
            };
            refers(c.code_section, SectionKind::Code);
            refers(c.cta_section, SectionKind::Ctas);
            refers(c.place_section, SectionKind::Places);
        }
        if (commands.size() != header.commands || launches != header.launches || warp_instructions != header.warp_instructions ||
            thread_instructions != header.thread_instructions)
            fail_at(map.path(), 0, 0, "the header's totals are not those of the commands", "the file is damaged");
    }

    std::mutex mutex_;
    std::map<std::uint64_t, std::weak_ptr<const SharedCode>> codes_;
};

// The frames of one launch, kept alive by its streams.
class LaunchFrames final : public FrameSource {
  public:
    LaunchFrames(std::shared_ptr<OpenFile> file, std::uint64_t command)
        : file_(std::move(file)), record(file_->commands[command]), code_(file_->code(record.code_section)), command_(command) {
        const Blob places = file_->load(record.place_section, SectionKind::Places);
        const std::string place = section_place(SectionKind::Places, record.place_section);
        ByteReader places_in(content(places), file_->path(), place);
        index = file_->decode(record.cta_section, SectionKind::Ctas,
                              [&](ByteReader& in) { return decode_ctas(in, places_in, record, file_->map.bytes().size()); });
        if (index.row_counts.size() != code_->code.instructions.size())
            fail_at(file_->path(), 0, 0,
                    fmt::format("command {} counts the executions of {} rows, its code has {}", command, index.row_counts.size(),
                                code_->code.instructions.size()));
    }

    const SharedCode& code() const override { return *code_; }
    const OpenFile& file() const { return *file_; }

    // Frames are cached as long as anyone holds them, and the one asked for last.
    std::shared_ptr<const Frame> frame(std::uint32_t number) override {
        const std::lock_guard guard(mutex_);
        if (const auto at = frames_.find(number); at != frames_.end())
            if (auto frame = at->second.lock()) return last_ = std::move(frame);
        std::erase_if(frames_, [](const auto& entry) { return entry.second.expired(); });
        const FrameRecord& f = index.frames[number];
        const std::string place = fmt::format("frame {} of command {}", number, command_);
        Blob payload = decompress(file_->map.bytes().subspan(f.offset, f.stored), f.raw, f.checksum, file_->path(), place);
        file_->map.forget(f.offset, f.stored);
        const std::uint32_t ctas = std::max(1U, f.ctas);
        auto frame =
            std::make_shared<const Frame>(std::move(payload), code_->rows, ctas, record.launch.warps_per_cta(), file_->path(), place);
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < ctas; ++i) {
            const std::uint64_t found = frame->cta_instructions(i);
            sum += found;
            if (f.ctas > 0 && !(f.continued && i + 1 == ctas) && found != index.ctas[f.first_cta + i].warp_instructions)
                fail_at(file_->path(), 0, 0,
                        fmt::format("CTA {} of {} has {} warp instructions, the index says {}", i, place, found,
                                    index.ctas[f.first_cta + i].warp_instructions));
        }
        if (sum != f.warp_instructions)
            fail_at(file_->path(), 0, 0, fmt::format("{} has {} warp instructions, the index says {}", place, sum, f.warp_instructions));
        frames_[number] = frame;
        return last_ = std::move(frame);
    }

  private:
    std::shared_ptr<OpenFile> file_;

  public:
    const CommandRecord record;
    CtaIndex index;

  private:
    std::shared_ptr<const SharedCode> code_;
    std::uint64_t command_;
    std::mutex mutex_;
    std::map<std::uint32_t, std::weak_ptr<const Frame>> frames_;
    std::shared_ptr<const Frame> last_;
};

class FileKernel final : public HeddleKernel {
  public:
    explicit FileKernel(std::shared_ptr<LaunchFrames> frames) : frames_(std::move(frames)) {}

    const KernelLaunch& launch() const override { return frames_->record.launch; }
    const KernelCode& code() const override { return frames_->code().code; }
    std::optional<CtaInstructions> next_cta() override {
        if (next_ == ctas()) return {};
        return cta(next_++);
    }
    std::uint64_t ctas() const override { return frames_->index.ctas.size(); }
    Dim3 cta_index(std::uint64_t position) const override { return cta_position(record(position).linear, launch().grid); }
    std::uint64_t cta_warp_instructions(std::uint64_t position) const override { return record(position).warp_instructions; }
    std::uint64_t warp_instructions() const override { return frames_->record.warp_instructions; }
    std::uint64_t thread_instructions() const override { return frames_->record.thread_instructions; }
    const std::vector<std::uint64_t>& row_counts() const override { return frames_->index.row_counts; }
    std::uint64_t frames() const override { return frames_->index.frames.size(); }
    Bytes stored_bytes() const override {
        Bytes sum = 0;
        for (const FrameRecord& f : frames_->index.frames) sum += f.stored;
        return sum;
    }

    CtaInstructions cta(std::uint64_t position) override {
        const CtaRecord& c = record(position);
        const std::vector<FrameRecord>& all = frames_->index.frames;
        const FrameRecord& first = all[c.frame];
        const auto number = static_cast<std::uint32_t>(position - first.first_cta);
        std::uint32_t last = c.frame;
        if (number + 1 == first.ctas)
            while (all[last].continued) ++last;
        CtaInstructions cta;
        cta.index = cta_index(position);
        cta.warps = make_streams(frames_, frames_->frame(c.frame), c.frame, last, number, launch().warps_per_cta(),
                                 frames_->file().options.chunk_instructions);
        return cta;
    }

  private:
    const CtaRecord& record(std::uint64_t position) const {
        HEDDLE_EXPECT(position < ctas(), "CTA {} of {}", position, ctas());
        return frames_->index.ctas[position];
    }
    std::shared_ptr<LaunchFrames> frames_;
    std::uint64_t next_ = 0;
};

class FileTrace final : public HeddleTrace {
  public:
    explicit FileTrace(std::shared_ptr<OpenFile> file) : file_(std::move(file)) {
        const Header& h = file_->header;
        facts_ = {h.version, h.file_bytes, h.commands, h.launches, h.warp_instructions, h.thread_instructions, hexadecimal(h.digest)};
        notes_ = file_->decode(file_->last(SectionKind::Notes), SectionKind::Notes, decode_notes);
    }
    const HeddleTraceFacts& facts() const override { return facts_; }
    FrontendNotes notes() const override { return notes_; }
    Command::Kind command_kind(std::uint64_t command) const override { return file_->commands[command].kind; }
    Command command(std::uint64_t command) const override {
        const CommandRecord record = file_->commands[command];
        Command c{record.kind, record.address, record.bytes, nullptr};
        if (c.kind == Command::Kind::Launch) c.kernel = kernel(command);
        return c;
    }
    std::unique_ptr<HeddleKernel> kernel(std::uint64_t command) const override {
        return std::make_unique<FileKernel>(std::make_shared<LaunchFrames>(file_, command));
    }

  private:
    std::shared_ptr<OpenFile> file_;
    HeddleTraceFacts facts_;
    FrontendNotes notes_;
};

class HeddleWorkload final : public Workload {
  public:
    HeddleWorkload(std::string path, std::unique_ptr<HeddleTrace> trace) : path_(std::move(path)), trace_(std::move(trace)) {}
    std::string description() const override { return path_; }
    std::string digest() const override { return trace_->facts().digest; }
    std::optional<Command> next_command() override {
        if (next_ == trace_->facts().commands) return {};
        return trace_->command(next_++);
    }
    std::uint64_t launches() const override { return trace_->facts().launches; }
    FrontendNotes notes() const override { return trace_->notes(); }

  private:
    std::string path_;
    std::unique_ptr<HeddleTrace> trace_;
    std::uint64_t next_ = 0;
};

} // namespace

std::unique_ptr<HeddleTrace> open_heddle_file(const std::string& path, HeddleReadOptions options) {
    return std::make_unique<FileTrace>(std::make_shared<OpenFile>(path, options));
}

std::unique_ptr<Workload> open_heddle_trace(const std::string& path, HeddleReadOptions options) {
    return std::make_unique<HeddleWorkload>(path, open_heddle_file(path, options));
}

} // namespace heddle
