#include "frontend/trace/heddle_stream.hpp"

#include "frontend/trace/heddle_address_cursor.hpp"

#include <algorithm>
#include <atomic>
#include <new>

namespace heddle::trace {
namespace {

// A chunk ends early rather than hold more addresses in lists; yet kMinChunk instructions always fit.
constexpr std::size_t kListEntries = 512;
static_assert(kListEntries >= kMinChunk * kLanes);

// One allocation holds the streams of a CTA, their slots and their chunks. The last stream to go frees it.
struct CtaMemory {
    std::atomic<std::uint32_t> streams{0};
    std::shared_ptr<FrameSource> source;
    std::shared_ptr<const Frame> frame; // the first one
};

class HeddleStream final : public WarpStream {
  public:
    // Lengths in instructions and patterns, sizes in bytes.
    struct Layout {
        std::uint32_t capacity = 0, patterns = 0, chunks = 1, slots = 0;
        std::size_t chunk_bytes() const { return capacity * sizeof(DynamicInstruction) + patterns * sizeof(AddressPattern); }
        std::size_t bytes() const { return sizeof(HeddleStream) + slots * sizeof(BasePredictor) + chunks * chunk_bytes(); }
    };
    static Layout layout(const Path& path, bool one_frame, std::uint32_t chunk_instructions);

    // Lives at the beginning of layout.bytes() bytes in `memory`.
    HeddleStream(CtaMemory& memory, const Layout& layout, const Frame::Warp& in_frame, std::uint32_t first_frame, std::uint32_t last_frame,
                 std::uint32_t warp);
    static void operator delete(HeddleStream* stream, std::destroying_delete_t) {
        CtaMemory* const memory = &stream->memory_;
        stream->~HeddleStream();
        release(memory);
    }
    static void release(CtaMemory* memory) {
        if (memory->streams.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
        memory->~CtaMemory();
        ::operator delete(memory);
    }

    InstructionChunk next_chunk() override {
        Chunk& chunk = chunks_[turn_];
        turn_ ^= alternate_;
        instructions_ = chunk.instructions;
        patterns_ = chunk.patterns;
        list_ = &chunk.list;
        count_ = patterns_count_ = 0;
        list_count_ = 0;
        while (!fill() && number_ != last_frame_) {
            later_frame_ = memory_.source->frame(++number_);
            frame_ = later_frame_.get();
            begin_frame(frame_->warp(0, warp_));
        }
        return {{instructions_, count_}, {patterns_, patterns_count_}, {list_->get(), list_count_}};
    }

  private:
    // Spans stay valid until the next-but-one call, so two of these take turns.
    struct Chunk {
        DynamicInstruction* instructions = nullptr;
        AddressPattern* patterns = nullptr;
        std::unique_ptr<Address[]> list; // made when first needed
    };
    void begin_frame(const Frame::Warp& warp);
    // Goes on until the chunk is full (true) or the path is at its end (false).
    bool fill();
    bool add_run(const Path::Step& step, std::uint32_t count);
    bool add_unusual_run(const Path::Step& step, std::uint32_t count);
    void add_plain(std::uint32_t row, std::uint32_t count, std::uint32_t mask);
    bool add_addresses(DynamicInstruction& instruction, std::uint32_t slot);
    void add_inline(std::uint32_t offset, Address base, std::uint32_t mask, AddressPattern& pattern);
    Address* begin_list(const Shape& shape, std::uint32_t mask, AddressPattern& pattern);
    CtaMemory& memory_;
    const Frame* frame_;
    std::shared_ptr<const Frame> later_frame_;
    const RowTable* rows_;
    const StaticInstruction* const* row_; // of each row number
    std::uint32_t number_, last_frame_, warp_;

    // Where in the path: a step, instructions of it already done, and the repetitions of each open loop.
    const Path* path_ = nullptr;
    const Path::Step* step_ = nullptr;
    const Path::Step* steps_end_ = nullptr;
    std::uint32_t done_ = 0;
    std::uint32_t depth_ = 0;
    std::array<std::uint32_t, kMaxLoopDepth> repetitions_{};

    AddressCursor addresses_;
    std::vector<BasePredictor> more_slots_; // where a later frame needs more than the first
    BasePredictor* slots_ = nullptr;
    std::uint32_t slots_held_ = 0;
    std::array<Chunk, 2> chunks_;
    // Of the chunk being filled.
    DynamicInstruction* instructions_ = nullptr;
    AddressPattern* patterns_ = nullptr;
    std::unique_ptr<Address[]>* list_ = nullptr;
    std::uint32_t turn_ = 0, alternate_ = 0;
    std::uint32_t capacity_ = 0, count_ = 0, patterns_count_ = 0;
    std::size_t list_count_ = 0;
};

HeddleStream::Layout HeddleStream::layout(const Path& path, bool one_frame, std::uint32_t chunk_instructions) {
    Layout l;
    l.slots = path.slots;
    l.capacity = std::max<std::uint32_t>(kMinChunk, chunk_instructions);
    l.patterns = l.capacity;
    l.chunks = 2;
    if (!one_frame) return l;
    // A warp of a single chunk overwrites nothing.
    if (path.instructions <= l.capacity && path.addressed <= kListEntries / kLanes) l.chunks = 1;
    l.capacity = static_cast<std::uint32_t>(std::min<std::uint64_t>(l.capacity, path.instructions));
    l.patterns = static_cast<std::uint32_t>(std::min<std::uint64_t>(l.capacity, path.addressed));
    return l;
}

HeddleStream::HeddleStream(CtaMemory& memory, const Layout& layout, const Frame::Warp& in_frame, std::uint32_t first_frame,
                           std::uint32_t last_frame, std::uint32_t warp)
    : memory_(memory), frame_(memory.frame.get()), rows_(&memory.source->code().rows), row_(memory.source->code().row.data()),
      number_(first_frame), last_frame_(last_frame), warp_(warp), addresses_(*frame_, in_frame.entries) {
    static_assert(alignof(HeddleStream) <= 8 && alignof(BasePredictor) <= 8 && alignof(DynamicInstruction) <= 8 &&
                  alignof(AddressPattern) <= 8);
    static_assert(sizeof(HeddleStream) % 8 == 0 && sizeof(BasePredictor) % 8 == 0 && sizeof(DynamicInstruction) % 8 == 0 &&
                  sizeof(AddressPattern) % 8 == 0);
    capacity_ = layout.capacity;
    alternate_ = layout.chunks - 1;
    slots_held_ = layout.slots;
    slots_ = reinterpret_cast<BasePredictor*>(reinterpret_cast<std::uint8_t*>(this) + sizeof *this);
    auto* at = reinterpret_cast<std::uint8_t*>(slots_ + slots_held_);
    for (std::uint32_t i = 0; i < layout.chunks; ++i, at += layout.chunk_bytes()) {
        chunks_[i].instructions = reinterpret_cast<DynamicInstruction*>(at);
        chunks_[i].patterns = reinterpret_cast<AddressPattern*>(chunks_[i].instructions + capacity_);
    }
    begin_frame(in_frame);
}

void HeddleStream::begin_frame(const Frame::Warp& warp) {
    path_ = warp.path;
    step_ = path_->steps.data();
    steps_end_ = step_ + path_->steps.size();
    done_ = depth_ = 0;
    if (path_->slots > slots_held_) {
        slots_held_ = path_->slots;
        more_slots_.resize(slots_held_);
        slots_ = more_slots_.data();
    }
    for (const Frame::First& first : warp.firsts) {
        BasePredictor& slot = *new (slots_ + first.slot) BasePredictor;
        slot.start(first.base, first.step, first.shape);
    }
    addresses_ = AddressCursor(*frame_, warp.entries);
}

bool HeddleStream::fill() {
    while (step_ != steps_end_) {
        const Path::Step& step = *step_;
        if (step.length == 0) {
            if (step.mask == 0) {
                repetitions_[depth_++] = 0;
            } else if (++repetitions_[depth_ - 1] < step.mask) {
                step_ = path_->steps.data() + step.row;
                continue;
            } else {
                --depth_;
            }
            ++step_;
            continue;
        }
        if (count_ == capacity_) return true;
        const std::uint32_t count = std::min(step.length - done_, capacity_ - count_);
        const std::uint32_t before = count_;
        const bool complete = step.unusual ? add_unusual_run(step, count) : add_run(step, count);
        done_ += count_ - before;
        if (!complete) return true;
        if (done_ == step.length) {
            ++step_;
            done_ = 0;
        }
    }
    return false;
}

void HeddleStream::add_plain(std::uint32_t row, std::uint32_t count, std::uint32_t mask) {
    const StaticInstruction* const* const rows = row_ + row;
    DynamicInstruction* const out = instructions_ + count_;
    for (std::uint32_t i = 0; i < count; ++i) out[i] = {rows[i], mask, kNoAddress};
    count_ += count;
}

bool HeddleStream::add_run(const Path::Step& step, std::uint32_t count) {
    const std::uint32_t first = step.row + done_, mask = step.mask;
    add_plain(first, count, mask);
    if (mask == 0) return true;
    DynamicInstruction* const instructions = instructions_ + (count_ - count);
    const std::uint32_t end = rows_->before(first + count);
    const std::uint32_t* const addressed = rows_->addressed().data();
    for (std::uint32_t k = rows_->before(first); k < end; ++k) {
        const std::uint32_t i = addressed[k] - first;
        if (!add_addresses(instructions[i], k % kSlots)) {
            count_ -= count - i; // that one and what follows must wait for the next chunk
            return false;
        }
    }
    return true;
}

bool HeddleStream::add_unusual_run(const Path::Step& step, std::uint32_t count) {
    for (std::uint32_t row = step.row + done_, end = row + count; row < end; ++row) {
        add_plain(row, 1, step.mask);
        if (!Path::has_address(step, *rows_, row) || add_addresses(instructions_[count_ - 1], rows_->slot(row))) continue;
        --count_;
        return false;
    }
    return true;
}

// False if the chunk cannot take the instruction's addresses any more.
inline bool HeddleStream::add_addresses(DynamicInstruction& instruction, std::uint32_t slot) {
    if (list_count_ + kLanes > kListEntries) return false;
    BasePredictor& predictor = slots_[slot];
    addresses_.advance(predictor);
    instruction.address = patterns_count_;
    AddressPattern& pattern = patterns_[patterns_count_++];
    if (predictor.shape & kInlineShape) [[unlikely]] {
        add_inline(predictor.shape & ~kInlineShape, predictor.base, instruction.active_mask, pattern);
        return true;
    }
    const Shape& shape = frame_->shape(predictor.shape);
    new (&pattern) AddressPattern{AddressPattern::Kind::Stride, predictor.base, shape.stride, 0};
    if (!shape.is_list) return true;
    Address* const __restrict out = begin_list(shape, instruction.active_mask, pattern);
    const Address* const __restrict offsets = frame_->offsets(shape);
    const Address base = predictor.base;
    for (unsigned k = 0; k < kLanes; ++k) out[k] = base + offsets[k]; // all lanes, needed or not: a constant number is quickest
    return true;
}

void HeddleStream::add_inline(std::uint32_t offset, Address base, std::uint32_t mask, AddressPattern& pattern) {
    const Shape shape = frame_->inline_shape(offset);
    new (&pattern) AddressPattern{AddressPattern::Kind::Stride, base, shape.stride, 0};
    if (shape.is_list) shape.expand(base, begin_list(shape, mask, pattern));
}

// Makes `pattern` a list and room for its addresses.
inline Address* HeddleStream::begin_list(const Shape& shape, std::uint32_t mask, AddressPattern& pattern) {
    const bool fits = mask == 0xffffffff ? shape.lanes == kLanes : shape.lanes == std::popcount(mask);
    addresses_.expect(fits, "a list of addresses does not fit the active mask");
    if (!*list_) *list_ = std::make_unique<Address[]>(kListEntries);
    pattern.kind = AddressPattern::Kind::List;
    pattern.base = 0;
    pattern.first = static_cast<std::uint32_t>(list_count_);
    list_count_ += shape.lanes;
    return list_->get() + pattern.first;
}

} // namespace

std::vector<std::unique_ptr<WarpStream>> make_streams(std::shared_ptr<FrameSource> source, std::shared_ptr<const Frame> frame,
                                                      std::uint32_t first_frame, std::uint32_t last_frame, std::uint32_t cta,
                                                      std::uint32_t warps, std::uint32_t chunk_instructions) {
    std::array<HeddleStream::Layout, kMaxWarps> layouts;
    HEDDLE_EXPECT(warps <= kMaxWarps, "{} warps", warps);
    std::size_t bytes = sizeof(CtaMemory);
    for (std::uint32_t warp = 0; warp < warps; ++warp) {
        layouts[warp] = HeddleStream::layout(*frame->warp(cta, warp).path, first_frame == last_frame, chunk_instructions);
        bytes += layouts[warp].bytes();
    }
    static_assert(sizeof(CtaMemory) % 8 == 0 && alignof(CtaMemory) <= 8);
    auto* at = static_cast<std::uint8_t*>(::operator new(bytes));
    auto* memory = new (at) CtaMemory;
    at += sizeof(CtaMemory);
    memory->source = std::move(source);
    memory->frame = std::move(frame);
    memory->streams = 1; // this function, until all are made
    std::vector<std::unique_ptr<WarpStream>> streams;
    try {
        streams.reserve(warps);
        for (std::uint32_t warp = 0; warp < warps; at += layouts[warp++].bytes()) {
            auto* stream = new (at) HeddleStream(*memory, layouts[warp], memory->frame->warp(cta, warp), first_frame, last_frame, warp);
            memory->streams.fetch_add(1, std::memory_order_relaxed);
            streams.emplace_back(stream);
        }
    } catch (...) {
        streams.clear();
        HeddleStream::release(memory);
        throw;
    }
    HeddleStream::release(memory);
    return streams;
}

} // namespace heddle::trace
