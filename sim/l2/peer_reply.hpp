// What the two L2 partitions say to each other. Requests (a miss on, or a write to, a line whose home is on the other
// side) travel as MemoryRequest; this is the way back.
#pragma once

#include "sim/mem/message.hpp"

namespace heddle {

struct PeerReply {
    enum class Kind : std::uint8_t {
        Data,       // sectors asked for by a read; transaction is the asker's
        Done,       // a write, atomic or reduction is performed; to be passed on to the SM
        Invalidate, // the copy of the line is out of date
    };
    MemoryReply reply;
    Kind kind = Kind::Data;
    bool install = false; // Data: keep a copy
};

} // namespace heddle
