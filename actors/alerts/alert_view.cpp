#include "actors/alerts/alert_view.hpp"

#include <algorithm>

#include "protocol/decode/alerts.hpp"
#include "protocol/encode/alerts.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::actors {

namespace {

using alerts::Change;
using alerts::Severity;
using alerts::State;

template <class Enum, std::size_t N>
std::optional<Enum> named(std::string_view text, const Enum (&all)[N]) {
  const auto* const found =
      std::find_if(std::begin(all), std::end(all), [&](Enum one) { return to_string(one) == text; });
  return found == std::end(all) ? std::nullopt : std::optional(*found);
}

std::optional<Change> change_of(std::string_view text) {
  return named(text, {Change::fired, Change::announced, Change::reminded, Change::acknowledged, Change::resolved,
                      Change::pending, Change::dropped, Change::recovering, Change::relapsed, Change::rescheduled,
                      Change::expired});
}

Severity severity_of(std::string_view text) {
  return named(text, {Severity::critical, Severity::warning, Severity::info}).value_or(Severity::warning);
}

fleet::WallMillis time_of(std::string_view text) {
  return protocol::parse_iso8601(text).value_or(0);
}

} // namespace

std::optional<alerts::Transition> transition_of(std::string_view json, const std::vector<std::string>& channels) {
  const auto fields = protocol::read_alert(json);
  const auto id = fields ? protocol::decode_alert_id(fields->id) : std::nullopt;
  const auto change = fields ? change_of(fields->change) : std::nullopt;
  if (!id || !change) return std::nullopt;
  alerts::Transition transition;
  transition.alert.id = *id;
  transition.change = *change;
  transition.at = time_of(fields->at);
  transition.site = fields->site;
  transition.severity = severity_of(fields->severity);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const auto& names = fields->notified;
    if (std::find(names.begin(), names.end(), channels[i]) != names.end())
      transition.announce |= alerts::ChannelMask{1} << i;
  }
  return transition;
}

std::optional<notify::AlertView> view_of(std::string_view json) {
  const auto fields = protocol::read_alert(json);
  const auto change = fields ? change_of(fields->change) : std::nullopt;
  if (!change) return std::nullopt;
  notify::AlertView view;
  view.id = fields->id;
  view.rule = fields->rule;
  view.level = named(fields->level, {alerts::Level::site, alerts::Level::nvr, alerts::Level::camera})
                   .value_or(alerts::Level::nvr);
  view.severity = severity_of(fields->severity);
  view.site = fields->site;
  view.hostname = fields->hostname;
  view.camera = fields->camera;
  view.state = named(fields->state, {State::pending, State::firing, State::resolved}).value_or(State::firing);
  view.change = *change;
  view.begun = time_of(fields->begun);
  view.fired = time_of(fields->fired);
  view.resolved = time_of(fields->resolved);
  view.flapping = fields->flapping;
  view.well_share = fields->well_share;
  view.acknowledged_by = fields->acknowledged_by;
  view.acknowledged_note = fields->acknowledged_note;
  view.maintenance = fields->maintenance;
  return view;
}

} // namespace nvrhub::actors
