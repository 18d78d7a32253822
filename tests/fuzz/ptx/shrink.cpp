#include "tests/fuzz/ptx/shrink.hpp"

namespace heddle::ptx_fuzz {

namespace {

std::size_t count(const Block& b) {
    std::size_t n = b.size();
    for (const Statement& s : b)
        for (const Block& inner : s.blocks) n += count(inner);
    return n;
}

// Takes out up to `length` statements of one block from the `index`-th on, in order of text. With `keep`, what a statement holds
// takes its place.
bool remove(Block& b, std::size_t& index, std::size_t length, bool keep) {
    for (std::size_t i = 0; i < b.size(); ++i) {
        if (index == 0) {
            const auto at = b.begin() + static_cast<std::ptrdiff_t>(i);
            if (keep && b[i].blocks.empty()) return false;
            Block inside;
            if (keep)
                for (const Block& inner : b[i].blocks) inside.insert(inside.end(), inner.begin(), inner.end());
            const std::size_t taken = keep ? 1 : std::min(length, b.size() - i);
            const auto next = b.erase(at, at + static_cast<std::ptrdiff_t>(taken));
            b.insert(next, inside.begin(), inside.end());
            return true;
        }
        --index;
        for (Block& inner : b[i].blocks) {
            const std::size_t here = count(inner);
            if (index < here) return remove(inner, index, length, keep);
            index -= here;
        }
    }
    return false;
}

bool remove(Program& p, std::size_t index, std::size_t length, bool keep) {
    if (index < count(p.body)) return remove(p.body, index, length, keep);
    index -= count(p.body);
    for (Block& f : p.functions) {
        if (index < count(f)) return remove(f, index, length, keep);
        index -= count(f);
    }
    return false;
}

std::size_t count(const Program& p) {
    std::size_t n = count(p.body);
    for (const Block& f : p.functions) n += count(f);
    return n;
}

} // namespace

Program shrink(Program program, const std::function<bool(const Program&)>& fails, unsigned tries) {
    const auto attempt = [&](std::size_t index, std::size_t length, bool keep) {
        Program smaller = program;
        if (tries == 0 || !remove(smaller, index, length, keep)) return false;
        --tries;
        if (!fails(smaller)) return false;
        program = std::move(smaller);
        return true;
    };
    for (std::size_t length = std::max<std::size_t>(count(program) / 2, 1); length > 0; length /= 2)
        for (std::size_t index = 0; index < count(program) && tries > 0;)
            if (!attempt(index, length, false) && !(length == 1 && attempt(index, 1, true))) ++index;
    // What was needed by something taken out later.
    for (bool again = true; again && tries > 0;) {
        again = false;
        for (std::size_t index = 0; index < count(program); ++index) again = attempt(index, 1, false) || again;
    }
    return program;
}

} // namespace heddle::ptx_fuzz
