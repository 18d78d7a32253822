// What one HBM channel counts.
#pragma once

#include "sim/stats/stat.hpp"

namespace heddle {

struct DramStats : StatGroup {
    Stat read_atoms{this, "read_atoms", "atoms", "32-byte atoms read from the banks."};
    Stat write_atoms{this, "write_atoms", "atoms", "32-byte atoms written to the banks."};
    Stat forwarded_atoms{this, "forwarded_atoms", "atoms", "Atoms of reads answered from the write queue."};
    Stat merged_atoms{this, "merged_atoms", "atoms", "Atoms of writes merged into a write that was still waiting."};
    Stat activates{this, "activates", "commands", "Rows opened (ACT)."};
    Stat precharges{this, "precharges", "rows", "Rows closed, by PRE, PREA or automatically."};
    Stat row_hits{this, "row_hits", "atoms", "Atoms whose row was open when their turn came."};
    Stat row_misses{this, "row_misses", "atoms", "Atoms for which a row was opened in a closed bank."};
    Stat row_conflicts{this, "row_conflicts", "atoms", "Atoms for which another row had to be closed first."};
    Stat bank_refreshes{this, "bank_refreshes", "commands", "Refreshes of one bank (REFpb)."};
    Stat all_bank_refreshes{this, "all_bank_refreshes", "commands", "Refreshes of all banks of a pseudo-channel (REFab)."};
    Stat data_bus_busy{this, "data_bus_busy", "cycles", "Ticks with data on the pins, summed over pseudo-channels."};
    Stat write_turns{this, "write_turns", "turns", "Times a pseudo-channel turned from reading to writing."};
    Stat read_latency{this, "read_latency", "cycles", "Sum over read atoms of the ticks from acceptance to the reply being ready."};
    Stat queue_full{this, "queue_full", "cycles",
                    "Ticks during which a request waited at a port for room in the queues, summed over ports."};
};

} // namespace heddle
