// What `heddle trace info` says about a trace: kernels, sizes, instruction counts, opcode mix.
#pragma once

#include <string>

namespace heddle {

// A Heddle trace answers from its index; with `verify` everything is decoded and compared with the index. A text trace
// is read through. Errors: UserError.
std::string trace_facts_text(const std::string& path, bool verify);
std::string trace_facts_json(const std::string& path, bool verify);

} // namespace heddle
