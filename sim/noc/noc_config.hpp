// Parameters of the on-chip network between SMs and L2 slices.
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"

namespace heddle {

// One direction of one GPC's crossbar.
struct CrossbarConfig {
    Bytes input_bytes_per_cycle = 64;
    Bytes output_bytes_per_cycle = 64;
    Bytes gpc_bytes_per_cycle = 1024;
    Bytes header_bytes = 8;
    unsigned lookahead = 4;

    void describe(config::Section& s) {
        s.field("input_bytes_per_cycle", input_bytes_per_cycle, config::Unit::BytesPerCycle, {1, 4096},
                "Width of each input port (an SM's for requests, a slice's for replies), NoC clock.");
        s.field("output_bytes_per_cycle", output_bytes_per_cycle, config::Unit::BytesPerCycle, {1, 4096},
                "Width of each output port (a slice's for requests, an SM's for replies), NoC clock.");
        s.field("gpc_bytes_per_cycle", gpc_bytes_per_cycle, config::Unit::BytesPerCycle, {1, 65536},
                "What the GPC's crossbar carries in total, NoC clock.");
        s.field("header_bytes", header_bytes, config::Unit::Bytes, {0, 64}, "Bytes each message takes beside its data.");
        s.field("lookahead", lookahead, config::Unit::Count, {1, 8},
                "Messages of one input that compete for outputs at once; with 1 a blocked head blocks those behind it.");
    }
};

struct NocConfig {
    CrossbarConfig request{.gpc_bytes_per_cycle = 980};
    CrossbarConfig reply{.gpc_bytes_per_cycle = 980};
    Cycles sm_to_gpc = 12;
    Cycles gpc_to_slice = 32;
    Cycles slice_to_gpc = 32;
    Cycles gpc_to_sm = 12;
    unsigned sm_queue_messages = 32;
    unsigned slice_queue_messages = 16;
    unsigned reply_queue_messages = 16;

    void describe(config::Section& s) {
        s.section("request", request, "From the SMs of a GPC to the L2 slices.");
        s.section("reply", reply, "From the L2 slices to the SMs of a GPC.");
        s.field("sm_to_gpc", sm_to_gpc, config::Unit::Cycles, {1, 1000}, "Latency from an SM to its GPC's crossbar, NoC clock.");
        s.field("gpc_to_slice", gpc_to_slice, config::Unit::Cycles, {1, 1000}, "Latency from a GPC's crossbar to a slice, NoC clock.");
        s.field("slice_to_gpc", slice_to_gpc, config::Unit::Cycles, {1, 1000}, "Latency from a slice to a GPC's crossbar, NoC clock.");
        s.field("gpc_to_sm", gpc_to_sm, config::Unit::Cycles, {1, 1000}, "Latency from a GPC's crossbar to an SM, NoC clock.");
        s.field("sm_queue_messages", sm_queue_messages, config::Unit::Count, {1, 4096},
                "Messages on their way or waiting between an SM and its GPC's crossbar, each direction.");
        s.field("slice_queue_messages", slice_queue_messages, config::Unit::Count, {1, 4096},
                "Requests waiting at a slice per GPC, beyond those in flight.");
        s.field("reply_queue_messages", reply_queue_messages, config::Unit::Count, {1, 4096},
                "Replies waiting at a GPC's crossbar per slice, beyond those in flight.");
    }
};

} // namespace heddle
