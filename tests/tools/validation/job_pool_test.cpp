#include "tools/validation/job_pool.hpp"
#include "tools/validation/result_store.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace heddle::validation;
namespace fs = std::filesystem;

TEST_CASE("Programs run side by side, and their ends are told apart", "[validation]") {
    const fs::path output = fs::temp_directory_path() / ("heddle-job-pool-" + std::to_string(getpid()));
    const auto job = [&](const char* script, double timeout = 0) { return Job{{"/bin/sh", "-c", script}, output.string(), timeout}; };
    const auto start = std::chrono::steady_clock::now();
    std::size_t told = 0;
    const auto ends = run_jobs({job("exit 3"), job("kill -9 $$"), job("exec sleep 60", 0.2), Job{{"/no/such/program"}, output.string()}, job("exit 0")}, 4, [&](std::size_t, const JobEnd&) { ++told; });
    REQUIRE(ends.size() == 5);
    CHECK(ends[0].status == 3);
    CHECK(ends[1].status == 128 + 9);
    CHECK(ends[2].timed_out);
    CHECK(ends[3].status == 127);
    CHECK(ends[4].status == 0);
    CHECK(told == 5);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
    fs::remove(output);
}

TEST_CASE("A finished simulation is there as a whole or not at all", "[validation]") {
    const fs::path folder = fs::temp_directory_path() / ("heddle-store-" + std::to_string(getpid()));
    const ResultStore store(folder);
    const std::string key = content_key({"a", "b"});
    CHECK(key.size() == 32);
    CHECK(key != content_key({"ab"}));
    CHECK(key != content_key({"b", "a"}));
    CHECK_FALSE(store.has(key));
    const fs::path scratch = store.scratch(key);
    std::ofstream(scratch / "run.json") << "{}";
    CHECK_FALSE(store.has(key));
    store.commit(scratch, key);
    CHECK(store.has(key));
    CHECK_FALSE(fs::exists(scratch));
    const fs::path again = store.scratch(key);
    std::ofstream(again / "run.json") << "{}";
    store.commit(again, key); // someone was faster: the first stays
    CHECK(store.has(key));
    CHECK_FALSE(fs::exists(again));
    const fs::path stale = folder / "key.part-999999999"; // of a process that is no more
    fs::create_directories(stale);
    const ResultStore other(folder);
    CHECK_FALSE(fs::exists(stale));
    fs::remove_all(folder);
}
