// Sound cubins and ways to damage them, for the fuzz targets that read or execute machine code.
#pragma once

#include "frontend/cubin/elf.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heddle::fuzz {

using Blob = std::vector<std::byte>;

struct Area {
    std::size_t start = 0, size = 0;
};

// A sound file and the areas of it that are worth damaging.
struct Sound {
    std::string name;
    Blob bytes;
    std::vector<Area> areas;
};

// Areas: the whole file, its head, the section headers, and the sections that `worth_damaging` names.
Sound sound_file(const std::string& name, Blob bytes, const std::function<bool(const cubin::ElfSection&)>& worth_damaging);
// A patch of 8 bytes: area, how, u16 position, u32 value.
void damage(Blob& bytes, const Sound& sound, const std::uint8_t* patch);
// Patches worth inserting.
std::vector<std::string> damaging_words();

} // namespace heddle::fuzz
