#include "frontend/cuda/message.hpp"

#include <cstdio>
#include <mutex>
#include <set>

namespace heddle::cuda {

void say(const std::string& message) {
    static auto& mutex = *new std::mutex; // never destroyed: programs call us until the very end
    static auto& said = *new std::set<std::string>;
    const std::lock_guard lock(mutex);
    if (said.insert(message).second) std::fprintf(stderr, "heddle: %s\n", message.c_str());
}

void say(const UserError& error) {
    for (const Diagnostic& finding : error.findings()) say(finding.text());
}

} // namespace heddle::cuda
