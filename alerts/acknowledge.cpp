#include "alerts/engine.hpp"

namespace nvrhub::alerts {

bool Engine::acknowledge(std::string_view rule, const Subject& subject, AlertId id, Acknowledgement acknowledgement) {
  move_to(acknowledgement.at);
  const auto& rules = configuration_.rules;
  const auto named = std::find_if(rules.begin(), rules.end(), [&](const Rule& other) { return other.name == rule; });
  if (named == rules.end()) return false;
  const auto found = alerts_.find(Key{subject.nvr_id, subject.name, static_cast<std::uint16_t>(named - rules.begin())});
  if (found == alerts_.end() || found->second.id != id || !found->second.is_active()) return false;

  Alert& alert = found->second;
  const fleet::WallMillis at = std::max(acknowledgement.at, position_.now);
  unschedule(alert);
  alert.remind_at = never;
  alert.acknowledged = std::make_shared<const Acknowledgement>(std::move(acknowledgement));
  schedule(alert);
  emit(Change::acknowledged, alert, at);
  return true;
}

} // namespace nvrhub::alerts
