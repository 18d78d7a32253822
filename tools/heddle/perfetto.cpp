#include "tools/heddle/perfetto.hpp"

#include "sim/base/error.hpp"
#include "sim/gpu/run_record_observations.hpp"
#include "tools/common/write_file.hpp"
#include "tools/heddle/text_format.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <zlib.h>

namespace heddle {

namespace {

// Perfetto's processes: tracks of one kind share one.
constexpr unsigned kStreams = 1, kCounters = 2, kFirstSm = 10;
constexpr unsigned kCopies = 1; // thread of kStreams; streams follow

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }
std::string microseconds(Time time) { return fmt::format("{}.{:06}", time / (1000 * kNanosecond), time / 1000 % kNanosecond); }

class Writer {
  public:
    void name_process(unsigned process, const std::string& name) {
        event(fmt::format(R"({{"ph":"M","name":"process_name","pid":{},"args":{{"name":{}}}}})", process, quoted(name)));
        event(fmt::format(R"({{"ph":"M","name":"process_sort_index","pid":{0},"args":{{"sort_index":{0}}}}})", process));
    }
    void name_thread(unsigned process, std::uint64_t thread, const std::string& name) {
        event(fmt::format(R"({{"ph":"M","name":"thread_name","pid":{},"tid":{},"args":{{"name":{}}}}})", process, thread, quoted(name)));
        event(fmt::format(R"({{"ph":"M","name":"thread_sort_index","pid":{0},"tid":{1},"args":{{"sort_index":{1}}}}})", process, thread));
    }
    // `arguments`: the inside of a JSON object.
    void span(unsigned process, std::uint64_t thread, const std::string& name, Time start, Time end, const std::string& arguments) {
        event(fmt::format(R"({{"ph":"X","name":{},"pid":{},"tid":{},"ts":{},"dur":{},"args":{{{}}}}})", quoted(name), process, thread, microseconds(start),
                          microseconds(end - start), arguments));
    }
    void instant(unsigned process, std::uint64_t thread, const std::string& name, Time at, const std::string& arguments) {
        event(fmt::format(R"({{"ph":"i","s":"t","name":{},"pid":{},"tid":{},"ts":{},"args":{{{}}}}})", quoted(name), process, thread, microseconds(at), arguments));
    }
    void counter(const std::string& name, Time at, double value) {
        event(fmt::format(R"({{"ph":"C","name":{},"pid":{},"ts":{},"args":{{"value":{:.6g}}}}})", quoted(name), kCounters, microseconds(at), value));
    }
    std::string finish(const std::string& other_data) {
        return std::move(text_) + fmt::format("\n],\"displayTimeUnit\":\"ns\",\"otherData\":{{{}}}}}\n", other_data);
    }

  private:
    void event(const std::string& json) {
        if (!first_) text_ += ",\n";
        first_ = false;
        text_ += json;
    }
    std::string text_ = "{\"traceEvents\":[\n";
    bool first_ = true;
};

void add_kernels(Writer& out, const RunRecord& record) {
    out.name_process(kStreams, record.gpu);
    std::vector<std::uint64_t> streams;
    for (const KernelRecord& kernel : record.kernels) streams.push_back(kernel.stream);
    std::sort(streams.begin(), streams.end());
    streams.erase(std::unique(streams.begin(), streams.end()), streams.end());
    const auto thread_of = [&](std::uint64_t stream) { return kCopies + 1 + static_cast<std::uint64_t>(std::lower_bound(streams.begin(), streams.end(), stream) - streams.begin()); };
    if (!record.copies.empty()) out.name_thread(kStreams, kCopies, "copies (no simulated time)");
    for (const std::uint64_t stream : streams) out.name_thread(kStreams, thread_of(stream), fmt::format("stream {}", stream));
    for (const auto& copy : record.copies)
        out.instant(kStreams, kCopies, fmt::format("copy of {}", si(static_cast<double>(copy.bytes), "B")), copy.time, fmt::format(R"("bytes":{})", copy.bytes) + (copy.address != 0 ? fmt::format(R"(,"address":"{:#x}")", copy.address) : ""));
    for (const KernelRecord& k : record.kernels)
        out.span(kStreams, thread_of(k.stream), short_name(k.name), k.start, k.end,
                 fmt::format(R"("launch":{},"name":{},"grid":"{}","block":"{}","registers_per_thread":{},"shared_bytes":{},"ctas":{},"ctas_per_sm":{},"occupancy_limit":{},"cycles":{},"warp_instructions":{})",
                             k.id, quoted(k.name), extent(k.grid), extent(k.block), k.registers_per_thread, k.shared_bytes, k.ctas, k.ctas_per_sm, quoted(k.occupancy_limit), k.cycles,
                             k.warp_instructions));
}

void add_counters(Writer& out, const RunRecord& record) {
    if (!record.time_series) return;
    out.name_process(kCounters, "counters");
    for (const SeriesOfFigure& figure : figures_over_time(*record.time_series, record.peaks)) {
        const std::string name = fmt::format("{} ({})", figure.name, figure.unit);
        for (std::size_t i = 0; i < figure.values.size(); ++i) out.counter(name, record.time_series->start_of(i), figure.values[i].value_or(0));
        if (!figure.values.empty()) out.counter(name, record.time_series->ends.back(), 0);
    }
}

void add_ctas(Writer& out, const RunRecord& record) {
    for (std::size_t sm = 0; sm < record.cta_spans.size(); ++sm) {
        const auto& [spans, ctas] = record.cta_spans[sm];
        if (spans.empty()) continue;
        const unsigned process = kFirstSm + static_cast<unsigned>(sm);
        out.name_process(process, spans.size() == ctas ? fmt::format("SM {}", sm) : fmt::format("SM {} (the first {} of {} CTAs)", sm, spans.size(), ctas));
        CtaSlot slots = 0;
        for (const CtaSpan& span : spans) slots = std::max(slots, static_cast<CtaSlot>(span.slot + 1));
        for (CtaSlot slot = 0; slot < slots; ++slot) out.name_thread(process, slot + 1U, fmt::format("CTA slot {}", slot));
        for (const CtaSpan& span : spans)
            out.span(process, span.slot + 1U, fmt::format("launch {} CTA {},{},{}", span.launch, span.index.x, span.index.y, span.index.z), span.start, span.end, "");
    }
}

std::string compressed(const std::string& text) {
    z_stream stream{};
    constexpr int kGzip = 15 + 16; // a gzip header, which holds no date
    HEDDLE_EXPECT(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib is out of memory");
    std::string out(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int status = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    HEDDLE_EXPECT(status == Z_STREAM_END, "zlib ended with status {}", status);
    return out;
}

} // namespace

std::string perfetto_json(const RunRecord& record) {
    Writer out;
    add_kernels(out, record);
    add_counters(out, record);
    add_ctas(out, record);
    return out.finish(fmt::format(R"("workload":{},"run_hash":"{}","heddle_version":{})", quoted(record.trace), record.run_hash, quoted(record.heddle_version)));
}

std::string write_perfetto(const RunRecord& record, const std::string& path) {
    const std::string text = perfetto_json(record);
    write_file(path, path.ends_with(".gz") ? compressed(text) : text);
    std::uint64_t kept = 0, all = 0;
    for (const auto& sm : record.cta_spans) {
        kept += sm.spans.size();
        all += sm.ctas;
    }
    return kept == all ? std::string{} : fmt::format("{} holds {} of {} CTAs, of each SM those that ended first", path, with_commas(kept), with_commas(all));
}

} // namespace heddle
