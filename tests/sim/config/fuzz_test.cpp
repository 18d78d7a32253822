// Thousands of damaged configurations: each is either read or refused with findings, and what is read can be dumped and
// read again.

#include "sample_config.hpp"
#include "sim/config/explain.hpp"
#include "sim/config/writer.hpp"

#include <cstdlib>

using namespace heddle;
using namespace heddle::config;

namespace {

// A fixed sequence: the same mutants on every machine.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::size_t below(std::size_t count) {
        state_ += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return static_cast<std::size_t>((z ^ (z >> 31)) % count);
    }

  private:
    std::uint64_t state_;
};

const std::vector<std::string> kPieces{":",
                                       ": ",
                                       "- ",
                                       "\n",
                                       "\n  ",
                                       "[",
                                       "]",
                                       "{",
                                       "}",
                                       ",",
                                       "&a ",
                                       "*a",
                                       "!",
                                       "!!",
                                       "!<",
                                       "!x ",
                                       "<<: ",
                                       "? ",
                                       "| \n",
                                       "> \n",
                                       "\"",
                                       "'",
                                       "#",
                                       "%TAG ! x",
                                       "---\n",
                                       "...\n",
                                       "\t",
                                       "~",
                                       "null",
                                       "-",
                                       "1e999",
                                       "1e-99",
                                       ".",
                                       "0x1F",
                                       "99999999999999999999",
                                       " KiB",
                                       " cycles",
                                       "%",
                                       "@",
                                       "`",
                                       "\\",
                                       "\\x00",
                                       "\xff",
                                       "\xc3\xa4",
                                       std::string(1, '\0'),
                                       "extends: gpu.yaml\n",
                                       "extends: fuzz\n",
                                       "value: ",
                                       "source: ",
                                       "l1:\n",
                                       "l1: {",
                                       "vendor",
                                       "\xef\xbb\xbf",
                                       "\r\n",
                                       "\r"};

std::string mutant_of(std::string text, Dice& dice) {
    for (std::size_t edits = 1 + dice.below(4); edits > 0; --edits) {
        const std::size_t at = dice.below(text.size() + 1);
        const std::size_t length = std::min(dice.below(24), text.size() - at);
        switch (dice.below(7)) {
        case 0: text.insert(at, kPieces[dice.below(kPieces.size())]); break;
        case 1: text.erase(at, length); break;
        case 2: text.insert(dice.below(text.size() + 1), text.substr(at, length)); break;
        case 3: text.replace(at, length, kPieces[dice.below(kPieces.size())]); break;
        case 4: text.resize(at); break;
        case 5: text.insert(at, 1, static_cast<char>(dice.below(256))); break;
        case 6: text.insert(at, dice.below(80), "[{:-? &*!"[dice.below(9)]); break;
        }
    }
    return text;
}

} // namespace

TEST_CASE("a damaged configuration is read or refused, never worse") {
    const char* const rounds = std::getenv("HEDDLE_FUZZ_ROUNDS");
    const int count = rounds != nullptr ? std::atoi(rounds) : 6000;
    Dice dice(2024);
    int accepted = 0;
    for (int round = 0; round < count; ++round) {
        const std::string text = mutant_of(kFullText, dice);
        SampleConfig config;
        try {
            const Configuration loaded = load_text(config, text, "gpu.yaml");
            ++accepted;
            SampleConfig again;
            const Configuration reread = load_text(again, write_yaml(describe(config), loaded), "dump.yaml");
            if (loaded.hash() != reread.hash()) FAIL_CHECK("the dump differs: " + text);
        } catch (const UserError& error) {
            if (error.findings().empty()) FAIL_CHECK("no finding: " + text);
            for (const auto& finding : error.findings())
                if (finding.text().find('\n') != std::string::npos || finding.what.empty()) FAIL_CHECK("bad finding: " + finding.text());
        } catch (const std::exception& error) {
            FAIL_CHECK(std::string{error.what()} + " for: " + text);
        }
    }
    CHECK(accepted > count / 50);
    CHECK(accepted < count);
}

TEST_CASE("a damaged override is applied or refused, never worse") {
    const std::vector<std::string> good{"l1.hit_latency=31 cycles", "name=some text", "l1.carveouts=!vendor [1 KiB, 2 KiB]",
                                        "clock={value: 1 GHz}", "derating=0.5"};
    Dice dice(7);
    int accepted = 0;
    constexpr int kCount = 4000;
    for (int round = 0; round < kCount; ++round) {
        SampleConfig config;
        const std::string text = mutant_of(good[dice.below(good.size())], dice);
        try {
            load_overrides(describe(config), {text});
            ++accepted;
        } catch (const UserError& error) {
            for (const auto& finding : error.findings())
                if (finding.line != 0 || finding.file.rfind("--set ", 0) != 0) FAIL_CHECK("bad place: " + finding.text());
        } catch (const std::exception& error) {
            FAIL_CHECK(std::string{error.what()} + " for: " + text);
        }
        try {
            explain(describe(config), {}, text);
        } catch (const UserError&) {
        }
    }
    CHECK(accepted > kCount / 50);
    CHECK(accepted < kCount);
}
