#include "tools/heddle/play_command.hpp"

#include "frontend/recipe/recipe.hpp"
#include "sim/base/error.hpp"
#include "tools/common/write_file.hpp"
#include "tools/cuda_device/driver.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <memory>

namespace heddle {

namespace {

namespace fs = std::filesystem;
using cuda_device::DevicePointer;
using cuda_device::Driver;

constexpr std::uint64_t kMostPlayedBytes = 64ULL << 30;

struct PlayChoices {
    std::vector<std::string> recipes;
    unsigned repeat = 1;
};

std::vector<std::byte> whole_file(const fs::path& path, const recipe::Recipe& recipe) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail_at(recipe.path.string(), 0, 0, fmt::format("cannot read {}", path.string()));
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    std::vector<std::byte> bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

// One recipe on the GPU: memory, code, launches, and what was expected of the memory afterwards.
class Player {
  public:
    Player(Driver& driver, recipe::Recipe recipe) : driver_(driver), recipe_(std::move(recipe)) {
        std::uint64_t bytes = 0;
        for (const recipe::Buffer& b : recipe_.buffers) bytes += b.bytes();
        if (bytes > kMostPlayedBytes) fail_at(recipe_.path.string(), 0, 0, fmt::format("the buffers have {} bytes", bytes), "too large");
        load_code();
        for (const recipe::Buffer& b : recipe_.buffers) {
            addresses_[b.name] = place(b);
            driver_.write(addresses_[b.name], recipe::fill(b, recipe_));
        }
    }

    ~Player() {
        for (const DevicePointer address : own_) driver_.free(address);
        if (module_) driver_.unload(module_);
    }
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    void play() {
        fmt::print("recipe {}\n", recipe_.path.string());
        std::fflush(stdout); // a profiler's words stand behind those of the recipe that they are about
        for (std::size_t i = 0; i < recipe_.launches.size(); ++i) {
            const recipe::Launch& launch = recipe_.launches[i];
            const double milliseconds = driver_.launch(prepared(launch));
            fmt::print("  {} {} grid {}x{}x{} block {}x{}x{} {:.3f} us\n", i + 1, launch.kernel, launch.grid.x, launch.grid.y, launch.grid.z, launch.block.x,
                       launch.block.y, launch.block.z, milliseconds * 1e3);
            std::fflush(stdout);
        }
    }

    // What is not as the recipe expects.
    std::vector<Diagnostic> wrong() {
        std::vector<Diagnostic> findings;
        for (const recipe::Buffer& b : recipe_.buffers) {
            if (b.expect.empty() && b.expect_file.empty()) continue;
            const std::vector<std::byte> got = driver_.read(addresses_[b.name], b.bytes());
            std::string fault;
            if (!b.expect_file.empty()) {
                const std::vector<std::byte> wanted = recipe::read_content(b.expect_file, b.bytes(), b, recipe_);
                const auto [at, ignored] = std::mismatch(got.begin(), got.end(), wanted.begin());
                if (at != got.end()) fault = fmt::format("differs from {}, first at byte {}", b.expect_file.filename().string(), at - got.begin());
            } else if (const auto digest = recipe::digest(got.data(), got.size()); std::find(b.expect.begin(), b.expect.end(), digest) == b.expect.end()) {
                fault = fmt::format("has digest {:016x}, expected {:016x}", digest, b.expect.front());
            }
            if (!fault.empty()) findings.push_back({recipe_.path.string(), b.line, 0, fmt::format("buffer {} {}", b.name, fault), "the GPU computed something else"});
        }
        return findings;
    }

  private:
    // The first file that the driver takes; it chooses within a fat binary.
    void load_code() {
        std::vector<Diagnostic> refused;
        for (const fs::path& path : recipe_.code) {
            try {
                module_ = driver_.load(whole_file(path, recipe_), path.filename().string());
                kernels_ = driver_.kernels(module_);
                return;
            } catch (const UserError& error) {
                refused.insert(refused.end(), error.findings().begin(), error.findings().end());
            }
        }
        throw UserError(std::move(refused));
    }

    DevicePointer place(const recipe::Buffer& b) {
        if (!b.variable.empty()) {
            const auto [address, bytes] = driver_.variable(module_, b.variable);
            if (address == 0) fail_at(recipe_.path.string(), b.line, 0, fmt::format("the code has no variable {}", b.variable));
            if (bytes != b.bytes()) fail_at(recipe_.path.string(), b.line, 0, fmt::format("variable {} has {} bytes", b.variable, bytes), fmt::format("the recipe gives it {}", b.bytes()));
            return address;
        }
        if (b.address == 0) {
            own_.push_back(driver_.allocate(b.bytes()));
            return own_.back();
        }
        if (!driver_.allocate_at(b.address, b.bytes()))
            fail_at(recipe_.path.string(), b.line, 0, fmt::format("buffer {}: the {} bytes at address 0x{:x} are not free", b.name, b.bytes(), b.address), "the driver has something there");
        return b.address;
    }

    void* kernel_of(const recipe::Launch& launch) const {
        std::vector<std::string> found;
        for (const std::string& name : kernels_) {
            if (name == launch.kernel) return driver_.kernel(module_, name);
            if (name.find(launch.kernel) != std::string::npos) found.push_back(name);
        }
        if (found.size() != 1) fail_at(recipe_.path.string(), launch.line, 0, fmt::format("{} kernel is called {}", found.empty() ? "no" : "more than one", launch.kernel));
        return driver_.kernel(module_, found.front());
    }

    cuda_device::DriverLaunch prepared(const recipe::Launch& launch) {
        cuda_device::DriverLaunch l;
        l.function = kernel_of(launch);
        const auto copy = [](unsigned(&to)[3], Dim3 from) { to[0] = from.x, to[1] = from.y, to[2] = from.z; };
        copy(l.grid, launch.grid);
        copy(l.block, launch.block);
        if (launch.cluster.x * launch.cluster.y * launch.cluster.z > 1) copy(l.cluster, launch.cluster);
        l.dynamic_shared = static_cast<unsigned>(launch.dynamic_shared);
        l.cooperative = launch.cooperative;
        if (launch.stream != 0) {
            void*& stream = streams_[launch.stream];
            if (!stream) stream = driver_.make_stream();
            l.stream = stream;
        }
        l.parameters = launch.parameters;
        if (!l.parameters.empty()) return l;
        const auto places = driver_.parameters(l.function);
        if (places.size() != launch.arguments.size())
            fail_at(recipe_.path.string(), launch.line, 0, fmt::format("{} arguments", launch.arguments.size()), fmt::format("{} takes {}", launch.kernel, places.size()));
        for (std::size_t i = 0; i < places.size(); ++i) {
            const recipe::Argument& a = launch.arguments[i];
            std::vector<std::byte> bytes = a.bytes;
            if (a.kind == recipe::Argument::Kind::Buffer) {
                const DevicePointer address = addresses_.at(a.buffer) + a.offset;
                bytes.resize(sizeof address);
                std::memcpy(bytes.data(), &address, sizeof address);
            }
            const auto [offset, size] = places[i];
            if (bytes.size() != size) fail_at(recipe_.path.string(), a.line, a.column, fmt::format("argument {} has {} bytes", i + 1, bytes.size()), fmt::format("the kernel takes {}", size));
            l.parameters.resize(std::max(l.parameters.size(), offset + size));
            std::memcpy(l.parameters.data() + offset, bytes.data(), size);
        }
        return l;
    }

    Driver& driver_;
    recipe::Recipe recipe_;
    void* module_ = nullptr;
    std::vector<DevicePointer> own_;
    std::vector<std::string> kernels_;
    std::map<std::string, DevicePointer> addresses_;
    std::map<std::uint64_t, void*> streams_;
};

void play(const PlayChoices& choices) {
    std::vector<recipe::Recipe> recipes; // all read before the GPU is asked for
    for (const std::string& name : choices.recipes) recipes.push_back(recipe::read_recipe(name));
    Driver driver;
    fmt::print("device {}, sm_{}, {} SMs\n", driver.device_name(), driver.architecture(), driver.processors());
    std::vector<Diagnostic> wrong;
    for (const recipe::Recipe& recipe : recipes) {
        for (unsigned i = 0; i < choices.repeat; ++i) {
            Player player(driver, recipe);
            player.play();
            const auto findings = player.wrong();
            wrong.insert(wrong.end(), findings.begin(), findings.end());
        }
    }
    if (!wrong.empty()) throw UserError(std::move(wrong));
}

} // namespace

void add_play_command(CLI::App& app) {
    auto choices = std::make_shared<PlayChoices>();
    CLI::App* command = app.add_subcommand("play", "Run launch recipes on this machine's NVIDIA GPU: times by events, memory compared with what the recipe expects.");
    command->add_option("RECIPE", choices->recipes, "Launch recipes (traces/RECIPES.md), bundles of heddle capture too")->required();
    command->add_option("--repeat", choices->repeat, "Play each recipe so often, from its initial memory")->type_name("N")->check(CLI::Range(1u, 1000u));
    command->callback([choices] { play(*choices); });
}

} // namespace heddle
