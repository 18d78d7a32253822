// libheddle_hook.so: the first thing that runs in a program under `heddle run -- ./app`. See frontend/cuda/hook.
#include "frontend/cuda/hook/static_hook.hpp"

#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

namespace {

// The stand-in is preloaded right behind this library. It must not be named to dlopen here: that would run the start-up code
// of the C library, before the environment is known to it.
void* find_stand_in(const char* name, bool cuda12) {
    void* found = cuda12 ? dlvsym(RTLD_NEXT, name, "libcudart.so.12") : nullptr;
    return found != nullptr ? found : dlsym(RTLD_NEXT, name);
}

void print(const char* text) {
    while (*text != 0) {
        const ssize_t written = write(STDERR_FILENO, text, strlen(text));
        if (written <= 0) return;
        text += written;
    }
}

[[noreturn]] void refuse(const char* path) {
    print("heddle: ");
    print(path);
    print(": the CUDA runtime is linked into this program and its symbol table was stripped, so its calls cannot be redirected - relink "
          "with nvcc -cudart shared, or do not strip it\n");
    _exit(2);
}

// True if the object asks the dynamic linker for the runtime's functions.
bool uses_shared_runtime(const ElfW(Dyn) * dynamic, const char* strings) {
    for (; dynamic != nullptr && dynamic->d_tag != DT_NULL; ++dynamic)
        if (dynamic->d_tag == DT_NEEDED && strncmp(strings + dynamic->d_un.d_val, "libcudart.so", 12) == 0) return true;
    return false;
}

const char* strings_of(const link_map* map) {
    for (const ElfW(Dyn)* d = map->l_ld; d != nullptr && d->d_tag != DT_NULL; ++d)
        if (d->d_tag == DT_STRTAB) return reinterpret_cast<const char*>(d->d_un.d_ptr);
    return "";
}

__attribute__((constructor)) void hook_program() {
    char executable[4096];
    const ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
    executable[length > 0 ? length : 0] = 0;
    auto* self = static_cast<link_map*>(dlopen(nullptr, RTLD_NOW | RTLD_NOLOAD));
    for (const link_map* map = self; map != nullptr; map = map->l_next) {
        const bool program = map == self;
        const char* path = program ? executable : map->l_name;
        if (path == nullptr || path[0] != '/' || strstr(path, "/libheddle_") != nullptr) continue;
        if (!program && strstr(path, "/libcudart.so") != nullptr) continue;
        // What uses the shared runtime and defines functions of these names all the same listens to the calls and passes them on.
        if (uses_shared_runtime(map->l_ld, strings_of(map))) continue;
        const auto result = heddle::cuda::hook_object(path, map->l_addr, find_stand_in);
        if (program && result.has_device_code && result.patched == 0) refuse(path);
    }
}

} // namespace
