// Parameters of one HBM channel: organisation, timings, queues and policies.
//
// All times are ticks of the channel's clock domain. A tick is one CK for HBM2 and HBM2e and half a CK for HBM3 and
// HBM3e, where ACT and PRE may start on half a CK; either way the tick rate is half the data rate, which is also the
// memory clock that the vendor's tools report (1215 MHz for 2.43 Gb/s, 2619 MHz for 5.238 Gb/s, 3201 MHz for 6.402 Gb/s).
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"

#include <string>

namespace heddle {

inline constexpr unsigned kMostPseudoChannels = 4; // of one channel; HBM has 2

// How the channel is built. One pseudo-channel has stack_ids * bank_groups * banks_per_group banks.
struct DramOrganisation {
    unsigned pseudo_channels = 2;
    unsigned stack_ids = 1; // SIDs: groups of dies of a high stack that share the data pins
    unsigned bank_groups = 4;
    unsigned banks_per_group = 4;
    unsigned rows = 32768;
    Bytes row_bytes = 1024;
    unsigned ticks_per_ck = 1; // 1: tick = CK; 2: tick = CK/2 (HBM3)

    unsigned banks() const { return stack_ids * bank_groups * banks_per_group; } // of one pseudo-channel
    unsigned atoms_per_row() const { return static_cast<unsigned>(row_bytes / kSectorBytes); }
    Bytes capacity() const { return Bytes{pseudo_channels} * banks() * rows * row_bytes; }
    void describe(config::Section& s);
};

// JEDEC's parameters in ticks, without the leading t. A command that lasts several ticks counts as given at its last
// tick, so ACT to RD is rcd_read + (activate_length - 1) - (column_length - 1) ticks from start to start.
struct DramTimings {
    Cycles burst = 2;           // BL: data bus occupied by one 32-byte atom
    Cycles activate_length = 2; // ticks of the row bus taken by an ACT
    Cycles column_length = 1;   // ticks of the column bus taken by RD or WR
    Cycles cl = 17, cwl = 7;
    Cycles rcd_read = 12, rcd_write = 6;
    Cycles rp = 14, ras = 28, rc = 42;
    Cycles wr = 14, rtp = 5;
    Cycles ccd_s = 2, ccd_l = 3, ccd_r = 2;
    Cycles rrd_s = 4, rrd_l = 6, faw = 16;
    Cycles wtr_s = 4, wtr_l = 9, rtw = 18;
    Cycles ppd = 0; // PRE to PRE of a pseudo-channel; 0 = no such rule
    Cycles refi = 3900, rfc = 220, rfc_bank = 96, rrefd = 8;
    void describe(config::Section& s);
};

enum class DramScheduling { Fcfs, FrFcfs };
enum class RowPolicy { Open, Closed };
enum class RefreshMode { None, AllBank, PerBank };
enum class BankXor { None, Row, Column };

struct DramConfig {
    DramOrganisation organisation;
    DramTimings timings;

    // The channel-local address from its least significant end, after the 5 bits within an atom: words `col`, `pc`,
    // `bg`, `bank`, `sid`, `row`, the first occurrence of a word optionally with the number of bits it takes there
    // ("col2"); a word without a number takes what is left of its field. `row` comes last and takes the rest.
    std::string mapping = "col2 pc bg col bank sid row";
    // Bits XORed into the bank: none; the row, folded over bank, stack id and bank group; or the column bits over
    // pseudo-channel, stack id, bank group and bank (MOP4CLXOR).
    BankXor bank_xor = BankXor::Row;

    unsigned read_queue = 64;   // 32-byte atoms waiting per pseudo-channel
    unsigned write_queue = 128; // likewise
    bool shared_queues = false; // the two sizes hold for the pseudo-channels together
    DramScheduling scheduling = DramScheduling::FrFcfs;
    Cycles age_cap = 500;           // FrFcfs: younger row hits may keep an older request of the same bank waiting this long
    unsigned write_high = 112;      // atoms; at this many the pseudo-channel turns to writing
    unsigned write_low = 16;        // and back to reading at this many
    unsigned write_max_burst = 192; // atoms written before waiting reads get their turn, even if more writes keep arriving
    unsigned read_min_burst = 128;  // atoms read before a full write queue turns the pins again
    unsigned write_min_burst = 8;   // writes done before a turn taken for want of reads is given up for a new read
    RowPolicy row_policy = RowPolicy::Open;
    unsigned row_column_cap = 0; // RowPolicy::Closed: columns after which a row is closed although hits wait; 0 = none

    RefreshMode refresh = RefreshMode::PerBank;
    unsigned refresh_postpone = 16; // refresh commands a busy pseudo-channel may owe before they take precedence

    Cycles front_latency = 0;    // request seen to first command, beyond what timings demand
    Cycles back_latency = 0;     // last data beat to reply sent
    unsigned reply_buffer = 256; // atoms read or being read and not yet sent, per port

    void describe(config::Section& s);

    // Bytes per tick of all pseudo-channels together, at best.
    double peak_bytes_per_tick() const {
        return static_cast<double>(organisation.pseudo_channels * kSectorBytes) / static_cast<double>(timings.burst);
    }
};

} // namespace heddle
