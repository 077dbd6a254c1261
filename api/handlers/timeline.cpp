// GET /timeline: the counts of the fleet over time, for charts.
#include <algorithm>
#include <vector>

#include "api/handlers.hpp"
#include "api/query/list_response.hpp"
#include "api/query/time_range.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::api {

namespace {

constexpr fleet::WallMillis second = 1'000;

struct Steps {
  fleet::Span range;
  fleet::WallMillis step = 0;

  std::uint64_t count() const { return static_cast<std::uint64_t>((range.to - range.from) / step); }
};

Steps steps_of(const Target& target, fleet::WallMillis now) {
  constexpr std::uint64_t default_points = 720;
  constexpr std::uint64_t max_points = 2'000;
  Steps steps{time_range(target, now, 3'600 * second)};
  const auto length = static_cast<std::uint64_t>(steps.range.to - steps.range.from);
  const std::uint64_t default_step = (length + default_points * second - 1) / (default_points * second);
  const std::uint64_t max_step = 366 * 86'400;
  steps.step = static_cast<fleet::WallMillis>(
                   number_param(target, "step", std::max<std::uint64_t>(default_step, 1), 1, max_step)) *
               second;
  if (steps.count() <= max_points) return steps;
  const std::uint64_t least = length / (max_points * second) + 1;
  throw HttpError{bad_param("step", "at least " + std::to_string(least) +
                                        " (seconds) for this range: a response has at most " +
                                        std::to_string(max_points) + " points")};
}

/// The last run that reaches into the step that ends at `time`.
const fleet::Span* run_in_step(const std::vector<fleet::Span>& runs, fleet::WallMillis time, fleet::WallMillis step) {
  const auto later = std::upper_bound(runs.begin(), runs.end(), time,
                                      [](fleet::WallMillis at, const fleet::Span& run) { return at < run.from; });
  if (later == runs.begin()) return nullptr;
  const fleet::Span& run = *std::prev(later);
  return run.to > time - step ? &run : nullptr;
}

Response timeline(Context& context, const Request& request) {
  const fleet::WallMillis now = context.shared->now();
  const Steps steps = steps_of(request.target, now);
  std::vector<protocol::TimelinePoint> points;
  std::vector<fleet::Span> runs;
  fleet::Seq before = 0; // the last event of the previous step
  {
    const SnapshotSlice slice(context);
    runs = runs_until(slice.history(), steps.range.from, now);
    before = value_or_throw(slice.history().seq_at(steps.range.from));
  }
  for (std::uint64_t done = 0; done < steps.count();) {
    const SnapshotSlice slice(context);
    do {
      const fleet::WallMillis time = steps.range.from + static_cast<fleet::WallMillis>(done + 1) * steps.step;
      const fleet::Span* const run = run_in_step(runs, time, steps.step);
      const auto sample =
          run == nullptr ? std::nullopt : value_or_throw(slice.history().sample_at(std::min(time, run->to)));
      const fleet::Seq last = value_or_throw(slice.history().seq_at(time, std::max(before, sample ? sample->head : 0)));
      if (sample && sample->at >= run->from) {
        const store::Counts& counts = sample->counts;
        points.push_back({time, last - before, counts.nvrs_online, counts.nvrs_offline, counts.cameras_online,
                          counts.cameras_offline, counts.cameras_other});
      }
      before = last;
    } while (++done < steps.count() && !slice.is_over());
  }
  if (wants_csv(request.accept)) return csv_answer(protocol::timeline_csv(points), "timeline");
  return {200, protocol::encode_timeline(steps.range, steps.step / second, points)};
}

} // namespace

void get_timeline(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), timeline);
}

} // namespace nvrhub::api
