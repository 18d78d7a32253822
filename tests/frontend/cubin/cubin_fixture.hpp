// Shared by the tests of frontend/cubin: the committed cubins, and ELF files put together by hand.
#pragma once

#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/elf.hpp"
#include "sim/base/error.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

namespace heddle::test {

using Blob = std::vector<std::byte>;

inline std::string cubin_path(const std::string& name) { return std::string(HEDDLE_SOURCE_DIR) + "/traces/cubins/" + name; }
inline Blob cubin_bytes(const std::string& name) { return cubin::read_binary_file(cubin_path(name)); }
inline cubin::Cubin open_cubin(const std::string& name) { return cubin::Cubin::parse(cubin_bytes(name), name); }

inline Blob blob(std::string_view text) {
    Blob bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

template <class T> void put(Blob& bytes, std::size_t at, T value) {
    REQUIRE(at + sizeof value <= bytes.size());
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <class T> void append(Blob& bytes, T value) {
    bytes.resize(bytes.size() + sizeof value);
    put(bytes, bytes.size() - sizeof value, value);
}

// The text of the UserError that `action` throws; fails the test if it throws none.
template <class Action> std::string error_of(Action action) {
    try {
        action();
    } catch (const UserError& error) {
        return error.what();
    }
    FAIL("no UserError");
    return {};
}

// Where header field `field` (byte in a section header) of the section named `name` lies in the file.
inline std::size_t section_field(const Blob& bytes, const std::string& name, std::size_t field) {
    const cubin::ElfFile elf(bytes, "test");
    const auto table = cubin::number_at<std::uint64_t>(bytes, 40);
    for (std::size_t i = 0; i < elf.sections().size(); ++i)
        if (elf.sections()[i].name == name) return table + i * 64 + field;
    FAIL("no section " << name);
    return 0;
}
inline std::size_t section_offset(const Blob& bytes, const std::string& name) {
    return cubin::number_at<std::uint64_t>(bytes, section_field(bytes, name, 24));
}

// An ELF-64 file of the sections given, for the host unless said otherwise.
inline Blob elf_file(const std::vector<std::pair<std::string, Blob>>& sections, std::uint16_t machine = 62, std::uint16_t type = 2) {
    Blob file(64), names = blob(std::string(1, '\0')), headers(64);
    const auto add = [&](const std::string& name, std::uint32_t kind, const Blob& data) {
        file.resize((file.size() + 15) / 16 * 16);
        Blob header(64);
        put(header, 0, static_cast<std::uint32_t>(names.size()));
        put(header, 4, kind);
        put<std::uint64_t>(header, 24, file.size());
        put<std::uint64_t>(header, 32, data.size());
        put<std::uint64_t>(header, 48, 1);
        headers.insert(headers.end(), header.begin(), header.end());
        for (const char c : name) names.push_back(std::byte(c));
        names.push_back(std::byte{0});
        file.insert(file.end(), data.begin(), data.end());
    };
    for (const auto& [name, data] : sections) add(name, 1, data);
    names.reserve(names.size() + 10);
    Blob all = names;
    for (const char c : std::string(".shstrtab")) all.push_back(std::byte(c));
    all.push_back(std::byte{0});
    add(".shstrtab", 3, all);
    std::memcpy(file.data(),
                "\x7f"
                "ELF\2\1\1",
                7);
    put(file, 16, type);
    put(file, 18, machine);
    put<std::uint64_t>(file, 40, file.size());
    put<std::uint16_t>(file, 58, 64);
    put(file, 60, static_cast<std::uint16_t>(sections.size() + 2));
    put(file, 62, static_cast<std::uint16_t>(sections.size() + 1));
    file.insert(file.end(), headers.begin(), headers.end());
    return file;
}

} // namespace heddle::test
