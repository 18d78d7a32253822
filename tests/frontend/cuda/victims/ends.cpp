// Ends in the way its argument says, after it used the GPU.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
    const char* how = argc > 1 ? argv[1] : "";
    const auto allocate = reinterpret_cast<int (*)(void**, std::size_t)>(dlsym(RTLD_DEFAULT, "cudaMalloc"));
    void* memory = nullptr;
    if (strcmp(how, "unused") == 0) return 5;
    if (strcmp(how, "input") == 0) {
        char line[16] = {};
        return fgets(line, sizeof line, stdin) && strcmp(line, "hello\n") == 0 ? 0 : 1;
    }
    if (allocate == nullptr || allocate(&memory, 1000) != 0) return 99;
    if (strcmp(how, "fork") == 0) { // a child that does not use the GPU
        const pid_t child = fork();
        if (child == 0) _exit(0);
        waitpid(child, nullptr, 0);
        return 6;
    }
    if (strcmp(how, "fork_use") == 0) { // a child that uses it is told that it cannot
        const pid_t child = fork();
        if (child == 0) _exit(allocate(&memory, 1000));
        int status = 0;
        waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    }
    if (strcmp(how, "exec") == 0) { // another process of the same session
        const pid_t child = fork();
        if (child == 0) execl(argv[0], argv[0], "exit", nullptr);
        waitpid(child, nullptr, 0);
        return 0;
    }
    if (strcmp(how, "segv") == 0) raise(SIGSEGV);
    if (strcmp(how, "abort") == 0) abort();
    if (strcmp(how, "_exit") == 0) _exit(7);
    if (strcmp(how, "kill") == 0) raise(SIGKILL);
    return 8;
}
