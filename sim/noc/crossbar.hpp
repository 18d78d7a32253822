// One direction of the crossbar between a GPC and the L2 slices.
//
// Hardware: each GPC's SMs reach all L2 slices through a hierarchical crossbar (TPC, CPC, GPC), with separate networks
// for requests and replies; measured, a GPC carries about 85 % of what its SMs together could ask for.
//
// Modelled, each cycle: messages that have arrived enter a small buffer of their input; every output that is not
// still busy and has credit picks, round robin over the inputs, one that holds a message for it and whose port is
// free. A message of b bytes (header and data) keeps its input port, its output port and the GPC's total busy for
// b / width cycles, fractions carried over, so ports reach their width exactly and never exceed it; at most one message
// starts per port and cycle. Messages of one input to one output keep their order; others may pass a blocked one
// within the lookahead. The message is handed on when its first flit is, as with wormhole switching: the latencies
// are those of the links around the crossbar.
// Not modelled: TPC and CPC stages below the GPC total, and flit boundaries.
// Sources: MICRO'24 "Uncovering Real GPU NoC Characteristics" (structure, 85 %).
#pragma once

#include "sim/kernel/component.hpp"
#include "sim/mem/address_map.hpp"
#include "sim/mem/bandwidth.hpp"
#include "sim/mem/bit_set.hpp"
#include "sim/mem/input_heads.hpp"
#include "sim/mem/message.hpp"
#include "sim/noc/noc_config.hpp"
#include "sim/stats/stat.hpp"

#include <vector>

namespace heddle {

struct CrossbarStats : StatGroup {
    Stat messages[4] = {{this, "read_messages", "messages", "Messages of reads passed on."},
                        {this, "write_messages", "messages", "Messages of writes passed on."},
                        {this, "atomic_messages", "messages", "Messages of atomics passed on."},
                        {this, "reduction_messages", "messages", "Messages of reductions passed on."}};
    Stat bytes[4] = {{this, "read_bytes", "bytes", "Bytes of read messages passed on, headers included."},
                     {this, "write_bytes", "bytes", "Bytes of write messages passed on, headers included."},
                     {this, "atomic_bytes", "bytes", "Bytes of atomic messages passed on, headers included."},
                     {this, "reduction_bytes", "bytes", "Bytes of reduction messages passed on, headers included."}};
    Stat blocked_by_credit{this, "blocked_by_credit", "output-cycles", "Cycles in which an output had a message but no room downstream."};
    Stat blocked_by_output{this, "blocked_by_output", "output-cycles",
                           "Cycles in which an output with a message was still sending the one before."};
    Stat blocked_by_gpc{this, "blocked_by_gpc", "output-cycles",
                        "Cycles in which an output with a message waited for the GPC's total bandwidth."};
    Stat blocked_by_input{this, "blocked_by_input", "output-cycles", "Cycles in which all inputs with a message for an output were busy."};
};

// How many machine words hold a set of inputs or outputs: 64 SMs of a GPC, kMaxSlices slices.
template <class Message> struct CrossbarWords;
template <> struct CrossbarWords<MemoryRequest> { static constexpr std::size_t kIn = 1, kOut = kMaxSlices / 64; };
template <> struct CrossbarWords<MemoryReply> { static constexpr std::size_t kIn = kMaxSlices / 64, kOut = 1; };

// `Message` is MemoryRequest (routed by its slice) or MemoryReply (routed by its SM).
template <class Message> class Crossbar final : public ComponentOf<Crossbar<Message>> {
  public:
    static constexpr std::uint16_t kNoRoute = 0xffff;

    struct Ports {
        std::vector<Rx<Message>> in;
        std::vector<Tx<Message>> out;
    };

    // `route[destination]` is the output that leads to a slice (requests) or SM (replies); kNoRoute where none does.
    Crossbar(std::string path, const ClockDomain& clock, const CrossbarConfig& config, Ports ports, std::vector<std::uint16_t> route);

    void begin_window() { heads_.begin_window(); }
    void tick(Now now) override;
    Cycle next_event(Cycle now) const override;
    void settle(Now now) override { charge_blocked(now.cycle); }
    void explain_wait(WaitReport& report) const override;

    const CrossbarStats& stats() const { return stats_; }
    // Nothing buffered (links may still hold messages).
    bool empty() const { return !active_.any(); }

  private:
    using Inputs = BitSet<CrossbarWords<Message>::kIn>;
    using Outputs = BitSet<CrossbarWords<Message>::kOut>;
    static constexpr unsigned kMaxLookahead = 8;
    // Why an output with a message does not send.
    enum Reason : unsigned { kCredit, kOutput, kGpc, kInput, kReasons };

    // Buffer of an input: `order` holds its slots, oldest in the lowest four bits.
    struct Input {
        std::uint32_t order = 0;
        std::uint8_t count = 0;
        std::uint8_t used = 0; // mask of slots
        std::uint16_t output[kMaxLookahead] = {};
    };

    void accept(Now now);
    void arbitrate(Now now);
    void find_reasons(Now now, const Outputs& sent);
    // Sends the oldest message of `input` for `output`; true if the input has another for it.
    bool pass(Now now, unsigned input, unsigned output);
    void charge_blocked(Cycle now);

    CrossbarConfig config_;
    CrossbarStats stats_;
    std::vector<Tx<Message>> out_;
    std::vector<std::uint16_t> route_;
    InputHeads<Message, CrossbarWords<Message>::kIn> heads_;
    std::vector<Input> inputs_;
    std::vector<Message> slots_; // lookahead per input
    std::vector<Bandwidth> input_channel_;
    std::vector<Bandwidth> output_channel_;
    Bandwidth gpc_channel_;
    std::vector<Inputs> wanted_by_;         // per output: inputs that hold a message for it
    std::vector<std::uint16_t> last_input_; // per output: after whom the round robin goes on
    Outputs active_;                        // outputs some input has a message for
    Inputs full_;                           // inputs without a free slot
    Inputs busy_inputs_;                    // inputs whose port may be busy
    Outputs credit_blocked_;                // active outputs that waited for credit at the last tick
    unsigned first_output_ = 0;             // where the round robin over outputs goes on
    Cycle wake_ = kNever;                   // first cycle at which a channel a message waits for is free
    Cycle charged_to_ = 0;                  // blocked cycles before this one are charged
    bool blocked_any_ = false;
    std::uint32_t blocked_[kReasons] = {};        // outputs blocked from charged_to_ on
    std::uint32_t unblocked_once_[kReasons] = {}; // of these, outputs that did send at charged_to_ itself
};

extern template class Crossbar<MemoryRequest>;
extern template class Crossbar<MemoryReply>;

} // namespace heddle
