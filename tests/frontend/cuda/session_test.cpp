#include "frontend/cuda/program.hpp"
#include "frontend/cuda/session.hpp"
#include "sim/base/error.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace heddle;
using namespace heddle::cuda;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

} // namespace

TEST_CASE("A session comes back as it was written") {
    const SessionFolder folder;
    Session session;
    session.mode = Mode::Timed;
    session.gpu = "h200_sxm";
    session.overrides = {"l2.size=30 MiB", "clocks.sm=1 GHz"};
    session.options = {{"threads", "2"}, {"odd \"name\"", "line\nbreak"}};
    session.device.name = "A GPU";
    session.device.architecture = 86;
    session.device.sms = 84;
    session.device.memory_bytes = 48ULL << 30;
    session.timeout_seconds = 2.5;
    write_session(session, folder.path());
    const Session back = read_session(folder.path());
    CHECK(back.mode == Mode::Timed);
    CHECK(back.gpu == session.gpu);
    CHECK(back.overrides == session.overrides);
    CHECK(back.options == session.options);
    CHECK(back.device.name == "A GPU");
    CHECK(back.device.architecture == 86);
    CHECK(back.device.sms == 84);
    CHECK(back.device.memory_bytes == 48ULL << 30);
    CHECK(back.timeout_seconds == 2.5);
}

TEST_CASE("A session that cannot be read is the user's error") {
    const SessionFolder folder;
    CHECK_THROWS_AS(read_session(folder.path()), UserError); // no file
    write(folder.path() + "/session.json", "{");
    CHECK_THROWS_AS(read_session(folder.path()), UserError);
    write(folder.path() + "/session.json", R"({"mode": "functional", "gpu": 7})");
    CHECK_THROWS_AS(read_session(folder.path()), UserError);
    CHECK_THROWS_AS(write_session({}, folder.path() + "/nowhere"), UserError);
}

TEST_CASE("Records of processes come back, ordered by process") {
    const SessionFolder folder;
    ProcessRecord record;
    record.pid = 20;
    record.program = "/bin/\xffodd"; // no UTF-8: replaced, not refused
    record.end = "signal 11";
    record.launches = 1;
    record.warp_instructions = 1ULL << 60;
    record.kernels = {{"_Z1kPf", {8, 1, 1}, {128, 2, 1}, {2, 1, 1}, 1024, 64, 32, 3, 40, 1280}};
    record.opcodes = {{"IMAD.WIDE", 12}};
    record.unsupported = {{"cudaGLMapBufferObject", 2}};
    REQUIRE(write_process(record, folder.path()));
    record.pid = 3;
    record.kernels.clear();
    REQUIRE(write_process(record, folder.path()));
    const auto back = read_processes(folder.path());
    REQUIRE(back.size() == 2);
    CHECK(back[0].pid == 3);
    CHECK(back[1].pid == 20);
    CHECK(back[1].end == "signal 11");
    CHECK(back[1].warp_instructions == 1ULL << 60);
    REQUIRE(back[1].kernels.size() == 1);
    const LaunchRecord& launch = back[1].kernels[0];
    CHECK(launch.kernel == "_Z1kPf");
    CHECK(launch.block == Dim3{128, 2, 1});
    CHECK(launch.cluster == Dim3{2, 1, 1});
    CHECK(launch.thread_instructions == 1280);
    CHECK(back[1].opcodes.at("IMAD.WIDE") == 12);
    CHECK(back[1].unsupported.at("cudaGLMapBufferObject") == 2);
    CHECK_FALSE(write_process(record, folder.path() + "/nowhere"));
    write(folder.path() + "/process-7.json", "[]");
    CHECK_THROWS_AS(read_processes(folder.path()), UserError);
}

TEST_CASE("The folder of a session vanishes with it") {
    std::string path;
    {
        const SessionFolder folder;
        path = folder.path();
        write(path + "/left", "over");
        CHECK(std::filesystem::exists(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}
