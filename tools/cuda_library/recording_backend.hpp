// Executes a CUDA program's launches and writes them as a Heddle trace.
#pragma once

#include "frontend/cuda/functional_backend.hpp"
#include "frontend/trace/heddle_writer.hpp"

#include <memory>

namespace heddle {

class RecordingBackend final : public cuda::FunctionalBackend {
  public:
    // The trace's path is in Session::options under "trace"; further processes of a program get their process id in the name.
    RecordingBackend(const cuda::Session& session, emulator::Device& device);
    void launch(const emulator::LaunchRequest& request, const cuda::LaunchOptions& options) override;
    void write_results(const std::string& folder, const std::string& prefix) override;

  private:
    emulator::Device& device_;
    std::string path_;
    std::unique_ptr<HeddleTraceWriter> writer_; // made at the first launch
    std::uint64_t launches_ = 0;
};

} // namespace heddle
