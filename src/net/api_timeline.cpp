// GET /timeline: the fleet in numbers over time, for strips.
#include <algorithm>
#include <vector>

#include "net/items.hpp"
#include "net/past.hpp"
#include "protocol/encode.hpp"

namespace nvrhub::net {

namespace {

constexpr fleet::WallMillis second = 1'000;

struct Steps {
  fleet::Span range;
  fleet::WallMillis step = 0;

  std::uint64_t count() const { return static_cast<std::uint64_t>((range.to - range.from) / step); }
};

Steps steps_of(const Target& target, fleet::WallMillis now) {
  constexpr std::uint64_t usual_points = 720;
  constexpr std::uint64_t most_points = 2'000;
  Steps steps{past_range(target, now, 3'600 * second)};
  const auto length = static_cast<std::uint64_t>(steps.range.to - steps.range.from);
  const std::uint64_t usual = (length + usual_points * second - 1) / (usual_points * second);
  const std::uint64_t most = 366 * 86'400;
  steps.step =
      static_cast<fleet::WallMillis>(number_param(target, "step", std::max<std::uint64_t>(usual, 1), 1, most)) * second;
  if (steps.count() <= most_points) return steps;
  const std::uint64_t least = length / (most_points * second) + 1;
  throw Stop{bad_param("step", "at least " + std::to_string(least) +
                                   " (seconds) for this range: an answer has at most " + std::to_string(most_points) +
                                   " points")};
}

/// The last run that reaches into the step that ends at `time`.
const fleet::Span* run_in_step(const std::vector<fleet::Span>& runs, fleet::WallMillis time, fleet::WallMillis step) {
  const auto later = std::upper_bound(runs.begin(), runs.end(), time,
                                      [](fleet::WallMillis at, const fleet::Span& run) { return at < run.from; });
  if (later == runs.begin()) return nullptr;
  const fleet::Span& run = *std::prev(later);
  return run.to > time - step ? &run : nullptr;
}

ApiResponse timeline(Services& services, const ApiRequest& request) {
  const fleet::WallMillis now = services.shared->now();
  const Steps steps = steps_of(request.target, now);
  std::vector<protocol::TimelinePoint> points;
  std::vector<fleet::Span> runs;
  fleet::Seq before = 0; // the last event of the step before
  {
    const Turn turn(services);
    runs = runs_until(turn.history(), steps.range.from, now);
    before = or_stop(turn.history().seq_at(steps.range.from));
  }
  for (std::uint64_t done = 0; done < steps.count();) {
    const Turn turn(services);
    do {
      const fleet::WallMillis time = steps.range.from + static_cast<fleet::WallMillis>(done + 1) * steps.step;
      const fleet::Span* const run = run_in_step(runs, time, steps.step);
      const auto sample = run == nullptr ? std::nullopt : or_stop(turn.history().sample_at(std::min(time, run->to)));
      const fleet::Seq last = or_stop(turn.history().seq_at(time, std::max(before, sample ? sample->head : 0)));
      if (sample && sample->at >= run->from) {
        const store::Counts& counts = sample->counts;
        points.push_back({time, last - before, counts.nvrs_online, counts.nvrs_offline, counts.cameras_online,
                          counts.cameras_offline, counts.cameras_other});
      }
      before = last;
    } while (++done < steps.count() && !turn.is_over());
  }
  if (wants_csv(request.accept)) return csv_answer(protocol::timeline_csv(points), "timeline");
  return {200, protocol::encode_timeline(steps.range, steps.step / second, points)};
}

} // namespace

void get_timeline(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(request), std::move(respond), timeline);
}

} // namespace nvrhub::net
