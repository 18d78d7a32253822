#include "frontend/cubin/cubin.hpp"
#include "frontend/emulator/device.hpp"
#include "frontend/emulator/generic_spaces.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::emulator;

namespace {

constexpr Mask kAll = 0xffffffff;

// A module with a generic load, and a recording of it.
struct Recorded {
    DeviceMemory memory{kGiB};
    std::unique_ptr<Module> module;
    std::uint32_t number = 0;
    WarpRecorder recorder;

    Recorded() {
        const std::string path = HEDDLE_SOURCE_DIR "/traces/cubins/features_sm90a.cubin";
        module = Module::load(cubin::Cubin::read_file(path), memory, "features");
        for (const auto& [name, function] : module->functions()) module->prepare(function.entry);
        while (number < module->code_words() && !(module->instruction(number) && module->timing_row(number)->space == Space::Generic)) ++number;
        REQUIRE(number < module->code_words());
    }
    void access(Address begin, std::int64_t stride, Mask mask = kAll) {
        Address address[kLanes];
        for (unsigned l = 0; l < kLanes; ++l) address[l] = begin + static_cast<Address>(stride) * l;
        recorder.instruction(number, mask);
        recorder.addresses(address, mask);
    }
};

} // namespace

TEST_CASE("generic accesses are placed in the memory their addresses reach") {
    Recorded r;
    r.access(0x1234000, 4);
    r.access(DeviceMemory::kSharedWindow + (1ULL << 24) + 0x400, 4);
    r.access(DeviceMemory::kSharedWindow + (3ULL << 24) + 0x80, 8);
    r.access(DeviceMemory::kLocalWindow + 0x10, 0);
    r.access(DeviceMemory::kSharedWindow + (1ULL << 24) + 0x800, -4, 0xfffffff0);
    r.access(DeviceMemory::kSharedWindow + 0x20, 4); // of rank 0: another CTA's
    place_generic(r.recorder, *r.module, 1);
    CHECK(r.recorder.code(0) == nullptr);
    CHECK(r.recorder.patterns()[0].base == 0x1234000);
    REQUIRE(r.recorder.code(1) != nullptr);
    CHECK(r.recorder.code(1)->space == Space::Shared);
    CHECK(r.recorder.patterns()[1].base == 0x400);
    CHECK(r.recorder.patterns()[1].stride == 4);
    CHECK(r.recorder.code(2)->space == Space::DistributedShared);
    CHECK(r.recorder.patterns()[2].base == (3ULL << 24) + 0x80);
    CHECK(r.recorder.code(3)->space == Space::Local);
    CHECK(r.recorder.patterns()[3].base == 0x10);
    // The CTA's own part of the window, from lane 4 on.
    CHECK(r.recorder.code(4) == r.recorder.code(1));
    CHECK(r.recorder.patterns()[4].base == 0x800);
    CHECK(r.recorder.code(5)->space == Space::DistributedShared);
    CHECK(r.recorder.patterns()[5].base == 0x20);
    CHECK(r.recorder.code(1)->pc == r.module->timing_row(r.number)->pc);
}

TEST_CASE("generic accesses at irregular addresses become irregular offsets") {
    Recorded r;
    Address address[kLanes];
    for (unsigned l = 0; l < kLanes; ++l) address[l] = DeviceMemory::kSharedWindow + l * l * 4;
    r.recorder.instruction(r.number, 0x0000ff00);
    r.recorder.addresses(address, 0x0000ff00);
    place_generic(r.recorder, *r.module, 0);
    CHECK(r.recorder.code(0)->space == Space::Shared);
    REQUIRE(r.recorder.list().size() == 8);
    CHECK(r.recorder.list()[0] == 8 * 8 * 4);
    CHECK(r.recorder.list()[7] == 15 * 15 * 4);
}
