#include "fleet/availability.hpp"

#include <algorithm>
#include <utility>

#include "fleet/replay.hpp"

namespace nvrhub::fleet {

namespace {

constexpr std::string_view never_online = "never_online";

/// Whether an outage or online time of a camera, if one is measured, continues across an event.
bool is_unchanged(const std::optional<Camera>& before, const Camera* after, const Event& event) {
  if (!before || after == nullptr) return !before && after == nullptr;
  return before->status == after->status && before->source == after->source && before->since == after->since &&
         std::none_of(event.cameras.begin(), event.cameras.end(),
                      [&](const CameraChange& change) { return change.name == after->name; });
}

} // namespace

std::optional<double> Availability::share() const {
  if (online + offline == 0) return std::nullopt;
  return static_cast<double>(online) / static_cast<double>(online + offline);
}

AvailabilityMeter::AvailabilityMeter(const Span& range, std::vector<Span> observed, std::optional<std::string> camera,
                                     Beginning beginning)
    : range_(range), observed_(std::move(observed)), name_(std::move(camera)), nvr_(std::move(beginning.nvr)),
      nvr_cause_(std::move(beginning.nvr_cause)), accounted_(range.from) {
  drop_other_cameras();
  now_ = condition(beginning.camera_cause);
}

/// Events are applied only to what is measured.
void AvailabilityMeter::drop_other_cameras() {
  if (!nvr_) return;
  std::erase_if(nvr_->cameras, [this](const Camera& camera) { return !name_ || camera.name != *name_; });
}

const Camera* AvailabilityMeter::camera() const {
  return nvr_ && !nvr_->cameras.empty() ? &nvr_->cameras.front() : nullptr;
}

AvailabilityMeter::Condition AvailabilityMeter::condition(const std::string& fell_with) const {
  if (!name_) {
    if (!nvr_) return {};
    return {true, nvr_->online, nvr_->online ? "" : nvr_cause_};
  }
  const Camera* const its = camera();
  if (its == nullptr) return {};
  if (its->status.is_online()) return {true, true, ""};
  if (its->source == Source::nvr_unreachable) return {true, false, fell_with};
  return {true, false, std::string(its->source == Source::manual ? to_string(its->source) : its->status.text())};
}

void AvailabilityMeter::take(const Event& event) {
  const std::optional<Camera> before = camera() == nullptr ? std::nullopt : std::optional(*camera());
  if (event.kind == Kind::nvr_offline) nvr_cause_ = event.cause ? to_string(*event.cause) : "";
  if (event.kind == Kind::registered) {
    if (!nvr_) nvr_cause_ = never_online;
    nvr_ = event.nvr;
    drop_other_cameras();
  } else if (event.kind == Kind::removed) {
    nvr_.reset();
  } else if (nvr_) {
    fleet::apply(*nvr_, event);
  }
  if (name_ && is_unchanged(before, camera(), event)) return;
  Condition after = condition(nvr_cause_);
  if (after == now_) return;
  account(event.at);
  now_ = std::move(after);
}

Availability AvailabilityMeter::finish() && {
  account(range_.to);
  sums_.unobserved = range_.to - range_.from - sums_.online - sums_.offline;
  return std::move(sums_);
}

/// Adds the time until `to`. Nothing changed in it.
void AvailabilityMeter::account(WallMillis to) {
  to = std::clamp(to, accounted_, range_.to);
  for (; observing_ < observed_.size() && now_.exists; ++observing_) {
    const Span& seen = observed_[observing_];
    const Span span{std::max(accounted_, seen.from), std::min(to, seen.to)};
    if (span.from < span.to) {
      (now_.online ? sums_.online : sums_.offline) += span.to - span.from;
      if (!now_.online) add_outage(span);
      add_observed(span);
    }
    if (seen.to >= to) break;
  }
  accounted_ = to;
}

void AvailabilityMeter::add_observed(const Span& span) {
  std::deque<Span>& observed = sums_.observed;
  if (!observed.empty() && observed.back().to == span.from) {
    observed.back().to = span.to;
    return;
  }
  observed.push_back(span);
  if (observed.size() > Availability::max_outages) observed.pop_front();
}

void AvailabilityMeter::add_outage(const Span& span) {
  std::deque<Outage>& outages = sums_.outages;
  if (!outages.empty() && outages.back().to == span.from && outages.back().cause == now_.cause) {
    outages.back().to = span.to;
    return;
  }
  outages.push_back({span.from, span.to, now_.cause});
  if (outages.size() <= Availability::max_outages) return;
  outages.pop_front();
  ++sums_.left_out;
}

} // namespace nvrhub::fleet
