#pragma once

#include <vector>

#include "api/query/query.hpp"

namespace nvrhub::api {

/// `from` and `to` of a query about the past. `to` defaults to now and is never later; `from` defaults to `length`
/// before it.
fleet::Span time_range(const Target& target, fleet::WallMillis now, fleet::WallMillis length);

/// The times during which a server ran on this data directory; the current run ends now.
std::vector<fleet::Span> runs_until(const store::History& history, fleet::WallMillis since, fleet::WallMillis now);

} // namespace nvrhub::api
