// The host reference: executes a program's statements for all threads of a CTA side by side.
#include "tests/fuzz/ptx/exact.hpp"
#include "tests/fuzz/ptx/program.hpp"

#include <cstring>
#include <memory>

namespace heddle::ptx_fuzz {

namespace {

constexpr std::array<U64, kClasses> kMasks{1, 0xffff, 0xffffffff, ~U64{0}, ~U64{0}};
constexpr U64 kAllThreads = ~U64{0}; // 64 of them, one bit each
static_assert(kThreads == 64);

struct Registers {
    U64 value[kClasses][8] = {};
    U64& at(RegisterClass c, U64 index) { return value[static_cast<std::size_t>(c)][index]; }
    void set(RegisterClass c, U64 index, U64 bits) { at(c, index) = bits & kMasks[static_cast<std::size_t>(c)]; }
};
using File = std::array<Registers, kThreads>;

class Interpreter {
  public:
    Interpreter(const Program& program, std::array<Thread, kThreads>& threads) : program_(program), threads_(threads) {}

    void block(const Block& b, File& file, U64 active) {
        for (const Statement& s : b)
            if (active) statement(s, file, active);
    }

  private:
    void statement(const Statement& s, File& file, U64 active) {
        switch (s.form) {
        case Statement::Form::Operate: operate(s, file, active); break;
        case Statement::Form::If: branch(s, file, active); break;
        case Statement::Form::Loop: loop(s, file, active); break;
        case Statement::Form::Switch: choose(s, file, active); break;
        case Statement::Form::Call: call(s, file, active); break;
        }
    }

    static U64 source(const Statement& s, std::size_t i, Registers& r) {
        const Operand& o = s.sources[i];
        return o.immediate ? o.value : r.at(class_of(s.operation->sources[i]), o.value);
    }

    void operate(const Statement& s, File& file, U64 active) {
        const Operation& o = *s.operation;
        std::vector<std::array<U64, 6>> in(kThreads), out(kThreads);
        for (unsigned t = 0; t < kThreads; ++t)
            for (std::size_t i = 0; i < o.sources.size(); ++i) in[t][i] = source(s, i, file[t]);
        if (o.collective) o.collective(in, out);
        for (unsigned t = 0; t < kThreads; ++t) {
            if (!(active >> t & 1)) continue;
            if (s.guard >= 0 && (file[t].at(RegisterClass::Predicate, static_cast<U64>(s.guard)) != 0) == s.negated) continue;
            if (o.evaluate) o.evaluate(in[t].data(), out[t].data(), threads_[t]);
            for (std::size_t i = 0; i < o.results.size(); ++i) file[t].set(class_of(o.results[i]), s.results[i], out[t][i]);
        }
    }

    void branch(const Statement& s, File& file, U64 active) {
        U64 taken = 0;
        for (unsigned t = 0; t < kThreads; ++t)
            taken |= U64{(file[t].at(RegisterClass::Predicate, s.condition.value) != 0) != s.negated} << t;
        taken &= active;
        if (s.uniform)
            for (const U64 warp : {U64{0xffffffff}, U64{0xffffffff} << 32}) taken = taken & warp ? taken | (warp & active) : taken;
        block(s.blocks[0], file, taken);
        block(s.blocks[1], file, active & ~taken);
    }

    void loop(const Statement& s, File& file, U64 active) {
        std::array<U64, kThreads> left{};
        for (unsigned t = 0; t < kThreads; ++t)
            left[t] = s.condition.immediate ? s.condition.value : file[t].at(RegisterClass::B32, s.condition.value) & 3;
        for (U64 trip = 0; active; ++trip) {
            for (unsigned t = 0; t < kThreads; ++t)
                if (left[t] == trip) active &= ~(U64{1} << t);
            block(s.blocks[0], file, active);
        }
    }

    void choose(const Statement& s, File& file, U64 active) {
        std::vector<U64> chosen(s.blocks.size());
        for (unsigned t = 0; t < kThreads; ++t)
            chosen[file[t].at(RegisterClass::B32, s.condition.value) & (s.blocks.size() - 1)] |= U64{1} << t;
        for (std::size_t i = 0; i < s.blocks.size(); ++i) block(s.blocks[i], file, chosen[i] & active);
    }

    void call(const Statement& s, File& file, U64 active) {
        auto inner = std::make_unique<File>();
        for (unsigned t = 0; t < kThreads; ++t) {
            Registers &r = (*inner)[t], &caller = file[t];
            const U64 h = caller.at(RegisterClass::B16, 0), w = caller.at(RegisterClass::B32, 0), d = caller.at(RegisterClass::B64, 0),
                      f = caller.at(RegisterClass::F64, 0);
            for (unsigned i = 0; i < kRegisters[0]; ++i) r.set(RegisterClass::Predicate, i, w >> i);
            for (unsigned i = 0; i < kRegisters[1]; ++i) r.set(RegisterClass::B16, i, h ^ kSpread * i);
            for (unsigned i = 0; i < kRegisters[2]; ++i) r.set(RegisterClass::B32, i, w ^ kSpread * i);
            for (unsigned i = 0; i < kRegisters[3]; ++i) r.set(RegisterClass::B64, i, d ^ kSpread * i);
            for (unsigned i = 0; i < kRegisters[4]; ++i) r.set(RegisterClass::F64, i, i % 2 ? r.at(RegisterClass::B64, i) : f);
        }
        block(program_.functions[s.function], *inner, active);
        for (unsigned t = 0; t < kThreads; ++t)
            if (active >> t & 1)
                for (const RegisterClass c : {RegisterClass::B16, RegisterClass::B32, RegisterClass::B64, RegisterClass::F64})
                    file[t].set(c, 0, (*inner)[t].at(c, 0));
    }

    const Program& program_;
    std::array<Thread, kThreads>& threads_;
};

template <class T> U64 read(const std::uint8_t* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

void load_record(Registers& r, const std::uint8_t* record) {
    for (unsigned i = 0; i < kRegisters[0]; ++i) r.set(RegisterClass::Predicate, i, read<U32>(record + 112) >> i);
    for (unsigned i = 0; i < kRegisters[1]; ++i) r.set(RegisterClass::B16, i, read<U16>(record + 104 + 2 * i));
    for (unsigned i = 0; i < kRegisters[2]; ++i) r.set(RegisterClass::B32, i, read<U32>(record + 4 * i));
    for (unsigned i = 0; i < kRegisters[3]; ++i) r.set(RegisterClass::B64, i, read<U64>(record + 32 + 8 * i));
    for (unsigned i = 0; i < kRegisters[4]; ++i) r.set(RegisterClass::F64, i, read<U64>(record + 72 + 8 * i));
}

void store_record(Registers& r, std::uint8_t* record) {
    U32 predicates = 0;
    for (unsigned i = 0; i < kRegisters[0]; ++i) predicates |= static_cast<U32>(r.at(RegisterClass::Predicate, i)) << i;
    std::memcpy(record + 112, &predicates, 4);
    for (unsigned i = 0; i < kRegisters[1]; ++i) std::memcpy(record + 104 + 2 * i, &r.at(RegisterClass::B16, i), 2);
    for (unsigned i = 0; i < kRegisters[2]; ++i) std::memcpy(record + 4 * i, &r.at(RegisterClass::B32, i), 4);
    for (unsigned i = 0; i < kRegisters[3]; ++i) std::memcpy(record + 32 + 8 * i, &r.at(RegisterClass::B64, i), 8);
    for (unsigned i = 0; i < kRegisters[4]; ++i) {
        const U64 f = r.at(RegisterClass::F64, i), shown = is_nan(Format::F64, f) ? canonical_nan(Format::F64) : f;
        std::memcpy(record + 72 + 8 * i, &shown, 8);
    }
}

bool uses_local(const Block& b) {
    for (const Statement& s : b) {
        if (s.operation &&
            (s.operation->text.find("%local") != std::string::npos || s.operation->text.find("%generic_local") != std::string::npos))
            return true;
        for (const Block& inner : s.blocks)
            if (uses_local(inner)) return true;
    }
    return false;
}

} // namespace

Output interpret(const Program& program, const Input& input) {
    Output output;
    output.registers.resize(input.registers.size());
    output.global = input.global;
    output.cells = input.cells;
    const bool local = uses_local(program.body);
    for (unsigned cta = 0; cta < kCtas; ++cta) {
        auto file = std::make_unique<File>();
        auto threads = std::make_unique<std::array<Thread, kThreads>>();
        for (unsigned t = 0; t < kThreads; ++t) {
            Thread& thread = (*threads)[t];
            const std::size_t index = cta * kThreads + t;
            thread.tid = t, thread.ctaid = cta;
            std::memcpy(thread.global.data(), &input.global[index * kPrivateBytes], kPrivateBytes);
            std::memcpy(thread.local.data(), thread.global.data(), kLocalBytes);
            thread.table = constant_table().data(), thread.scalars = input.scalars.data(), thread.cells = output.cells.data();
            load_record((*file)[t], &input.registers[index * kRecordBytes]);
        }
        Interpreter(program, *threads).block(program.body, *file, kAllThreads);
        for (unsigned t = 0; t < kThreads; ++t) {
            const std::size_t index = cta * kThreads + t;
            store_record((*file)[t], &output.registers[index * kRecordBytes]);
            if (local) std::memcpy(&output.registers[index * kRecordBytes + 128], (*threads)[t].local.data(), kLocalBytes);
            std::memcpy(&output.global[index * kPrivateBytes], (*threads)[t].global.data(), kPrivateBytes);
        }
    }
    return output;
}

} // namespace heddle::ptx_fuzz
