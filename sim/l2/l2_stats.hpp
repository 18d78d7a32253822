// Statistics of an L2 slice, named after Nsight Compute's where it has them.
#pragma once

#include "sim/stats/stat.hpp"

namespace heddle {

struct L2SliceStats : StatGroup {
    // Indexed by MemoryOp. A read or atomic sector hits if it can be read at once. Writes need nothing from below and
    // count as hits. Requests from the other partition are not counted again at the home slice.
    Stat requests[4] = {{this, "lts_t_requests_op_read", "requests", "Read requests of up to four sectors of a line."},
                        {this, "lts_t_requests_op_write", "requests", "Write requests."},
                        {this, "lts_t_requests_op_atom", "requests", "Requests of atomics with a result."},
                        {this, "lts_t_requests_op_red", "requests", "Requests of reductions."}};
    Stat sectors[4] = {{this, "lts_t_sectors_op_read", "sectors", "Sectors of reads."},
                       {this, "lts_t_sectors_op_write", "sectors", "Sectors of writes."},
                       {this, "lts_t_sectors_op_atom", "sectors", "Sectors of atomics with a result."},
                       {this, "lts_t_sectors_op_red", "sectors", "Sectors of reductions."}};
    Stat hits[4] = {{this, "lts_t_sectors_op_read_lookup_hit", "sectors", "Sectors of reads that hit."},
                    {this, "lts_t_sectors_op_write_lookup_hit", "sectors", "Sectors of writes; they always hit."},
                    {this, "lts_t_sectors_op_atom_lookup_hit", "sectors", "Sectors of atomics that hit."},
                    {this, "lts_t_sectors_op_red_lookup_hit", "sectors", "Sectors of reductions that hit."}};
    Stat misses[4] = {{this, "lts_t_sectors_op_read_lookup_miss", "sectors", "Sectors of reads that had to be fetched."},
                      {this, "lts_t_sectors_op_write_lookup_miss", "sectors", "Always zero: writes allocate without a fetch."},
                      {this, "lts_t_sectors_op_atom_lookup_miss", "sectors", "Sectors of atomics that had to be fetched."},
                      {this, "lts_t_sectors_op_red_lookup_miss", "sectors", "Sectors of reductions that had to be fetched."}};
    // The other partition's requests, which hardware counts among the sectors above.
    Stat fabric_sectors[4] = {{this, "lts_t_sectors_srcunit_ltcfabric_op_read", "sectors", "Sectors read by the other partition."},
                              {this, "lts_t_sectors_srcunit_ltcfabric_op_write", "sectors", "Sectors written by the other partition."},
                              {this, "lts_t_sectors_srcunit_ltcfabric_op_atom", "sectors", "Sectors of the other partition's atomics."},
                              {this, "lts_t_sectors_srcunit_ltcfabric_op_red", "sectors", "Sectors of the other partition's reductions."}};
    Stat mshr_merges{this, "mshr_merges", "requests", "Requests that joined a fetch already under way."};
    Stat dram_read_sectors{this, "dram_read_sectors", "sectors", "Sectors asked of DRAM."};
    Stat dram_write_sectors{this, "dram_write_sectors", "sectors", "Sectors written to DRAM."};
    Stat merge_read_sectors{this, "merge_read_sectors", "sectors",
                            "Of dram_read_sectors, those that completed a partly written sector before its write-back."};
    Stat evictions{this, "evictions", "lines", "Lines replaced."};
    Stat dirty_evictions{this, "dirty_evictions", "lines", "Of these, lines with a sector to write back."};
    Stat flushed_sectors{this, "flushed_sectors", "sectors",
                         "Dirty sectors dropped by emptying the cache between kernels, at no simulated cost."};
    Stat data_busy{this, "data_busy", "cycles", "Cycles in which the data arrays were read or written."};
    Stat atomic_busy{this, "atomic_busy", "cycles", "Cycles in which the atomic unit was busy."};

    Stat far_read_sectors{this, "far_read_sectors", "sectors", "Sectors asked of the other partition."};
    Stat far_forwards{this, "far_forwards", "requests", "Writes, atomics and reductions passed on to the other partition."};
    Stat peer_requests{this, "peer_requests", "requests", "Requests taken from the other partition."};
    Stat peer_hit_sectors{this, "peer_hit_sectors", "sectors", "Sectors read for the other partition that hit here."};
    Stat peer_miss_sectors{this, "peer_miss_sectors", "sectors", "Sectors read for the other partition that had to be fetched from DRAM."};
    Stat copies{this, "copies", "lines", "Lines of the other partition of which a copy was installed."};
    Stat copies_dropped{this, "copies_dropped", "lines", "Copies not installed because no line could give way at once."};
    Stat invalidations{this, "invalidations", "lines", "Copies dropped because the home slice said so."};

    // Cycles in which a request waited at the input and none was taken, by what the first one lacked.
    Stat stall_reply{this, "stall_reply_queue", "cycles", "No request taken: no room for the reply."};
    Stat stall_data{this, "stall_data_port", "cycles", "No request taken: backlog of the data arrays."};
    Stat stall_atomic{this, "stall_atomic_unit", "cycles", "No request taken: backlog of the atomic unit."};
    Stat stall_mshr{this, "stall_mshr_full", "cycles", "No request taken: no MSHR entry free."};
    Stat stall_merge{this, "stall_merge_full", "cycles", "No request taken: no more requests can wait for the line."};
    Stat stall_line{this, "stall_no_line", "cycles", "No request taken: all lines of the set are being fetched."};
    Stat stall_dram{this, "stall_dram_queue", "cycles", "No request taken: no room towards DRAM."};
    Stat stall_peer{this, "stall_peer_queue", "cycles", "No request taken: no room towards the other partition."};
};

} // namespace heddle
