#include "tools/heddle/timed_options.hpp"

namespace heddle {

std::map<std::string, std::string> TimedOptions::to_map() const {
    return {{"threads", threads}, {"quantum", quantum}, {"host", host},   {"cache", cache},
            {"kernels", kernels}, {"no_skip", no_skip ? "1" : ""}, {"strict", strict ? "1" : ""}, {"description", description},
            {"hot_instructions", hot_instructions}, {"timeline", timeline}, {"timeline_sms", timeline_sms ? "1" : ""}, {"perfetto", perfetto}, {"sm_clock", sm_clock}};
}

TimedOptions TimedOptions::from_map(const std::map<std::string, std::string>& map) {
    TimedOptions o;
    const auto get = [&](const char* key, std::string& value) {
        if (const auto it = map.find(key); it != map.end()) value = it->second;
    };
    std::string no_skip, strict, timeline_sms;
    get("threads", o.threads);
    get("quantum", o.quantum);
    get("host", o.host);
    get("cache", o.cache);
    get("kernels", o.kernels);
    get("no_skip", no_skip);
    get("strict", strict);
    get("description", o.description);
    get("hot_instructions", o.hot_instructions);
    get("timeline", o.timeline);
    get("timeline_sms", timeline_sms);
    get("perfetto", o.perfetto);
    get("sm_clock", o.sm_clock);
    o.timeline_sms = !timeline_sms.empty();
    o.no_skip = !no_skip.empty();
    o.strict = !strict.empty();
    return o;
}

} // namespace heddle
