// Which backend the library inside a program uses.
#include "frontend/cuda/backend.hpp"
#include "frontend/cuda/functional_backend.hpp"
#include "tools/cuda_library/recording_backend.hpp"
#include "tools/cuda_library/timed_backend.hpp"

namespace heddle::cuda {

std::unique_ptr<Backend> make_backend(const Session& session, emulator::Device& device) {
    switch (session.mode) {
    case Mode::Timed: return std::make_unique<TimedBackend>(session, device);
    case Mode::Record: return std::make_unique<RecordingBackend>(session, device);
    case Mode::Functional: break;
    }
    return std::make_unique<FunctionalBackend>(device);
}

} // namespace heddle::cuda
