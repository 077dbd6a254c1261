#include "notify/resend.hpp"

namespace nvrhub::notify {

void Resend::update(const AlertView& alert, fleet::WallMillis now) {
  const auto known = alerts_.find(alert.id);
  if (known == alerts_.end() && alerts_.size() >= max_alerts) return;
  if (alerts_.empty()) next_ = now + interval;
  alerts_[alert.id] = {alert, alert.is_resolved() ? now + resolved_for : 0};
}

std::vector<AlertView> Resend::take_due(fleet::WallMillis now) {
  std::vector<AlertView> due;
  if (alerts_.empty() || (now < next_ && next_ - now <= interval)) return due; // a clock may step back
  next_ = now + interval;
  std::erase_if(alerts_, [now](const auto& item) { return item.second.until != 0 && item.second.until <= now; });
  due.reserve(alerts_.size());
  for (const auto& [id, entry] : alerts_)
    due.push_back(entry.alert);
  return due;
}

std::optional<fleet::WallMillis> Resend::next_deadline() const {
  if (alerts_.empty()) return std::nullopt;
  return next_;
}

} // namespace nvrhub::notify
