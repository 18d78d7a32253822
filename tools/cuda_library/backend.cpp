// Which backend the library inside a program uses.
#include "frontend/cuda/backend.hpp"
#include "frontend/cuda/functional_backend.hpp"
#include "sim/base/error.hpp"

namespace heddle::cuda {

std::unique_ptr<Backend> make_backend(const Session& session, emulator::Device& device) {
    if (session.mode == Mode::Timed) fail_at("session", 0, 0, "running a program with timing is not available", "use --functional");
    return std::make_unique<FunctionalBackend>(device);
}

} // namespace heddle::cuda
