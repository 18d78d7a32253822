#include "tests/fuzz/ptx/program.hpp"

#include <cctype>
#include <fmt/format.h>

namespace heddle::ptx_fuzz {

namespace {

constexpr std::array<const char*, kClasses> kPrefix{"%p", "%h", "%w", "%d", "%f"};
constexpr std::array<const char*, kClasses> kTypes{".pred", ".b16", ".b32", ".b64", ".b64"};

std::size_t number(RegisterClass c) { return static_cast<std::size_t>(c); }
std::string name(char letter, U64 index) { return kPrefix[number(class_of(letter))] + std::to_string(index); }

std::string operand_text(char letter, const Operand& o) {
    if (!o.immediate) return name(letter, o.value);
    switch (letter) {
    case 'f': return fmt::format("0f{:08X}", o.value);
    case 'F': return fmt::format("0d{:016X}", o.value);
    case 'd': return fmt::format("0x{:x}U", o.value);
    default: return fmt::format("0x{:x}", o.value);
    }
}

class Printer {
  public:
    std::string text;

    void block(const Block& b) {
        for (const Statement& s : b) statement(s);
    }

    void prologue() {
        for (std::size_t c = 0; c < kClasses; ++c) line(fmt::format(".reg {} {}<{}>;", kTypes[c], kPrefix[c], kRegisters[c]));
        line(".reg .b32 %n<100>, %thread, %x; .reg .b64 %private, %local, %generic_local, %table, %generic_table, %cells, %record, "
             "%opaque, %y; .reg .pred %u;");
    }

    void line(const std::string& s) { text += "    " + s + "\n"; }

    // The number of predicate i is bit i of %x.
    void set_predicates() {
        for (unsigned i = 0; i < kRegisters[0]; ++i)
            line(fmt::format("{{ .reg .b32 t; and.b32 t, %x, {}; setp.ne.u32 %p{}, t, 0; }}", 1U << i, i));
    }

    std::string prefix; // of function names

  private:
    void statement(const Statement& s) {
        switch (s.form) {
        case Statement::Form::Operate: operate(s); break;
        case Statement::Form::If: branch(s); break;
        case Statement::Form::Loop: loop(s); break;
        case Statement::Form::Switch: choose(s); break;
        case Statement::Form::Call: call(s); break;
        }
    }

    void operate(const Statement& s) {
        const Operation& o = *s.operation;
        const unsigned use = uses_++;
        std::vector<std::string> operands;
        std::string before, after;
        for (std::size_t i = 0; i < o.results.size(); ++i) {
            const std::string target = name(o.results[i], s.results[i]);
            if (o.single()) {
                operands.push_back(target);
                continue;
            }
            const std::size_t c = number(class_of(o.results[i]));
            operands.push_back(fmt::format("r{}_{}", i, use));
            before += fmt::format(".reg {} r{}_{}; ", kTypes[c], i, use);
            after += fmt::format(" mov{} {}, r{}_{};", kTypes[c], target, i, use);
        }
        for (std::size_t i = 0; i < o.sources.size(); ++i) operands.push_back(operand_text(o.sources[i], s.sources[i]));
        std::string out = s.guard >= 0 ? fmt::format("@{}%p{} ", s.negated ? "!" : "", s.guard) : "";
        for (std::size_t i = 0; i < o.text.size(); ++i) {
            const char next = i + 1 < o.text.size() ? o.text[i + 1] : ' ';
            if (o.text[i] == '$') {
                out += operands.at(static_cast<std::size_t>(next - '0'));
                ++i;
            } else if (o.text[i] == '@' && std::isalpha(next)) {
                while (i + 1 < o.text.size() && std::isalpha(o.text[i + 1])) out += o.text[++i];
                out += fmt::format("_{}", use);
            } else {
                out += o.text[i];
            }
        }
        line(before.empty() ? out : "{ " + before + out + after + " }");
    }

    void branch(const Statement& s) {
        const unsigned n = labels_++;
        const std::string predicate = fmt::format("%p{}", s.condition.value);
        if (s.uniform) line(fmt::format("vote.sync.any.pred %u, {}{}, 0xffffffff;", s.negated ? "!" : "", predicate));
        line(s.uniform ? fmt::format("@!%u bra ELSE{};", n) : fmt::format("@{}{} bra ELSE{};", s.negated ? "" : "!", predicate, n));
        block(s.blocks[0]);
        if (!s.blocks[1].empty()) line(fmt::format("bra END{};", n));
        text += fmt::format("ELSE{}:\n", n);
        block(s.blocks[1]);
        if (!s.blocks[1].empty()) text += fmt::format("END{}:\n", n);
    }

    void loop(const Statement& s) {
        const unsigned n = labels_++;
        if (s.condition.immediate) line(fmt::format("mov.u32 %n{}, {};", n, s.condition.value));
        else line(fmt::format("and.b32 %n{}, %w{}, 3;", n, s.condition.value));
        text += fmt::format("LOOP{}:\n", n);
        line(fmt::format("{{ .reg .pred t; setp.eq.u32 t, %n{0}, 0; @t bra DONE{0}; }}", n));
        line(fmt::format("sub.u32 %n{0}, %n{0}, 1;", n));
        block(s.blocks[0]);
        line(fmt::format("bra LOOP{};", n));
        text += fmt::format("DONE{}:\n", n);
    }

    void choose(const Statement& s) {
        const unsigned n = labels_++;
        std::string targets;
        for (std::size_t i = 0; i < s.blocks.size(); ++i) targets += fmt::format("{}CASE{}_{}", i ? ", " : "", n, i);
        line(fmt::format("and.b32 %x, %w{}, {};", s.condition.value, s.blocks.size() - 1));
        text += fmt::format("TABLE{}: .branchtargets {};\n", n, targets);
        line(fmt::format("brx.idx %x, TABLE{};", n));
        for (std::size_t i = 0; i < s.blocks.size(); ++i) {
            text += fmt::format("CASE{}_{}:\n", n, i);
            block(s.blocks[i]);
            line(fmt::format("bra END{};", n));
        }
        text += fmt::format("END{}:\n", n);
    }

    void call(const Statement& s) {
        line("{ .param .b32 to_a; .param .b64 to_b; .param .b16 to_c; .param .b64 to_d; .param .align 8 .b8 from[32];");
        line("st.param.b32 [to_a], %w0; st.param.b64 [to_b], %d0; st.param.b16 [to_c], %h0; st.param.b64 [to_d], %f0;");
        line(fmt::format("call (from), {}{}, (to_a, to_b, to_c, to_d);", prefix, s.function)); // not .uni: threads may have parted
        line("ld.param.b32 %w0, [from]; ld.param.b64 %d0, [from+8]; ld.param.b16 %h0, [from+16]; ld.param.b64 %f0, [from+24]; }");
    }

    unsigned uses_ = 0, labels_ = 0;
};

bool mentions(const Block& b, const char* word) {
    for (const Statement& s : b) {
        if (s.operation && s.operation->text.find(word) != std::string::npos) return true;
        for (const Block& inner : s.blocks)
            if (mentions(inner, word)) return true;
    }
    return false;
}

std::string function_text(const Block& body, const std::string& prefix, std::size_t index) {
    Printer p;
    p.prefix = prefix;
    p.text = fmt::format(".func (.param .align 8 .b8 result[32]) {}{}(.param .b32 a, .param .b64 b, .param .b16 c, .param .b64 d)\n{{\n",
                         prefix, index);
    p.prologue();
    p.line("ld.param.b32 %w0, [a]; ld.param.b64 %d0, [b]; ld.param.b16 %h0, [c]; ld.param.b64 %f0, [d];");
    for (unsigned i = 1; i < kRegisters[2]; ++i) p.line(fmt::format("xor.b32 %w{}, %w0, 0x{:x};", i, static_cast<U32>(kSpread * i)));
    for (unsigned i = 1; i < kRegisters[3]; ++i) p.line(fmt::format("xor.b64 %d{}, %d0, 0x{:x}U;", i, kSpread * i));
    for (unsigned i = 1; i < kRegisters[1]; ++i) p.line(fmt::format("xor.b16 %h{}, %h0, 0x{:x};", i, static_cast<U16>(kSpread * i)));
    for (unsigned i = 1; i < kRegisters[4]; ++i) p.line(fmt::format("mov.b64 %f{}, %{}{};", i, i % 2 ? 'd' : 'f', i % 2 ? i : 0));
    p.line("mov.b32 %x, %w0;");
    p.set_predicates();
    p.block(body);
    p.line("st.param.b32 [result], %w0; st.param.b64 [result+8], %d0; st.param.b16 [result+16], %h0; st.param.b64 [result+24], %f0; ret;");
    return p.text + "}\n";
}

void load_record(Printer& p, bool local) {
    p.line("mov.u32 %thread, %tid.x; mov.u32 %x, %ctaid.x;");
    p.line(fmt::format("mad.lo.u32 %x, %x, {}, %thread; ld.param.u64 %y, [in]; mad.wide.u32 %record, %x, {}, %y;", kThreads, kRecordBytes));
    p.line(fmt::format("ld.param.u64 %y, [global]; mad.wide.u32 %private, %x, {}, %y; ld.param.u64 %cells, [cells];", kPrivateBytes));
    p.line("mov.u64 %table, table; cvta.const.u64 %generic_table, %table;");
    for (unsigned i = 0; i < kRegisters[2]; ++i) p.line(fmt::format("ld.global.b32 %w{}, [%record+{}];", i, 4 * i));
    for (unsigned i = 0; i < kRegisters[3]; ++i) p.line(fmt::format("ld.global.b64 %d{}, [%record+{}];", i, 32 + 8 * i));
    for (unsigned i = 0; i < kRegisters[4]; ++i) p.line(fmt::format("ld.global.b64 %f{}, [%record+{}];", i, 72 + 8 * i));
    for (unsigned i = 0; i < kRegisters[1]; ++i) p.line(fmt::format("ld.global.b16 %h{}, [%record+{}];", i, 104 + 2 * i));
    if (local) {
        p.line("mov.u64 %local, room; cvta.local.u64 %generic_local, %local;");
        for (unsigned i = 0; i < kLocalBytes; i += 8)
            p.line(fmt::format("ld.global.b64 %y, [%private+{0}]; st.local.b64 [%local+{0}], %y;", i));
    }
    p.line("ld.global.b64 %opaque, [%record+120]; ld.global.b32 %x, [%record+112];");
    p.set_predicates();
}

void store_record(Printer& p, bool local) {
    p.line(fmt::format("mov.u32 %x, %ctaid.x; mad.lo.u32 %x, %x, {}, %thread; ld.param.u64 %y, [out]; mad.wide.u32 %record, %x, {}, %y;",
                       kThreads, kRecordBytes));
    for (unsigned i = 0; i < kRegisters[2]; ++i) p.line(fmt::format("st.global.b32 [%record+{}], %w{};", 4 * i, i));
    for (unsigned i = 0; i < kRegisters[3]; ++i) p.line(fmt::format("st.global.b64 [%record+{}], %d{};", 32 + 8 * i, i));
    for (unsigned i = 0; i < kRegisters[4]; ++i)
        p.line(fmt::format("setp.nan.f64 %u, %f{0}, %f{0}; selp.b64 %y, 0xfff8000000000000U, %f{0}, %u; st.global.b64 [%record+{1}], %y;",
                           i, 72 + 8 * i));
    for (unsigned i = 0; i < kRegisters[1]; ++i) p.line(fmt::format("st.global.b16 [%record+{}], %h{};", 104 + 2 * i, i));
    p.line("mov.u32 %x, 0;");
    for (unsigned i = 0; i < kRegisters[0]; ++i)
        p.line(fmt::format("{{ .reg .b32 t; selp.u32 t, {}, 0, %p{}; or.b32 %x, %x, t; }}", 1U << i, i));
    p.line("st.global.b32 [%record+112], %x;");
    if (local)
        for (unsigned i = 0; i < kLocalBytes; i += 8)
            p.line(fmt::format("ld.local.b64 %y, [%local+{}]; st.global.b64 [%record+{}], %y;", i, 128 + i));
}

std::string program_text(const Program& program) {
    const std::string name = entry_name(program), prefix = "of_" + name + "_";
    std::string text;
    for (std::size_t i = 0; i < program.functions.size(); ++i) text += function_text(program.functions[i], prefix, i);
    Printer p;
    p.prefix = prefix;
    const bool local = mentions(program.body, "%local") || mentions(program.body, "%generic_local");
    p.text = fmt::format(".visible .entry {}(.param .u64 in, .param .u64 out, .param .u64 global, .param .u64 cells, .param .align 16 .b8 "
                         "scalars[{}])\n{{\n",
                         name, kScalarBytes);
    p.line(fmt::format(".shared .align 16 .b8 shared[{}];", kThreads * 8 + 16));
    if (local) p.line(fmt::format(".local .align 16 .b8 room[{}];", kLocalBytes));
    p.prologue();
    load_record(p, local);
    p.block(program.body);
    store_record(p, local);
    p.line("ret;");
    return text + p.text + "}\n";
}

} // namespace

std::string entry_name(const Program& program) { return "program_" + std::to_string(program.seed); }

std::string print_module(const std::vector<const Program*>& programs, const std::string& target) {
    std::string text = fmt::format(".version 8.0\n.target {}\n.address_size 64\n.const .align 16 .b8 table[{}] = {{", target, kTableBytes);
    for (unsigned i = 0; i < kTableBytes; ++i) text += fmt::format("{}{}", i ? "," : "", constant_table()[i]);
    text += "};\n";
    for (const Program* program : programs) text += program_text(*program);
    return text;
}

} // namespace heddle::ptx_fuzz
