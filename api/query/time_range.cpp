#include "api/query/time_range.hpp"

#include <algorithm>

namespace nvrhub::api {

fleet::Span time_range(const Target& target, fleet::WallMillis now, fleet::WallMillis length) {
  const fleet::WallMillis to = std::min(time_param(target, "to").value_or(now), now);
  const fleet::Span range{time_param(target, "from").value_or(to - length), to};
  if (range.from < range.to) return range;
  throw HttpError{bad_param("from", range.from >= now ? "in the past" : "before to")};
}

std::vector<fleet::Span> runs_until(const store::History& history, fleet::WallMillis since, fleet::WallMillis now) {
  std::vector<fleet::Span> runs = value_or_throw(history.runs(since));
  if (!runs.empty()) runs.back().to = std::max(runs.back().to, now);
  return runs;
}

} // namespace nvrhub::api
