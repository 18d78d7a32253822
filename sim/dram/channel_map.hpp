// Where in a channel an atom lies.
//
// Hardware: the address mapping of a memory controller, below the choice of the channel.
// Modelled: any order of the fields, each split once at most; banks permuted by row or column bits (XOR); numbers of
//   stack ids that are no power of two (by remainder). Costs no time.
// Not modelled: rows beyond the capacity are rows of their own (traces carry virtual addresses).
// Sources: orders and XOR as in Ramulator 2 (RoBaRaCoCh, MOP4CLXOR) and DRAMSys; NVIDIA's own mapping is not published.
#pragma once

#include "sim/dram/dram_config.hpp"

#include <array>
#include <string>

namespace heddle {

struct DramAddress {
    std::uint8_t pseudo_channel = 0;
    std::uint8_t bank = 0;   // (sid * bank_groups + bank group) * banks_per_group + bank
    std::uint8_t column = 0; // atom within the row
    std::uint32_t row = 0;
    friend bool operator==(const DramAddress&, const DramAddress&) = default;
};

class ChannelMap {
  public:
    // Requires: mapping_error(config) is empty.
    explicit ChannelMap(const DramConfig& config);
    // What is wrong with config.mapping; empty if nothing.
    static std::string mapping_error(const DramConfig& config);

    // `local` is a byte address within the channel.
    DramAddress locate(Address local) const;
    // All atoms of a 128-byte line lie in one row of one bank.
    bool line_in_one_row() const { return line_in_one_row_; }

  private:
    enum Field : std::uint8_t { Column, PseudoChannel, StackId, BankGroup, Bank, Row, kFields };
    struct Piece {
        Field field;
        bool power_of_two;
        std::uint8_t shift; // of the piece within its field, bits
        std::uint8_t bits;
        std::uint32_t mask;  // of `bits` bits
        std::uint32_t radix; // of a field that is no power of two
    };
    static std::string parse(const DramConfig& config, std::array<Piece, 12>& pieces, unsigned& count);

    std::array<Piece, 12> pieces_{};
    unsigned count_ = 0;
    BankXor bank_xor_;
    unsigned stack_ids_, bank_groups_, banks_per_group_;
    std::array<std::uint8_t, kFields> xor_bits_{}; // width of each field that XOR may change; 0 = untouched
    bool line_in_one_row_;
    unsigned stack_bits_; // enough for a stack id
    unsigned fold_bits_;  // of stack id, bank group and bank
};

} // namespace heddle
