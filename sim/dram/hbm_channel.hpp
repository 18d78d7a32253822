// One HBM channel and its controller: a block of the machine between one or two L2 slices and the DRAM's banks.
//
// Hardware: an HBM2/HBM2e channel (2 pseudo-channels of 64 bits) or HBM3/HBM3e channel (2 of 32 bits). The pseudo-channels
//   have banks, data pins and queues of their own and share a row and a column command bus.
// Modelled, tick by tick: each port gives up to one request a tick, whose atoms need room in their pseudo-channel's queue;
//   the ports take turns. A new arrival may be served in its own tick; a request that waited for room joins at the end of the
//   tick that made it. Each bus starts one command a tick at most; the pseudo-channels take turns. A read atom is done
//   cl + burst ticks after its RD, and its reply leaves front + back latency after that (a pipeline of fixed length before
//   the queues shifts everything alike, so both are added at the end). Atoms are answered one by one as they finish; those
//   of a request that are ready in the same tick go in one reply. Writes are not answered: they are done, for whoever needs
//   to know, when their WR is given.
// Not modelled: ECC traffic, power-down, thermal refresh rates, on-die page conflicts between pseudo-channels, order
//   between a waiting read and a later write of the same atom (the L2 slice keeps it).
// Sources: JEDEC timing names; policies as surveyed in Ramulator 2, DRAMSys, gem5 and DRAMsim3.
#pragma once

#include "sim/base/ring.hpp"
#include "sim/dram/channel_map.hpp"
#include "sim/dram/command_scheduler.hpp"
#include "sim/dram/dram_config.hpp"
#include "sim/dram/dram_stats.hpp"
#include "sim/dram/timing_table.hpp"
#include "sim/kernel/component.hpp"
#include "sim/mem/message.hpp"

#include <array>
#include <vector>

namespace heddle {

class HbmChannel : public ComponentOf<HbmChannel> {
  public:
    // Port i takes requests from requests[i] and answers them on replies[i]. DramRequest::line is the address *within the
    // channel* (the slice compacts device addresses so that a channel's lines are dense); replies repeat it.
    struct Ports {
        std::vector<Rx<DramRequest>> requests;
        std::vector<Tx<DramReply>> replies;
    };

    HbmChannel(std::string path, const ClockDomain& clock, const DramConfig& config, Ports ports);

    void tick(Now now);
    Cycle next_event(Cycle now) const;
    void settle(Now now);
    void explain_wait(WaitReport& report) const;

    const DramStats& stats() const { return stats_; }
    // Appends every command from now on to `log` (tests, tools). Requires: `log` outlives the channel.
    void record_commands(std::vector<IssuedCommand>& log);

  private:
    struct PendingReply {
        Cycle due = 0;
        Address line = 0;
        std::uint32_t transaction = 0;
        std::uint8_t sector_mask = 0;
    };
    // A request taken apart: what of it lies where.
    struct Parts {
        std::array<DramJob, kSectorsPerLine> jobs;
        std::array<std::uint8_t, kSectorsPerLine> pseudo_channel; // of each job
        std::array<std::uint8_t, kMostPseudoChannels> atoms{};    // by pseudo-channel
        std::uint8_t all_atoms = 0;                               // their sum
        std::uint8_t count = 0;
        bool write = false;
    };
    struct Port {
        Rx<DramRequest> requests;
        Tx<DramReply> replies;
        Ring<PendingReply> pending;   // in order of `due`
        Cycle reply_due = kNever;     // of the first of them
        unsigned outstanding = 0;     // atoms queued, read or unsent
        Cycle blocked_since = kNever; // the request in `parts` waits for room since
        unsigned lacking = 0;         // while blocked: a pseudo-channel without room, or kReplyBuffer
        bool staged = false;          // `parts` is the request at the head of the link
        Parts parts;
    };
    static constexpr unsigned kReplyBuffer = kMostPseudoChannels;

    bool has_room(const Port& port, unsigned where) const;
    bool fits(Port& port) const;
    bool stage(Port& port, Now now);
    void accept(Now now, bool blocked);
    void enter(Port& port, Now now, Cycle from);
    void take_apart(const DramRequest& request, Port& port) const;
    void issue(Cycle now);
    void reply_at(Port& port, const PendingReply& reply);
    void send_replies(Port& port, Now now);
    Cycle arrival_edge(unsigned port) const;

    DramConfig config_;
    DramStats stats_;
    ChannelMap map_;
    TimingTable timing_;
    std::vector<CommandScheduler> schedulers_; // by pseudo-channel
    std::vector<Port> ports_;
    Cycles read_done_;          // RD to reply
    unsigned first_port_ = 0;   // whose request is looked at first
    unsigned first_column_ = 0; // pseudo-channel that may use the column bus first
    unsigned first_row_ = 0;
    unsigned blocked_ports_ = 0;
    struct EdgeMemo {
        Time time = kNoTime;
        Cycle edge = kNever;
    };
    mutable std::vector<EdgeMemo> edge_memo_; // next_event() asks for the same arrival many times
};

} // namespace heddle
