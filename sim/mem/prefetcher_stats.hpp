// Statistics of a prefetcher and of what became of what it fetched.
#pragma once

#include "sim/stats/stat.hpp"

namespace heddle {

// guesses = requests + the dropped ones; sectors = timely + late + unused + what is still in the cache or on its way.
struct PrefetcherStats : StatGroup {
    Stat guesses{this, "guesses", "lines", "Lines the prefetcher wanted to fetch."};
    Stat requests{this, "requests", "lines", "Of these, lines of which sectors were asked of the level below."};
    Stat dropped_queue{this, "dropped_queue", "lines", "Guesses dropped because too many waited for the tags."};
    Stat dropped_page{this, "dropped_page", "lines", "Guesses dropped because they lay in another page."};
    Stat dropped_present{this, "dropped_present", "lines", "Guesses dropped because all their sectors were here or on their way."};
    Stat dropped_mshr{this, "dropped_mshr", "lines", "Guesses dropped for want of an MSHR entry beyond the reserve."};
    Stat dropped_below{this, "dropped_below", "lines", "Guesses dropped for want of room, beyond the reserve, towards the level below."};
    Stat dropped_line{this, "dropped_line", "lines", "Guesses dropped because no line of the set could give way at once."};
    Stat sectors{this, "sectors", "sectors", "Sectors asked of the level below."};
    Stat timely_sectors{this, "timely_sectors", "sectors", "Of these, first used by a demand access after they had come."};
    Stat late_sectors{this, "late_sectors", "sectors", "Of these, demanded while they were on their way."};
    Stat unused_sectors{this, "unused_sectors", "sectors", "Of these, replaced, overwritten or dropped before any use."};
    Stat missed_sectors{this, "missed_sectors", "sectors", "Demanded sectors that were neither here nor on their way."};
};

} // namespace heddle
