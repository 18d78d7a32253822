#include "sim/dram/dram_config.hpp"

#include "sim/dram/channel_map.hpp"

#include <bit>
#include <fmt/format.h>

namespace heddle {

using config::Unit;

void DramOrganisation::describe(config::Section& s) {
    s.field("pseudo_channels", pseudo_channels, Unit::Count, {1, kMostPseudoChannels}, "Pseudo-channels of one channel.");
    s.field("stack_ids", stack_ids, Unit::Count, {1, 4}, "Stack ids (SID): groups of dies that share a channel's pins.");
    s.field("bank_groups", bank_groups, Unit::Count, {1, 8}, "Bank groups per pseudo-channel and stack id.");
    s.field("banks_per_group", banks_per_group, Unit::Count, {1, 16}, "Banks per bank group.");
    s.field("rows", rows, Unit::Count, {1, 1 << 24}, "Rows per bank.");
    s.field("row_bytes", row_bytes, Unit::Bytes, {128, 8192}, "Bytes of an open row (page) of one pseudo-channel.");
    s.field("ticks_per_ck", ticks_per_ck, Unit::Count, {1, 2},
            "Ticks of the channel's clock per CK: 1 for HBM2 and HBM2e, 2 for HBM3 and HBM3e, whose PRE and ACT use half-CK times.");
    s.check("banks_per_group", [this] {
        if (!std::has_single_bit(bank_groups) || !std::has_single_bit(banks_per_group))
            return std::string{"bank counts must be powers of two"};
        return banks() > 64 ? fmt::format("{} banks per pseudo-channel, at most 64 are supported", banks()) : std::string{};
    });
    s.check("row_bytes", [this] { return std::has_single_bit(row_bytes) ? std::string{} : std::string{"must be a power of two"}; });
}

void DramTimings::describe(config::Section& s) {
    const auto ticks = [&s](const char* key, Cycles& value, double low, const char* doc) {
        s.field(key, value, Unit::Cycles, {low, 1'000'000}, doc);
    };
    ticks("burst", burst, 1, "BL: ticks of the data pins per 32-byte atom.");
    ticks("activate_length", activate_length, 1, "Ticks of the row bus taken by an ACT.");
    ticks("column_length", column_length, 1, "Ticks of the column bus taken by a RD or WR.");
    ticks("cl", cl, 1, "RD to first data.");
    ticks("cwl", cwl, 1, "WR to first data.");
    ticks("rcd_read", rcd_read, 1, "ACT to RD of the bank.");
    ticks("rcd_write", rcd_write, 1, "ACT to WR of the bank.");
    ticks("rp", rp, 1, "PRE to ACT of the bank.");
    ticks("ras", ras, 1, "ACT to PRE of the bank.");
    ticks("rc", rc, 1, "ACT to ACT of the bank.");
    ticks("wr", wr, 1, "Last data of a write to PRE of the bank.");
    ticks("rtp", rtp, 1, "RD to PRE of the bank.");
    ticks("ccd_s", ccd_s, 1, "Column command to column command, other bank group.");
    ticks("ccd_l", ccd_l, 1, "Column command to column command, same bank group.");
    ticks("ccd_r", ccd_r, 1, "RD to RD, other stack id.");
    ticks("rrd_s", rrd_s, 1, "ACT to ACT, other bank group.");
    ticks("rrd_l", rrd_l, 1, "ACT to ACT, same bank group.");
    ticks("faw", faw, 1, "Window that holds at most four ACTs of a pseudo-channel.");
    ticks("wtr_s", wtr_s, 1, "Last data of a write to RD, other bank group.");
    ticks("wtr_l", wtr_l, 1, "Last data of a write to RD, same bank group.");
    ticks("rtw", rtw, 1, "RD to WR.");
    ticks("ppd", ppd, 0, "PRE to PRE of a pseudo-channel; 0 if there is no such rule.");
    ticks("refi", refi, 16, "Every row's refresh is spread over commands this far apart (REFab); per bank this divided by the banks.");
    ticks("rfc", rfc, 1, "REFab to the next ACT.");
    ticks("rfc_bank", rfc_bank, 1, "REFpb to the next ACT of the bank.");
    ticks("rrefd", rrefd, 1, "REFpb to ACT or REFpb of another bank.");
    s.check("ccd_s", [this] {
        return ccd_s < burst ? fmt::format("{} ticks between column commands cannot be below the burst of {}", ccd_s, burst)
                             : std::string{};
    });
    s.check("refi", [this] { return refi <= rfc ? fmt::format("refresh of {} ticks does not fit {}", rfc, refi) : std::string{}; });
    s.check("rtw", [this] {
        return cwl + rtw < cl + burst
                   ? fmt::format("write data would start {} ticks after RD, while read data ends at {}", cwl + rtw, cl + burst)
                   : std::string{};
    });
}

void DramConfig::describe(config::Section& s) {
    s.section("organisation", organisation, "How one channel is built.");
    s.section("timings", timings, "Timing parameters in ticks of the channel's clock (half the data rate).");
    s.field("mapping", mapping,
            "Order of address fields within the channel from bit 5 upwards: col, pc, bg, bank, sid, row; `col2` takes two bits of col, the "
            "rest is taken by a later `col`.");
    s.choice("bank_xor", bank_xor, {{"none", BankXor::None}, {"row", BankXor::Row}, {"column", BankXor::Column}},
             "Bits XORed into the bank address: none, the row folded over bank, sid and bank group, or column bits over pc, sid, bank "
             "group and bank.");
    s.field("read_queue", read_queue, Unit::Count, {4, 1024}, "Read atoms waiting per pseudo-channel.");
    s.field("write_queue", write_queue, Unit::Count, {8, 1024}, "Write atoms waiting per pseudo-channel.");
    s.field("shared_queues", shared_queues, "read_queue and write_queue hold for the pseudo-channels together instead of each.");
    s.choice("scheduling", scheduling, {{"fcfs", DramScheduling::Fcfs}, {"frfcfs", DramScheduling::FrFcfs}},
             "Order of service: strictly by age, or row hits first.");
    s.field("age_cap", age_cap, Unit::Cycles, {0, 1'000'000},
            "frfcfs: a request older than this is no longer overtaken by younger hits on its bank's open row; older hits always go first.");
    s.field("write_high", write_high, Unit::Count, {1, 1024}, "Waiting write atoms at which writing starts although reads wait.");
    s.field("write_low", write_low, Unit::Count, {0, 1024}, "Waiting write atoms at which such writing ends.");
    s.field("write_max_burst", write_max_burst, Unit::Count, {1, 1'000'000},
            "Write atoms done in a turn before waiting reads go again, even if new writes keep the queue above write_low.");
    s.field("read_min_burst", read_min_burst, Unit::Count, {0, 1'000'000},
            "Read atoms done in a turn before a write queue at write_high may end it.");
    s.field("write_min_burst", write_min_burst, Unit::Count, {0, 1024},
            "Write atoms done before writing that began for want of reads is given up for a new read.");
    s.choice("row_policy", row_policy, {{"open", RowPolicy::Open}, {"closed", RowPolicy::Closed}},
             "open: a row stays open until another is wanted; closed: the last waiting hit closes it (auto-precharge).");
    s.field("row_column_cap", row_column_cap, Unit::Count, {0, 1 << 20},
            "row_policy closed: columns after which a row is closed although hits wait; 0 for none.");
    s.choice("refresh", refresh, {{"none", RefreshMode::None}, {"all_bank", RefreshMode::AllBank}, {"per_bank", RefreshMode::PerBank}},
             "How banks are refreshed.");
    s.field("refresh_postpone", refresh_postpone, Unit::Count, {0, 512},
            "Refresh commands that a busy pseudo-channel may owe before they take precedence (REFpb or REFab, each counts one).");
    s.field("front_latency", front_latency, Unit::Cycles, {0, 10'000}, "Controller pipeline before the queues.");
    s.field("back_latency", back_latency, Unit::Cycles, {0, 10'000}, "Last data beat to reply.");
    s.field("reply_buffer", reply_buffer, Unit::Count, {4, 65'536}, "Read atoms per port that may be queued, in flight or unsent.");
    s.check("mapping", [this] { return ChannelMap::mapping_error(*this); });
    s.check("write_high", [this] {
        if (write_high + kSectorsPerLine > write_queue)
            return fmt::format("must leave room for a line in the write queue of {} atoms", write_queue);
        return write_low >= write_high ? fmt::format("must be above write_low ({})", write_low) : std::string{};
    });
}

} // namespace heddle
