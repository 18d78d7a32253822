// Runs a fuzz target without libFuzzer: the same mutated inputs every time, from the target's seeds.
//
//   fuzz_accelsim_trace [--count N] [--seed S] [--from I]     mutates; --from I --count 1 repeats input I alone
//   fuzz_accelsim_trace FILE...                               runs the files as they are
//   fuzz_accelsim_trace --write-seeds FOLDER                  a corpus for libFuzzer to start from
//
// When an input kills the process (sanitizer report, uncaught exception, 20 seconds without an end), its number is
// printed and its bytes are left in fuzz-failure.bin in the working folder.
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace {

constexpr std::size_t kMostBytes = 64 << 10;
constexpr unsigned kSecondsPerInput = 20;

// SplitMix64: small, seedable at any input number, the same everywhere.
struct Random {
    std::uint64_t state;
    std::uint64_t next() {
        std::uint64_t z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t limit) { return limit ? next() % limit : 0; }
};

std::uint64_t current = 0;
std::string input;

void report_death() {
    std::fprintf(stderr, "fuzz: input %llu of %zu bytes failed; repeat with --from %llu --count 1\n",
                 static_cast<unsigned long long>(current), input.size(), static_cast<unsigned long long>(current));
    if (std::FILE* file = std::fopen("fuzz-failure.bin", "wb")) {
        std::fwrite(input.data(), 1, input.size(), file);
        std::fclose(file);
    }
}

void die(int number) {
    report_death();
    if (number == SIGALRM) std::fprintf(stderr, "fuzz: no end after %u seconds\n", kSecondsPerInput);
    std::signal(number, SIG_DFL);
    std::raise(number == SIGALRM ? SIGABRT : number);
}

void overwrite_number(std::string& text, Random& random) {
    static constexpr const char* kNumbers[] = {
        "0", "1", "-1", "255", "256", "65536", "2147483648", "4294967296", "18446744073709551616", "1e400", "0x", "nan"};
    const std::size_t start = text.find_first_of("0123456789", random.below(text.size()));
    if (start == std::string::npos) return;
    const std::size_t end = std::min(text.find_first_not_of("0123456789abcdefx", start), text.size());
    text.replace(start, end - start, kNumbers[random.below(std::size(kNumbers))]);
}

void mutate_once(std::string& text, const std::vector<std::string>& seeds, const std::vector<std::string>& words, Random& random) {
    const std::size_t at = random.below(text.size() + 1);
    const std::size_t length = 1 + random.below(random.below(4) ? 8 : text.size() + 1);
    switch (random.below(9)) {
    case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
        break;
    case 1:
        if (at < text.size()) text[at] = static_cast<char>(random.next());
        break;
    case 2: text.erase(at, length); break;
    case 3: text.insert(at, text.substr(random.below(text.size() + 1), length)); break;
    case 4: text.resize(at); break;
    case 5: overwrite_number(text, random); break;
    case 6: text.insert(at, words[random.below(words.size())]); break;
    case 7: { // a line moves elsewhere
        const std::size_t start = text.rfind('\n', at) + 1;
        const std::size_t end = std::min(text.find('\n', start), text.size() - 1) + 1;
        const std::string line = start < end ? text.substr(start, end - start) : std::string();
        if (random.below(2)) text.erase(start, line.size());
        const std::size_t place = text.find('\n', random.below(text.size() + 1));
        text.insert(place == std::string::npos ? text.size() : place + 1, line);
        break;
    }
    default: { // the tail of another seed
        const std::string& other = seeds[random.below(seeds.size())];
        text.resize(at);
        text += other.substr(random.below(other.size() + 1));
    }
    }
    if (text.size() > kMostBytes) text.resize(kMostBytes);
}

void run() {
    alarm(kSecondsPerInput);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    alarm(0);
}

std::uint64_t number(const char* text) {
    std::uint64_t value = 0;
    const char* end = text + std::strlen(text);
    if (std::from_chars(text, end, value).ptr != end) {
        std::fprintf(stderr, "fuzz: %s is no number\n", text);
        std::exit(2);
    }
    return value;
}

int write_seeds(const std::string& folder) {
    std::size_t number = 0;
    for (const std::string& text : heddle::fuzz::seeds()) {
        std::ofstream file(folder + "/seed-" + std::to_string(number++), std::ios::binary);
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
        if (!file) return 1;
    }
    return 0;
}

} // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

int main(int count, char** arguments) {
    std::uint64_t inputs = 1000, seed = 1, from = 0;
    std::vector<std::string> files;
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        if (argument == "--write-seeds" && i + 1 < count) return write_seeds(arguments[++i]);
        else if (argument.starts_with("--") && i + 1 < count)
            (argument == "--seed" ? seed : argument == "--from" ? from : inputs) = number(arguments[++i]);
        else files.push_back(argument);
    }
    for (const int signal : {SIGABRT, SIGSEGV, SIGALRM, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, die);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    __sanitizer_set_death_callback(report_death);
#endif
    for (const std::string& path : files) {
        std::ifstream file(path, std::ios::binary);
        input.assign(std::istreambuf_iterator<char>(file), {});
        run();
    }
    if (!files.empty()) return 0;

    const std::vector<std::string> seeds = heddle::fuzz::seeds(), words = heddle::fuzz::words();
    for (const std::string& text : seeds) {
        input = text;
        run();
    }
    for (current = from; current < from + inputs; ++current) {
        Random random{seed * 0x2545f4914f6cdd1d + current};
        random.next();
        input = seeds[random.below(seeds.size())];
        for (std::size_t left = 1 + random.below(1 + random.below(8)); left > 0; --left) mutate_once(input, seeds, words, random);
        run();
    }
    std::printf("fuzz: %zu seeds and %llu mutated inputs, no failure\n", seeds.size(), static_cast<unsigned long long>(inputs));
    return 0;
}
