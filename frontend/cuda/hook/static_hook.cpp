#include "frontend/cuda/hook/static_hook.hpp"

#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heddle::cuda {

namespace {

// A file mapped for reading. Everything taken out of it is checked against its size.
class MappedFile {
  public:
    explicit MappedFile(const char* path) {
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) return;
        struct stat status {};
        if (fstat(file, &status) == 0 && status.st_size > 0) {
            bytes_ = static_cast<std::size_t>(status.st_size);
            void* memory = mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file, 0);
            if (memory != MAP_FAILED) data_ = static_cast<const char*>(memory);
        }
        close(file);
    }
    ~MappedFile() {
        if (data_ != nullptr) munmap(const_cast<char*>(data_), bytes_);
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    // `count` objects at `offset`, or null.
    template <class T> const T* at(std::uint64_t offset, std::uint64_t count = 1) const {
        if (data_ == nullptr || offset > bytes_ || count > (bytes_ - offset) / sizeof(T) || offset % alignof(T) != 0) return nullptr;
        return reinterpret_cast<const T*>(data_ + offset);
    }
    // A string that ends within `limit` bytes of `offset`, or null.
    const char* string(std::uint64_t offset, std::uint64_t limit) const {
        if (at<char>(offset, limit) == nullptr || memchr(data_ + offset, 0, limit) == nullptr) return nullptr;
        return data_ + offset;
    }

  private:
    const char* data_ = nullptr;
    std::size_t bytes_ = 0;
};

bool is_runtime_name(const char* name) { return strncmp(name, "cuda", 4) == 0 || strncmp(name, "__cuda", 6) == 0; }

// Symbols of one table.
struct Table {
    const Elf64_Sym* symbols = nullptr;
    std::uint64_t count = 0, strings = 0, string_bytes = 0;
};

template <class Visit> void for_each_function(const MappedFile& file, const Table& table, Visit visit) {
    for (std::uint64_t i = 0; i < table.count; ++i) {
        const Elf64_Sym& symbol = table.symbols[i];
        if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= table.string_bytes) continue;
        const char* name = file.string(table.strings + symbol.st_name, table.string_bytes - symbol.st_name);
        if (name != nullptr && is_runtime_name(name)) visit(name, symbol);
    }
}

} // namespace

bool write_jump(void* at, const void* target) {
    const auto address = reinterpret_cast<std::uintptr_t>(at);
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const std::uintptr_t begin = address / page * page, end = (address + kJumpBytes + page - 1) / page * page;
    void* pages = reinterpret_cast<void*>(begin);
    if (mprotect(pages, end - begin, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) return false;
    unsigned char code[kJumpBytes] = {0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, 0x41, 0xff, 0xe3}; // mov r11, target; jmp r11
    memcpy(code + 2, &target, sizeof target);
    memcpy(at, code, sizeof code);
    return mprotect(pages, end - begin, PROT_READ | PROT_EXEC) == 0;
}

HookResult hook_object(const char* path, std::uintptr_t bias, FindStandIn find) {
    HookResult result;
    const MappedFile file(path);
    const auto* header = file.at<Elf64_Ehdr>(0);
    if (header == nullptr || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_machine != EM_X86_64)
        return result;
    result.readable = true;
    const auto* sections = file.at<Elf64_Shdr>(header->e_shoff, header->e_shnum);
    if (sections == nullptr || header->e_shstrndx >= header->e_shnum) return result;
    const Elf64_Shdr& names = sections[header->e_shstrndx];
    Table table;
    for (unsigned i = 0; i < header->e_shnum; ++i) {
        const Elf64_Shdr& section = sections[i];
        if (section.sh_name < names.sh_size) {
            const char* name = file.string(names.sh_offset + section.sh_name, names.sh_size - section.sh_name);
            if (name != nullptr && strcmp(name, ".nvFatBinSegment") == 0) result.has_device_code = true;
        }
        if (section.sh_type != SHT_SYMTAB || section.sh_link >= header->e_shnum) continue;
        const Elf64_Shdr& strings = sections[section.sh_link];
        const std::uint64_t count = section.sh_size / sizeof(Elf64_Sym);
        const auto* symbols = file.at<Elf64_Sym>(section.sh_offset, count);
        if (symbols == nullptr || file.at<char>(strings.sh_offset, strings.sh_size) == nullptr) continue;
        table = {symbols, count, strings.sh_offset, strings.sh_size};
        result.has_symbols = true;
    }
    bool cuda12 = false;
    for_each_function(file, table, [&](const char* name, const Elf64_Sym&) { cuda12 |= strcmp(name, "cudaGetDeviceProperties_v2") == 0; });
    for_each_function(file, table, [&](const char* name, const Elf64_Sym& symbol) {
        ++result.runtime_functions;
        void* target = find(name, cuda12);
        if (target != nullptr && write_jump(reinterpret_cast<void*>(bias + symbol.st_value), target)) ++result.patched;
    });
    return result;
}

} // namespace heddle::cuda
