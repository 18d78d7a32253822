// Runs a recipe on the emulated GPU: at once, or as a workload of the timing model.
#pragma once

#include "frontend/emulator/device.hpp"
#include "frontend/recipe/recipe.hpp"
#include "sim/isa/kernel_launch.hpp"

#include <memory>
#include <string>
#include <vector>

namespace heddle::recipe {

class RecipeWorkload final : public Workload {
  public:
    // Loads the code that fits `properties.architecture`, and fills the buffers. Errors: UserError.
    RecipeWorkload(Recipe recipe, emulator::DeviceProperties properties);

    // Executes everything without timing. Throws DeviceFault.
    void execute();
    // Buffers whose content is not what the recipe expects, one sentence each. Call after everything ran.
    std::vector<std::string> wrong() const;
    std::size_t checked() const; // buffers with an expectation
    emulator::Device& device() { return *device_; }
    const Recipe& recipe() const { return recipe_; }
    // Digest of a buffer as it is now: for writing expectations.
    std::uint64_t buffer_digest(std::size_t buffer) const;

    std::string description() const override { return recipe_.path.string(); }
    std::string digest() const override;
    std::optional<Command> next_command() override;
    std::uint64_t launches() const override { return recipe_.launches.size(); }
    FrontendNotes notes() const override;

  private:
    void place_captured();
    Address place(std::size_t buffer);
    std::string compare(std::size_t buffer) const;
    void load_code();
    emulator::LaunchRequest request(const Launch& launch) const;
    const emulator::Function& function(const Launch& launch) const;
    Recipe recipe_;
    std::unique_ptr<emulator::Device> device_;
    std::unique_ptr<emulator::Module> module_;
    std::vector<Address> addresses_; // of buffers
    std::uint64_t digest_ = 0;
    std::size_t next_buffer_ = 0, next_launch_ = 0;
};

} // namespace heddle::recipe
