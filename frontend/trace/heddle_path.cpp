#include "frontend/trace/heddle_path.hpp"

#include "frontend/trace/heddle_records.hpp"

#include <algorithm>

namespace heddle::trace {
namespace {

constexpr std::size_t kLongestBody = 128; // items of a loop's body that the builder looks for

// Bits of a run's first number; the rest of it is the length. A loop begins with a zero instead.
constexpr std::uint64_t kJump = 1; // the first row is not the one behind the last run
constexpr std::uint64_t kMask = 2; // the mask is not that of the last run
constexpr std::uint64_t kUnusual = 4;

void touch(Path& path, const RowTable& rows, const Path::Step& step) {
    const auto mark = [&](std::uint32_t slot) {
        path.touched[slot / 64] |= 1ULL << (slot % 64);
        path.slots = std::max(path.slots, slot + 1);
    };
    if (!step.unusual) {
        if (step.mask == 0) return;
        // Slots of consecutive rows with addresses are consecutive, so kSlots of them are all there are.
        const std::uint32_t first = rows.before(step.row), last = rows.before(step.row + step.length);
        for (std::uint32_t k = first; k < last && k < first + kSlots; ++k) mark(k % kSlots);
        return;
    }
    for (std::uint32_t row = step.row; row < step.row + step.length; ++row)
        if (Path::has_address(step, rows, row)) mark(rows.slot(row));
}

} // namespace

void RowTable::append(const StaticInstruction& row) {
    if (trace::expects_address(row)) addressed_.push_back(rows());
    before_.push_back(static_cast<std::uint32_t>(addressed_.size()));
}

void PathBuilder::begin_run(std::uint32_t row, std::uint32_t mask, bool unusual) {
    flush();
    row_ = row, length_ = 1, mask_ = mask, unusual_ = unusual;
}

void PathBuilder::flush() {
    if (length_ == 0) return;
    items_.push_back({row_, length_, mask_, unusual_ ? 1U : 0U});
    length_ = 0;
    while (extend_loop() || make_loop()) {
    }
}

bool PathBuilder::tail_equals(std::size_t begin, std::span<const Item> items) const {
    return std::equal(items.begin(), items.end(), items_.begin() + static_cast<std::ptrdiff_t>(begin));
}

// "... loop(body) body" becomes one more repetition.
bool PathBuilder::extend_loop() {
    const std::size_t n = items_.size();
    for (std::size_t k = 1; k < n && k <= kLongestBody; ++k) {
        Item& loop = items_[n - 1 - k];
        if (loop.length != 0 || loop.mask == 0xffffffff) continue;
        const auto& body = bodies_[loop.a];
        if (body.size() != k || !tail_equals(n - k, body)) continue;
        ++loop.mask;
        items_.resize(n - k);
        return true;
    }
    return false;
}

// "... body body" becomes a loop of two repetitions; the shortest body wins.
bool PathBuilder::make_loop() {
    const std::size_t n = items_.size();
    for (std::size_t k = 1; 2 * k <= n && k <= kLongestBody; ++k) {
        if (items_[n - 1 - k] != items_[n - 1]) continue;
        const std::span<const Item> body(items_.data() + (n - k), k);
        if (!tail_equals(n - 2 * k, body)) continue;
        std::uint32_t depth = 1;
        for (const Item& item : body)
            if (item.length == 0) depth = std::max(depth, item.kind - 2 + 1);
        if (depth > kMaxLoopDepth) continue;
        const Item loop{body_number(body), 0, 2, 2 + depth};
        items_.resize(n - 2 * k);
        items_.push_back(loop);
        return true;
    }
    return false;
}

std::uint32_t PathBuilder::body_number(std::span<const Item> items) {
    auto& candidates = bodies_by_hash_[checksum({reinterpret_cast<const std::uint8_t*>(items.data()), items.size_bytes()})];
    for (const std::uint32_t number : candidates)
        if (std::equal(items.begin(), items.end(), bodies_[number].begin(), bodies_[number].end())) return number;
    const auto number = static_cast<std::uint32_t>(bodies_.size());
    bodies_.emplace_back(items.begin(), items.end());
    bodies_bytes_ += items.size() * 4;
    candidates.push_back(number);
    return number;
}

Blob PathBuilder::encode() {
    flush();
    Blob blob;
    ByteWriter out(blob);
    out.number(items_.size());
    Cursor cursor;
    encode_items(out, items_, cursor);
    return blob;
}

void PathBuilder::encode_items(ByteWriter& out, std::span<const Item> items, Cursor& cursor) const {
    for (const Item& item : items) {
        if (item.length == 0) {
            out.number(0);
            out.number(item.mask);
            out.number(bodies_[item.a].size());
            encode_items(out, bodies_[item.a], cursor);
            continue;
        }
        const bool jump = item.a != cursor.row, mask = item.mask != cursor.mask;
        out.number(std::uint64_t{item.length} << 3 | (jump ? kJump : 0) | (mask ? kMask : 0) | (item.kind == 1 ? kUnusual : 0));
        if (jump) out.difference(std::int64_t{item.a} - std::int64_t{cursor.row});
        if (mask) out.u32(item.mask);
        cursor = {item.a + item.length, item.mask};
    }
}

Path decode_path(ByteReader& in, const RowTable& rows) {
    struct Open { // a body that is being read; the outermost is the path itself
        std::uint64_t items = 0;
        std::uint32_t repetitions = 1;
        std::uint32_t first_step = 0;
        std::uint64_t instructions = 0; // of one repetition so far
        std::uint64_t addressed = 0;
    };
    Path path;
    std::uint32_t row = 0, mask = 0;
    std::array<Open, kMaxLoopDepth + 1> open;
    unsigned depth = 0;
    open[0].items = in.count(kMaxFrameBytes, "the number of items of a path");
    path.steps.reserve(open[0].items);
    while (true) {
        while (open[depth].items == 0) {
            if (depth == 0) {
                path.instructions = open[0].instructions;
                path.addressed = open[0].addressed;
                return path;
            }
            const Open& loop = open[depth--];
            path.steps.push_back({loop.first_step, 0, loop.repetitions, false});
            in.expect(loop.instructions <= kMaxPathInstructions / loop.repetitions, "a path is implausibly long");
            open[depth].instructions += loop.instructions * loop.repetitions;
            open[depth].addressed += loop.addressed * loop.repetitions;
            in.expect(open[depth].instructions <= kMaxPathInstructions, "a path is implausibly long");
        }
        --open[depth].items;
        const std::uint64_t head = in.number();
        if (head == 0) {
            in.expect(depth < kMaxLoopDepth, "loops are nested too deeply");
            const std::uint64_t repetitions = in.number(0xffffffff, "a loop's repetitions");
            in.expect(repetitions >= 2, "a loop of less than two repetitions");
            path.steps.push_back({0, 0, 0, false});
            const std::uint64_t items = in.count(kMaxFrameBytes, "the number of items of a loop");
            in.expect(items > 0, "an empty loop");
            open[++depth] = {items, static_cast<std::uint32_t>(repetitions), static_cast<std::uint32_t>(path.steps.size()), 0, 0};
            continue;
        }
        const std::uint64_t length = head >> 3;
        std::int64_t first = row;
        if (head & kJump) {
            const std::int64_t jump = in.difference();
            in.expect(jump >= -first && jump <= std::int64_t{kMaxRows}, "a jump out of the instruction table");
            first += jump;
        }
        if (head & kMask) mask = in.u32();
        in.expect(length > 0 && first <= rows.rows() && (length <= kUnusualRun || !(head & kUnusual)) &&
                      length <= rows.rows() - static_cast<std::uint64_t>(first),
                  "a run lies outside of the instruction table");
        const Path::Step step{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(length), mask, (head & kUnusual) != 0};
        path.steps.push_back(step);
        touch(path, rows, step);
        row = step.row + step.length;
        open[depth].instructions += length;
        if (step.unusual) open[depth].addressed += length;
        else if (step.mask != 0) open[depth].addressed += rows.before(step.row + step.length) - rows.before(step.row);
    }
}

} // namespace heddle::trace
