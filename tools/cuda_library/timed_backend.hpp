// Executes a CUDA program's launches on the GPU model.
//
// What is modelled: launches queue per stream and run concurrently as the model's dispatcher allows; whatever observes
// results drains the model first. Simulated time is that of the GPU alone. What is not: time of copies and of the
// program's own code; waits between streams are honoured by finishing everything before them.
#pragma once

#include "frontend/cuda/backend.hpp"
#include "sim/gpu/gpu.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/run_report.hpp"
#include "tools/heddle/timed_options.hpp"
#include "tools/cuda_library/live_workload.hpp"

#include <map>
#include <vector>

namespace heddle {

class TimedBackend final : public cuda::Backend {
  public:
    TimedBackend(const cuda::Session& session, emulator::Device& device);
    ~TimedBackend() override;

    void launch(const emulator::LaunchRequest& request, const cuda::LaunchOptions& options) override;
    void transfer(cuda::StreamId stream, cuda::Transfer kind, Bytes bytes) override;
    cuda::Ticket record(cuda::StreamId stream) override;
    void wait(cuda::StreamId stream, cuda::Ticket ticket) override;
    void fence() override;
    void synchronize() override;
    std::uint64_t time_ns(cuda::Ticket ticket) override;
    std::uint64_t now_ns() const override;
    void write_results(const std::string& folder, const std::string& prefix) override;

  private:
    void start_model();
    HostMeter meter_;
    cuda::Session session_;
    TimedOptions options_;
    emulator::Device& device_;
    LoadedGpu description_;
    GpuConfig simulated_;        // the same at the clock that a governor tries
    GpuRunOptions run_options_;
    std::unique_ptr<Gpu> gpu_;
    LiveWorkload workload_;
    RunRecord record_;
    bool ended_ = false;
    std::uint64_t launches_ = 0;
    bool unsynchronised_ = false;               // something was queued since the model was drained
    bool dynamic_parallelism_ = false; // seen
    Time now_ = 0;                              // femtoseconds, when last drained
    std::map<std::uint64_t, Time> ends_;        // of launches, by number
    std::map<cuda::StreamId, std::uint64_t> last_; // last launch of a stream
    struct Point {
        std::uint64_t launch; // 0: none
        Time earliest;
    };
    std::vector<Point> points_;                 // by ticket
    std::uint64_t copied_bytes_ = 0;
    std::vector<RunRecord::CopyEvent> copies_;  // for a Perfetto trace
};

} // namespace heddle
