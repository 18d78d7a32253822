#include "tests/fuzz/ptx/program.hpp"

#include <cstring>
#include <map>

namespace heddle::ptx_fuzz {

U64 Random::next() {
    U64 z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

RegisterClass class_of(char letter) {
    switch (letter) {
    case 'p': return RegisterClass::Predicate;
    case 'h':
    case 'H':
    case 'B': return RegisterClass::B16;
    case 'd': return RegisterClass::B64;
    case 'F': return RegisterClass::F64;
    default: return RegisterClass::B32;
    }
}

bool is_immediate(char letter) { return letter == 'k' || letter == 'j'; }

const Catalogue& catalogue() {
    static const Catalogue rows = [] {
        Catalogue c;
        add_integer_operations(c);
        add_bit_operations(c);
        add_float_operations(c);
        add_half_operations(c);
        add_convert_operations(c);
        add_memory_operations(c);
        add_warp_operations(c);
        return c;
    }();
    return rows;
}

char usual_letter(RegisterClass of, unsigned index) {
    switch (of) {
    case RegisterClass::Predicate: return 'p';
    case RegisterClass::B16: return "hhHB"[index % 4];
    case RegisterClass::B32: return "wwwwffxy"[index % 8];
    case RegisterClass::B64: return 'd';
    case RegisterClass::F64: return 'F';
    }
    return 'w';
}

namespace {

U64 random_integer(Random& r, unsigned bits) {
    const U64 top = U64{1} << (bits - 1);
    switch (r.below(8)) {
    case 0: return r.below(40);
    case 1: return ~r.below(40);
    case 2: return top - 2 + r.below(4);
    case 3: return (U64{1} << r.below(bits)) - r.below(2);
    case 4: return r.next() & r.next() & r.next();
    case 5: return r.next() >> r.below(64);
    default: return r.next();
    }
}

// A floating-point number with `fraction` bits of fraction and `exponent` bits of exponent.
U64 random_real(Random& r, unsigned exponent, unsigned fraction) {
    const U64 ones = (U64{1} << exponent) - 1, bias = ones >> 1, unit = U64{1} << fraction;
    const U64 sign = r.below(2) << (exponent + fraction);
    const U64 noise = r.below(4) ? r.next() & (unit - 1) : 0;
    switch (r.below(12)) {
    case 0: return sign;
    case 1: return sign | ones << fraction;                                // infinity
    case 2: return sign | ones << fraction | (noise ? noise : 1);          // NaN
    case 3: return sign | (r.next() & (unit - 1));                         // denormal
    case 4: return sign | (1 + r.below(fraction + 2)) << fraction | noise; // tiny
    case 5: return sign | (ones - 1 - r.below(3)) << fraction | noise;     // huge
    case 6: return sign | bias << fraction | r.below(3);                   // about one
    case 7: return sign | r.below(ones) << fraction | noise;
    default: return sign | (bias - 8 + r.below(24)) << fraction | noise;
    }
}

U64 bits_of_class(RegisterClass c) {
    return c == RegisterClass::Predicate ? 1 : c == RegisterClass::B16 ? 16 : c == RegisterClass::B32 ? 32 : 64;
}

} // namespace

U64 random_value(Random& r, char letter) {
    switch (letter) {
    case 'p': return r.below(2);
    case 'h': return random_integer(r, 16) & 0xffff;
    case 'H': return random_real(r, 5, 10);
    case 'B': return random_real(r, 8, 7);
    case 'w': return random_integer(r, 32) & 0xffffffff;
    case 'f': return random_real(r, 8, 23);
    case 'x': return random_real(r, 5, 10) | random_real(r, 5, 10) << 16;
    case 'y': return random_real(r, 8, 7) | random_real(r, 8, 7) << 16;
    case 'd': return random_integer(r, 64);
    case 'F': return random_real(r, 11, 52);
    case 'k': return 1 + r.below(255);
    default: return r.below(32);
    }
}

namespace {

using Scope = Operation::Scope;

class Generator {
  public:
    explicit Generator(U64 seed) : random_{seed * 0x2545f4914f6cdd1d + 1} { program_.seed = seed; }

    Program make() {
        random_.next();
        if (program_.seed >= kRowSeeds) {
            const Operation& row = catalogue()[(program_.seed - kRowSeeds) % catalogue().size()];
            program_.least = row.least;
            for (unsigned i = 0; i < 6; ++i) operate(program_.body.emplace_back(), row);
            return std::move(program_);
        }
        if (program_.seed % 8 == 0) program_.least = 90;
        in_function_ = true;
        for (U64 left = random_.below(3); left > 0; --left) {
            left_ = 4 + random_.below(10);
            program_.functions.push_back(block(Scope::Thread, 1));
        }
        in_function_ = false;
        left_ = 6 + random_.below(30);
        while (left_ > 0) program_.body.push_back(statement(Scope::Cta, 0));
        return std::move(program_);
    }

  private:
    Block block(Scope scope, unsigned depth) {
        Block b;
        for (U64 n = 1 + random_.below(6); n > 0 && left_ > 0; --n) b.push_back(statement(scope, depth));
        return b;
    }

    Operand any_register(RegisterClass c) { return {false, random_.below(kRegisters[static_cast<std::size_t>(c)])}; }

    Statement statement(Scope scope, unsigned depth) {
        left_ -= left_ > 0;
        const U64 kind = random_.below(100);
        Statement s;
        if (kind < 5 && depth < 3) {
            s.form = Statement::Form::If;
            s.condition = any_register(RegisterClass::Predicate);
            s.negated = random_.chance(50);
            s.uniform = scope != Scope::Thread && random_.chance(50);
            const Scope inside = s.uniform ? Scope::Warp : Scope::Thread;
            s.blocks.push_back(block(inside, depth + 1));
            s.blocks.push_back(random_.chance(60) ? block(inside, depth + 1) : Block{});
        } else if (kind < 8 && depth < 3) {
            s.form = Statement::Form::Loop;
            const bool fixed = random_.chance(40);
            s.condition = fixed ? Operand{true, 1 + random_.below(3)} : any_register(RegisterClass::B32);
            s.blocks.push_back(block(fixed ? scope : Scope::Thread, depth + 1));
        } else if (kind < 10 && depth < 3) {
            s.form = Statement::Form::Switch;
            s.condition = any_register(RegisterClass::B32);
            for (unsigned i = 0; i < (random_.chance(50) ? 4U : 8U); ++i) s.blocks.push_back(block(Scope::Thread, depth + 2));
            if (s.blocks.size() > 4) s.blocks.resize(8);
            else s.blocks.resize(4);
        } else if (kind < 13 && !program_.functions.empty()) {
            s.form = Statement::Form::Call;
            s.function = static_cast<unsigned>(random_.below(program_.functions.size()));
        } else {
            operate(s, draw(scope));
        }
        return s;
    }

    void operate(Statement& s, const Operation& o) {
        s.operation = &o;
        // Vectors and selected bytes are of registers only; places and lengths of bit fields must be below 256, shifts have rows of their own.
        const bool immediates = o.single() && o.text.find("{$") == std::string::npos && o.family != "video" && o.family != "field" && o.family != "shift" &&
                                o.family != "cvt to float"; // ptxas 13.0 rounds some constants wrongly
        const bool folded =
            o.text.starts_with("min.") || o.text.starts_with("max."); // of twice the same: ptxas takes it as it is, NaN or not
        for (const char letter : o.sources) {
            if (is_immediate(letter)) s.sources.push_back({true, random_value(random_, letter)});
            else if (immediates && std::strchr("whdfF", letter) && random_.chance(12))
                s.sources.push_back({true, random_value(random_, letter)});
            else s.sources.push_back({false, fitting(letter)});
            while (folded && s.sources.size() == 2 && !s.sources[0].immediate && !s.sources[1].immediate &&
                   s.sources[0].value == s.sources[1].value)
                s.sources[1] = any_register(class_of(letter));
        }
        for (const char letter : o.results) {
            unsigned index = fitting(letter);
            // Results of one instruction are different registers.
            const auto taken = [&] {
                for (std::size_t i = 0; i < s.results.size(); ++i)
                    if (class_of(o.results[i]) == class_of(letter) && s.results[i] == index) return true;
                return false;
            };
            while (taken()) index = static_cast<unsigned>(any_register(class_of(letter)).value);
            s.results.push_back(index);
        }
        if (o.predicable() && random_.chance(15)) {
            s.guard = static_cast<int>(any_register(RegisterClass::Predicate).value);
            s.negated = random_.chance(50);
        }
    }

    // Mostly a register that holds such numbers.
    unsigned fitting(char letter) {
        const RegisterClass c = class_of(letter);
        unsigned index = static_cast<unsigned>(any_register(c).value);
        for (unsigned tries = 0; tries < 6 && usual_letter(c, index) != letter; ++tries)
            index = static_cast<unsigned>(any_register(c).value);
        return index;
    }

    const Operation& draw(Scope scope) {
        static const std::vector<std::vector<const Operation*>> families = [] {
            std::map<std::string, std::vector<const Operation*>> by_name;
            for (const Operation& o : catalogue()) by_name[o.family].push_back(&o);
            std::vector<std::vector<const Operation*>> list;
            for (auto& [name, rows] : by_name) list.push_back(std::move(rows));
            return list;
        }();
        for (;;) {
            const auto& family = families[random_.below(families.size())];
            const Operation& o = *family[random_.below(family.size())];
            if (o.scope <= scope && o.least <= program_.least && !(in_function_ && o.needs_kernel)) return o;
        }
    }

    Random random_;
    Program program_;
    bool in_function_ = false;
    U64 left_ = 0; // statements that may still be made
};

} // namespace

Program generate(U64 seed) { return Generator(seed).make(); }

Input random_input(U64 seed) {
    Random random{seed ^ 0x5bd1e995};
    Input input;
    constexpr std::size_t kAll = kThreads * kCtas;
    input.registers.resize(kAll * kRecordBytes);
    input.global.resize(kAll * kPrivateBytes);
    static constexpr std::array<unsigned, kClasses> kOffsets{112, 104, 0, 32, 72};
    for (std::size_t thread = 0; thread < kAll; ++thread) {
        std::uint8_t* record = &input.registers[thread * kRecordBytes];
        for (std::size_t c = 1; c < kClasses; ++c)
            for (unsigned i = 0; i < kRegisters[c]; ++i) {
                const auto of = static_cast<RegisterClass>(c);
                const U64 bytes = bits_of_class(of) / 8, value = random_value(random, usual_letter(of, i));
                std::memcpy(record + kOffsets[c] + i * bytes, &value, bytes);
            }
        record[112] = static_cast<std::uint8_t>(random.next());
        for (unsigned i = 0; i < kPrivateBytes; i += 8) {
            const U64 value = random_value(random, "dfxwFyHd"[i / 8 % 8]) | (random.next() << 32);
            std::memcpy(&input.global[thread * kPrivateBytes + i], &value, 8);
        }
    }
    for (unsigned i = 0; i < kCells; ++i) input.cells.push_back(random_value(random, 'd'));
    for (std::uint8_t& byte : input.scalars) byte = static_cast<std::uint8_t>(random.next());
    return input;
}

const std::array<std::uint8_t, kTableBytes>& constant_table() {
    static const auto table = [] {
        std::array<std::uint8_t, kTableBytes> bytes{};
        Random random{42};
        for (unsigned i = 0; i < kTableBytes; i += 8) {
            const U64 value = random_value(random, "dfxwFyHd"[i / 8 % 8]) | (random.next() << 32);
            std::memcpy(&bytes[i], &value, 8);
        }
        return bytes;
    }();
    return table;
}

} // namespace heddle::ptx_fuzz
