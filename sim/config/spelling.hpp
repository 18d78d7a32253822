// "Did you mean": the nearest of a few words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::config {

// Number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. Letters that differ
// only in case, and '-' against '_', cost nothing. Returns limit + 1 as soon as the distance is known to be above `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

// The candidate nearest to `word`; of equals the first that begins with the same letter, else the first; empty if none is near enough to be
// a misspelling (a third of the length of the longer word, at least one edit).
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

} // namespace heddle::config
