// The addresses of instruction lines: compressed forms, generic windows, bulk copies.
#include "frontend/trace/accelsim_cursor.hpp"

#include <bit>
#include <boost/container/static_vector.hpp>

namespace heddle {

void InstructionReader::read_addresses(Cursor& cursor, std::uint32_t mask, Row& row, WarpRecord& warp, DynamicInstruction& instruction) {
    const unsigned active = static_cast<unsigned>(std::popcount(mask));
    const auto missing = [&](unsigned found) {
        cursor.fail(fmt::format("addresses are missing: {} lanes are active, {} found", active, found));
    };
    AddressPattern pattern;
    std::array<Address, kLanes> addresses; // of the active lanes, in order
    bool listed = true;
    if (header_.version < 3 && cursor.sees_address()) {
        // Without mode: one address per active lane, or one per lane.
        boost::container::static_vector<Address, kLanes> all;
        while (cursor.sees_address() && all.size() < kLanes) all.push_back(cursor.address("an address"));
        if (all.size() == kLanes) {
            unsigned k = 0;
            for (unsigned lane = 0; lane < kLanes; ++lane)
                if (mask >> lane & 1) addresses[k++] = all[lane];
        } else if (all.size() == active) {
            std::copy(all.begin(), all.end(), addresses.begin());
        } else {
            missing(static_cast<unsigned>(all.size()));
        }
    } else {
        if (cursor.at_end() && active != 0) missing(0);
        const std::int64_t mode = cursor.at_end() ? 0 : cursor.decimal("an address mode");
        if (mode == 0) {
            for (unsigned k = 0; k < active; ++k) {
                if (!cursor.sees_address()) missing(k);
                addresses[k] = cursor.address("an address");
            }
            while (active == 0 && cursor.sees_address()) cursor.address("an address");
        } else if (mode == 1 || mode == 2) {
            if (!cursor.sees_address()) missing(0);
            addresses[0] = cursor.address("a base address");
            if (mode == 1) {
                if (cursor.at_end()) cursor.fail("the stride is missing");
                pattern.stride = cursor.decimal("a stride");
                listed = false;
                if (active != 0) {
                    // The base is the address of the first active lane; a pattern counts from lane 0.
                    const auto first = static_cast<std::int64_t>(std::countr_zero(mask));
                    pattern.base = addresses[0] - static_cast<Address>(pattern.stride) * static_cast<Address>(first);
                    const std::uint32_t run = mask >> first;
                    if ((run & (run + 1)) != 0) anomaly("base and stride for lanes with gaps", cursor.place);
                }
            } else {
                for (unsigned k = 1; k < active; ++k) {
                    if (cursor.at_end()) missing(k);
                    addresses[k] = addresses[k - 1] + static_cast<Address>(cursor.decimal("an address difference"));
                }
            }
        } else {
            cursor.fail(fmt::format("address mode {} is not known", mode), "0, 1 and 2 are");
        }
    }
    read_tail(cursor, true);
    if (active == 0) return;
    if (listed) {
        // Evenly spaced lanes need no list.
        const unsigned first = static_cast<unsigned>(std::countr_zero(mask));
        bool even = true;
        if (active > 1) {
            const std::uint32_t later = mask & (mask - 1);
            const auto distance = static_cast<std::int64_t>(std::countr_zero(later)) - first;
            const auto step = static_cast<std::int64_t>(addresses[1] - addresses[0]);
            pattern.stride = step / distance;
            even = pattern.stride * distance == step;
            unsigned k = 1;
            for (std::uint32_t rest = later; even && rest != 0; rest &= rest - 1, ++k) {
                const auto lane = static_cast<Address>(std::countr_zero(rest)) - first;
                even = addresses[k] - addresses[0] == static_cast<Address>(pattern.stride) * lane;
            }
        }
        if (even) {
            pattern.base = addresses[0] - static_cast<Address>(pattern.stride) * first;
        } else {
            pattern = {AddressPattern::Kind::List, 0, 0, static_cast<std::uint32_t>(warp.list.size())};
            warp.list.insert(warp.list.end(), addresses.begin(), addresses.begin() + active);
        }
    }
    instruction.address = static_cast<std::uint32_t>(warp.patterns.size());
    warp.patterns.push_back(pattern);
    if (row.code->space != Space::Global || row.spaces[0]) place_in_space(cursor, mask, row, warp, instruction);
}

// Which space a generic access means, and window addresses turned into offsets.
void InstructionReader::place_in_space(Cursor& cursor, std::uint32_t mask, Row& row, WarpRecord& warp, DynamicInstruction& instruction) {
    AddressPattern& pattern = warp.patterns.back();
    const bool stride = pattern.kind == AddressPattern::Kind::Stride;
    const auto first = static_cast<Address>(std::countr_zero(mask)), last = static_cast<Address>(31 - std::countl_zero(mask));
    const Address lowest = stride ? pattern.base + static_cast<Address>(pattern.stride) * first : warp.list[pattern.first];
    Space space = row.code->space;
    if (row.spaces[0]) {
        space = space_of(lowest);
        bool same = true;
        if (stride) same = space_of(pattern.base + static_cast<Address>(pattern.stride) * last) == space;
        for (std::size_t i = pattern.first; !stride && i < warp.list.size(); ++i) same &= space_of(warp.list[i]) == space;
        if (!same) anomaly("generic access with lanes in different windows (taken as that of the first lane)", cursor.place);
        instruction.code = in_space(row, space);
    }
    if (space != Space::Shared && space != Space::Local && space != Space::DistributedShared) return;
    if (stride) {
        const Address offset = to_offset(lowest, space, cursor);
        pattern.base = offset - static_cast<Address>(pattern.stride) * first;
    } else {
        for (std::size_t i = pattern.first; i < warp.list.size(); ++i) warp.list[i] = to_offset(warp.list[i], space, cursor);
    }
}

Space InstructionReader::space_of(Address address) const {
    if (address - header_.shared_base < shared_size_)
        return (address - header_.shared_base) / kSharedWindow == cluster_rank_ ? Space::Shared : Space::DistributedShared;
    return address - header_.local_base < local_size_ ? Space::Local : Space::Global;
}

Address InstructionReader::to_offset(Address address, Space space, Cursor& cursor) {
    if (space == Space::Local) return address - header_.local_base < local_size_ ? address - header_.local_base : address;
    if (address - header_.shared_base < shared_size_) address -= header_.shared_base;
    if (space == Space::DistributedShared || address < kSharedWindow) return address;
    // From sm_90 on the rank in the cluster stands above the offset.
    if (header_.launch.architecture < 90 || address >= 16 * kSharedWindow)
        anomaly("shared address outside the shared window (low 24 bits used)", cursor.place);
    return address % kSharedWindow;
}

const StaticInstruction* InstructionReader::in_space(Row& row, Space space) {
    const unsigned which = space == Space::Global ? 0 : space == Space::Shared ? 1 : space == Space::Local ? 2 : 3;
    if (!row.spaces[which]) {
        StaticInstruction code = *row.spaces[0];
        code.index = static_cast<std::uint32_t>(code_.instructions.size());
        code.space = space;
        if (space != Space::Global) code.bypass_l1 = false;
        code_.instructions.push_back(std::move(code));
        row.spaces[which] = &code_.instructions.back();
    }
    return row.spaces[which];
}

// Version 6 only: barrier address, multicast mask and byte counts (in newer traces), then mode 3 (count addresses...)
// or 4 (base count differences...). The contract has one pattern per instruction, so only the first address is kept.
void InstructionReader::read_bulk(Cursor& cursor, std::uint32_t mask, WarpRecord& warp, DynamicInstruction& instruction) {
    Cursor ahead = cursor;
    if (const std::string_view first = ahead.token(); first != "3" && first != "4") {
        if (cursor.sees_address()) cursor.address("the address of an mbarrier");
        else cursor.hexadecimal("the address of an mbarrier", 16);
        if (cursor.decimal("0 or 1 for multicast") != 0) cursor.decimal("a multicast mask");
        cursor.decimal("a number of bytes");
        cursor.decimal("a number of bytes out of bounds");
    }
    const std::int64_t mode = cursor.decimal("an address mode");
    Address base = 0;
    std::int64_t count = 0;
    if (mode == 3) {
        count = cursor.decimal("a number of addresses");
        for (std::int64_t i = 0; i < count; ++i) {
            if (!cursor.sees_address()) cursor.fail(fmt::format("addresses are missing: {} announced, {} found", count, i));
            const Address address = cursor.address("an address");
            if (i == 0) base = address;
        }
    } else if (mode == 4) {
        if (!cursor.sees_address()) cursor.fail("the base address is missing");
        base = cursor.address("a base address");
        count = cursor.decimal("a number of addresses");
        for (std::int64_t i = 1; i < count; ++i) {
            if (cursor.at_end()) cursor.fail(fmt::format("addresses are missing: {} announced, {} found", count, i));
            cursor.decimal("an address difference");
        }
    } else {
        cursor.fail(fmt::format("address mode {} is not known for {}", mode, instruction.code->text), "3 and 4 are");
    }
    read_tail(cursor, false);
    if (mask == 0 || count <= 0) return;
    ++findings_.unmodelled["addresses of a bulk copy after the first"];
    instruction.address = static_cast<std::uint32_t>(warp.patterns.size());
    warp.patterns.push_back({AddressPattern::Kind::Stride, base, 0, 0});
}

// What follows the addresses: immediates by version, register values in version 6.
void InstructionReader::read_tail(Cursor& cursor, bool immediate_required) {
    if (header_.version >= 5) {
        bool seen = false;
        for (unsigned i = 0; i < (header_.version >= 6 ? 2U : 1U); ++i) {
            if (cursor.at_end() || *cursor.at == 'V' || *cursor.at == 'N') break;
            cursor.decimal("an immediate");
            seen = true;
        }
        if (immediate_required && !seen) cursor.fail("the immediate at the end is missing", "are addresses missing?");
        if (header_.version >= 6) {
            const std::string_view mark = cursor.token();
            if (mark == "Val") cursor.at = cursor.end; // register values: not needed
            else if (!mark.empty() && mark != "NoVal") cursor.fail(fmt::format("\"{}\" instead of Val or NoVal", mark.substr(0, 40)));
        }
    }
    if (!cursor.at_end()) cursor.fail("unexpected text behind the instruction", "does the tracer version of the header fit the lines?");
}

} // namespace heddle
