#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "notify/message.hpp"

namespace nvrhub::notify {

/// The alerts that an Alertmanager has to hear of again each minute: it keeps no state of its own over a restart, and
/// ends what it does not hear of (alertmanager_hold in render.hpp). Those that are resolved are sent again for some
/// minutes. A value without thread and clock. THREADS: one at a time.
class Resend {
public:
  static constexpr fleet::WallMillis interval = 60'000;
  static constexpr fleet::WallMillis resolved_for = 15 * 60'000;
  static constexpr std::size_t max_alerts = 10'000; // further ones are sent once, with their message

  /// The alert was announced or resolved; also for each one that is announced when the server starts.
  void update(const AlertView& alert, fleet::WallMillis now);
  /// It is gone without a message.
  void remove(const std::string& id) { alerts_.erase(id); }
  /// What to send, at next_deadline(); empty: nothing is due.
  std::vector<AlertView> take_due(fleet::WallMillis now);
  std::optional<fleet::WallMillis> next_deadline() const;

private:
  struct Entry {
    AlertView alert;
    fleet::WallMillis until = 0; // 0: it fires
  };
  std::map<std::string, Entry> alerts_; // by id
  fleet::WallMillis next_ = 0;
};

} // namespace nvrhub::notify
