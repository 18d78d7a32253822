#include "tools/cuda_library/recording_backend.hpp"

#include "frontend/emulator/emulated_kernel.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace heddle {

RecordingBackend::RecordingBackend(const cuda::Session& session, emulator::Device& device) : FunctionalBackend(device), device_(device) {
    if (const auto it = session.options.find("trace"); it != session.options.end()) path_ = it->second;
}

void RecordingBackend::launch(const emulator::LaunchRequest& request, const cuda::LaunchOptions& options) {
    if (!writer_) {
        // The first process that launches something takes the name.
        const int taken = open((path_ + ".owner").c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (taken < 0) path_ += "." + std::to_string(getpid());
        else close(taken);
        writer_ = std::make_unique<HeddleTraceWriter>(path_);
    }
    ++device_.launches;
    const std::uint64_t before = device_.warp_instructions;
    emulator::EmulatedKernel kernel(std::make_unique<emulator::Grid>(device_, request), ++launches_, request.function->name);
    writer_->begin_kernel(kernel.launch(), kernel.code());
    while (auto cta = kernel.next_cta()) writer_->add_cta(*cta);
    writer_->end_kernel();
    executed(request.stream, device_.warp_instructions - before);
    static_cast<void>(options);
}

void RecordingBackend::write_results(const std::string& folder, const std::string& prefix) {
    FunctionalBackend::write_results(folder, prefix);
    if (!writer_) return;
    FrontendNotes notes;
    notes.assumptions.push_back("recorded by executing the machine code: what a kernel does does not depend on time");
    writer_->finish(notes);
    writer_.reset();
}

} // namespace heddle
