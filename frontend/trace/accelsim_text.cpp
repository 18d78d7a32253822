#include "frontend/trace/accelsim_text.hpp"

#include "frontend/trace/accelsim_cursor.hpp"

#include <algorithm>

namespace heddle {
namespace {

constexpr std::uint64_t kReservedInstructions = 1 << 16; // at most reserved on the word of "insts = n"

// The value of a line "key = value" if it has this key.
std::optional<std::string_view> value_of(std::string_view line, std::string_view key) {
    if (!line.starts_with(key)) return std::nullopt;
    line = trimmed(line.substr(key.size()));
    if (!line.starts_with('=')) return std::nullopt;
    return trimmed(line.substr(1));
}

std::uint64_t number_of(std::string_view text, const char* what, const TracePlace& place) {
    std::uint64_t value = 0;
    if (!parse_number(text, value)) place.fail(1, fmt::format("\"{}\" is not {}", text.substr(0, 40), what));
    return value;
}

} // namespace

LinePrefix read_prefix(std::string_view line, unsigned version, bool grouped, std::size_t& rest, const TracePlace& place) {
    const unsigned count = version >= 6 && !grouped ? 11 : 4;
    std::uint64_t values[11] = {};
    std::size_t at = 0;
    for (unsigned i = 0; i < count; ++i) {
        while (at < line.size() && line[at] == ' ') ++at;
        const std::size_t end = std::min(line.find(' ', at), line.size());
        if (!parse_number(line.substr(at, end - at), values[i]) || values[i] > 0xffffffffU)
            place.fail(at + 1, fmt::format("expected {} numbers that say thread block and warp", count),
                       grouped ? "" : "or is #BEGIN_TB missing?");
        at = end;
    }
    rest = at;
    LinePrefix prefix;
    prefix.block = {static_cast<std::uint32_t>(values[0]), static_cast<std::uint32_t>(values[1]), static_cast<std::uint32_t>(values[2])};
    prefix.warp = static_cast<std::uint32_t>(values[3]);
    prefix.has_cluster = count == 11;
    prefix.cluster_rank = static_cast<std::uint32_t>(values[10]);
    return prefix;
}

AccelSimTextKernel::AccelSimTextKernel(LineReader lines, AccelSimHeader header, std::shared_ptr<AccelSimFindings> findings)
    : AccelSimKernel(std::move(header), std::move(findings)), lines_(std::move(lines)), place_{lines_.file(), 0, {}, -1} {}

TracePlace& AccelSimTextKernel::place() {
    place_.line = lines_.line_number();
    return place_;
}

bool AccelSimTextKernel::find_block() {
    std::string_view line;
    while (lines_.next(line)) {
        if (line.starts_with("#BEGIN_TB")) return true;
        if (line.starts_with("#END_TB")) place().fail(1, "#END_TB without #BEGIN_TB");
        if (!trimmed(line).empty() && line[0] != '#')
            place().fail(1, "unexpected text outside a thread block", "blocks begin with #BEGIN_TB");
    }
    return false;
}

void AccelSimTextKernel::begin_warp(std::uint64_t number, BlockRecord& block) {
    end_warp(block);
    if (number >= block.warps.size())
        place().fail(1, fmt::format("warp {} of thread block {}, which has {} warps", number, text_of(block.index), block.warps.size()));
    if (block.warps[number].listed)
        place().fail(1, fmt::format("warp {} of thread block {} comes a second time", number, text_of(block.index)));
    warp_ = number;
    in_warp_ = true;
    block.warps[number].listed = true;
}

void AccelSimTextKernel::end_warp(const BlockRecord& block) {
    if (in_warp_ && announced_ && block.warps[warp_].lines != *announced_)
        place().fail(1,
                     fmt::format("warp {} of thread block {} ends after {} instructions; insts = {}", warp_, text_of(block.index),
                                 block.warps[warp_].lines, *announced_),
                     "is the file truncated?");
    in_warp_ = false;
    announced_.reset();
}

// One of the lines "warp = n" and "insts = n".
void AccelSimTextKernel::read_warp_head(std::string_view line, BlockRecord& block) {
    if (const auto value = value_of(line, "warp")) return begin_warp(number_of(*value, "a warp number", place()), block);
    const auto value = value_of(line, "insts");
    if (!value) place().fail(1, "unexpected text inside a thread block");
    if (!in_warp_) place().fail(1, "\"insts\" without \"warp\" before it");
    announced_ = number_of(*value, "a number of instructions", place());
    block.warps[warp_].instructions.reserve(std::min(*announced_, kReservedInstructions));
}

void AccelSimTextKernel::read_instruction(std::string_view line, BlockRecord& block) {
    std::size_t from = 0;
    WarpRecord* warp = in_warp_ ? &block.warps[warp_] : nullptr;
    if (header().version < 3) {
        const LinePrefix prefix = read_prefix(line, header().version, true, from, place());
        if (prefix.block != block.index)
            place().fail(
                1, fmt::format("an instruction of thread block {} inside thread block {}", text_of(prefix.block), text_of(block.index)));
        if (prefix.warp >= block.warps.size())
            place().fail(
                1, fmt::format("warp {} of thread block {}, which has {} warps", prefix.warp, text_of(block.index), block.warps.size()));
        if (in_warp_ && announced_ && prefix.warp != warp_)
            place().fail(1, fmt::format("an instruction of warp {} among those of warp {}", prefix.warp, warp_));
        warp = &block.warps[prefix.warp]; // warps may alternate
        warp->listed = true;
    }
    if (!warp) place().fail(1, "an instruction before the first \"warp = n\"");
    if (announced_ && warp->lines >= *announced_)
        place().fail(1, fmt::format("warp {} has more instructions than insts = {}", warp_, *announced_));
    reader().read(line.data() + from, line.data() + line.size(), line.data(), place(), *warp);
}

std::optional<CtaInstructions> AccelSimTextKernel::next_cta() {
    if (finished_) return std::nullopt;
    if (!find_block()) {
        finished_ = true;
        finish_grid(place());
        return std::nullopt;
    }
    BlockRecord block = start_block();
    bool named = false;
    in_warp_ = false;
    announced_.reset();
    std::string_view line;
    while (lines_.next(line)) {
        if (line.empty()) continue;
        const char first = line[0];
        // Instructions begin with a hexadecimal digit; of the other lines only "cluster ..." does.
        const bool digit = (first >= '0' && first <= '9') || (first >= 'a' && first <= 'f' && !line.starts_with("cluster "));
        if (named && digit) [[likely]] {
            read_instruction(line, block);
        } else if (const auto index = value_of(line, "thread block")) {
            if (named) place().fail(1, "a second thread block before #END_TB");
            if (!parse_triple(*index, block.index)) place().fail(1, "a thread block needs three numbers, e.g. 0,0,0");
            enter_block(block, place());
            reader().set_cluster_rank(0);
            named = true;
        } else if (const auto rank = value_of(line, "cluster rank")) {
            block.cluster_rank = static_cast<std::uint32_t>(std::min<std::uint64_t>(number_of(*rank, "a rank", place()), 0xffffffffU));
            block.has_cluster = true;
            reader().set_cluster_rank(block.cluster_rank);
        } else if (value_of(line, "cluster id") || value_of(line, "cluster cta")) {
            block.has_cluster = true;
        } else if (line.starts_with("#END_TB")) {
            if (!named) place().fail(1, "a thread block without \"thread block = x,y,z\"");
            end_warp(block);
            return finish_block(std::move(block), place());
        } else if (line.starts_with("#BEGIN_TB")) {
            place().fail(1, fmt::format("#BEGIN_TB inside thread block {}", text_of(block.index)), "is #END_TB missing?");
        } else if (first == '#' || trimmed(line).empty()) {
            continue;
        } else if (!named) {
            place().fail(1, "expected \"thread block = x,y,z\"");
        } else if (is_blank(first)) {
            read_instruction(line, block);
        } else {
            read_warp_head(line, block);
        }
    }
    std::string where = named ? fmt::format("thread block {}", text_of(block.index)) : "a thread block";
    if (in_warp_) where += fmt::format(", warp {}, after {} instructions", warp_, block.warps[warp_].lines);
    if (in_warp_ && announced_) where += fmt::format(" of {}", *announced_);
    place().fail(1, fmt::format("the file ends inside {}", where), "is the file truncated?");
}

} // namespace heddle
