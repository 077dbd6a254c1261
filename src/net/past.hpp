#pragma once

#include <vector>

#include "net/query.hpp"

namespace nvrhub::net {

/// `from` and `to` of a question about the past. `to` is by default now, and never later; `from` is `length` before it.
fleet::Span past_range(const Target& target, fleet::WallMillis now, fleet::WallMillis length);

/// When a server ran; this one until now.
std::vector<fleet::Span> runs_until(const store::History& history, fleet::WallMillis since, fleet::WallMillis now);

} // namespace nvrhub::net
