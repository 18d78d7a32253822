#include "sim/dram/channel_map.hpp"

#include "sim/base/error.hpp"

#include <bit>
#include <fmt/format.h>
#include <sstream>

namespace heddle {

namespace {
constexpr unsigned kAtomShift = 5;
constexpr unsigned kRowBits = 32; // rows beyond the capacity are told apart up to this
static_assert(Bytes{1} << kAtomShift == kSectorBytes);
} // namespace

std::string ChannelMap::parse(const DramConfig& config, std::array<Piece, 12>& pieces, unsigned& count) {
    const DramOrganisation& o = config.organisation;
    const std::array<std::uint32_t, kFields> sizes{o.atoms_per_row(), o.pseudo_channels, o.stack_ids, o.bank_groups, o.banks_per_group, 0};
    static constexpr std::array<const char*, kFields> words{"col", "pc", "sid", "bg", "bank", "row"};
    std::array<unsigned, kFields> taken{}; // bits
    std::array<bool, kFields> complete{};
    std::istringstream in(config.mapping);
    count = 0;
    for (std::string word; in >> word;) {
        const std::size_t digits = word.find_first_of("0123456789");
        const std::string stem = word.substr(0, digits);
        unsigned field = 0;
        while (field < kFields && stem != words[field]) ++field;
        if (field == kFields) return fmt::format("`{}` is none of col, pc, bg, bank, sid, row", word);
        if (complete[Row]) return fmt::format("`{}` after `row`, which takes all that is left", word);
        if (complete[field]) return fmt::format("`{}` is already complete", stem);
        if (count == pieces.size()) return "too many pieces";
        Piece& piece = pieces[count++];
        piece = {static_cast<Field>(field), true, static_cast<std::uint8_t>(taken[field]), 0, 0, 0};
        const bool power_of_two = std::has_single_bit(sizes[field]);
        if (digits != std::string::npos) {
            if (field == Row || !power_of_two) return fmt::format("`{}` cannot be split", stem);
            if (word.size() - digits > 2 || word.find_first_not_of("0123456789", digits) != std::string::npos)
                return fmt::format("`{}`: the word must end in a number of bits", word);
            piece.bits = static_cast<std::uint8_t>(std::stoul(word.substr(digits)));
        } else if (field == Row) {
            piece.bits = kRowBits;
        } else if (power_of_two) {
            piece.bits = static_cast<std::uint8_t>(std::countr_zero(sizes[field]) - static_cast<int>(taken[field]));
        } else {
            piece.power_of_two = false;
            piece.radix = sizes[field];
        }
        piece.mask = field == Row ? ~std::uint32_t{0} : (1U << piece.bits) - 1;
        taken[field] += piece.bits;
        if (field != Row && power_of_two && (std::uint64_t{1} << taken[field]) > sizes[field])
            return fmt::format("`{}` takes more than the field has", word);
        complete[field] = field == Row || !power_of_two || (std::uint64_t{1} << taken[field]) == sizes[field];
    }
    for (unsigned field = 0; field < kFields; ++field)
        if (!complete[field] && sizes[field] != 1) return fmt::format("`{}` is missing or incomplete", words[field]);
    return {};
}

std::string ChannelMap::mapping_error(const DramConfig& config) {
    std::array<Piece, 12> pieces{};
    unsigned count = 0;
    if (std::string error = parse(config, pieces, count); !error.empty()) return error;
    if (config.bank_xor == BankXor::Column && !std::has_single_bit(config.organisation.stack_ids))
        return "bank_xor column needs a number of stack ids that is a power of two";
    return {};
}

ChannelMap::ChannelMap(const DramConfig& config)
    : bank_xor_(config.bank_xor), stack_ids_(config.organisation.stack_ids), bank_groups_(config.organisation.bank_groups),
      banks_per_group_(config.organisation.banks_per_group) {
    const std::string error = mapping_error(config);
    HEDDLE_EXPECT(error.empty(), "mapping `{}`: {}", config.mapping, error);
    parse(config, pieces_, count_);
    const DramOrganisation& o = config.organisation;
    const auto bits = [](std::uint32_t n) { return static_cast<std::uint8_t>(std::countr_zero(n)); };
    if (bank_xor_ != BankXor::None) {
        xor_bits_[BankGroup] = bits(o.bank_groups);
        xor_bits_[Bank] = bits(o.banks_per_group);
    }
    if (bank_xor_ == BankXor::Column) {
        xor_bits_[PseudoChannel] = bits(o.pseudo_channels);
        xor_bits_[StackId] = bits(o.stack_ids);
    }
    stack_bits_ = static_cast<unsigned>(std::bit_width(o.stack_ids - 1));
    fold_bits_ = stack_bits_ + bits(o.bank_groups) + bits(o.banks_per_group);
    line_in_one_row_ = bank_xor_ != BankXor::Column && pieces_[0].field == Column && pieces_[0].bits >= 2;
}

DramAddress ChannelMap::locate(Address local) const {
    std::array<std::uint32_t, kFields> field{};
    Address rest = local >> kAtomShift;
    for (unsigned i = 0; i < count_; ++i) {
        const Piece& piece = pieces_[i];
        if (piece.power_of_two) [[likely]] {
            field[piece.field] |= (static_cast<std::uint32_t>(rest) & piece.mask) << piece.shift;
            rest >>= piece.bits;
        } else {
            field[piece.field] = static_cast<std::uint32_t>(rest % piece.radix);
            rest /= piece.radix;
        }
    }
    if (bank_xor_ == BankXor::Row && fold_bits_ != 0) {
        // All row bits, so that arrays at any power-of-two distance meet in different banks. Bank before stack id before bank
        // group: a stream is in all bank groups at once, so another bank group alone would not keep two streams apart.
        std::uint32_t fold = 0;
        for (std::uint32_t row = field[Row]; row != 0; row >>= fold_bits_) fold ^= row;
        field[Bank] ^= fold & (banks_per_group_ - 1);
        fold >>= xor_bits_[Bank];
        if (stack_ids_ != 1) {
            field[StackId] = (field[StackId] + (fold & ((1U << stack_bits_) - 1))) % stack_ids_;
            fold >>= stack_bits_;
        }
        field[BankGroup] ^= fold & (bank_groups_ - 1);
    } else if (bank_xor_ == BankXor::Column) {
        std::uint32_t source = field[Column];
        for (const Field target : {PseudoChannel, StackId, BankGroup, Bank}) {
            field[target] ^= source & ((1U << xor_bits_[target]) - 1);
            source >>= xor_bits_[target];
        }
    }
    DramAddress where;
    where.pseudo_channel = static_cast<std::uint8_t>(field[PseudoChannel]);
    where.bank = static_cast<std::uint8_t>((field[StackId] * bank_groups_ + field[BankGroup]) * banks_per_group_ + field[Bank]);
    where.column = static_cast<std::uint8_t>(field[Column]);
    where.row = field[Row];
    return where;
}

} // namespace heddle
