#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/rule.hpp"
#include "fleet/nvr.hpp"

namespace nvrhub::alerts {

/// The number of an alert: a hash of its rule, subject and the event that began it, so that a replay gives it again.
using AlertId = std::uint64_t;
/// Channels as bits: bit i is the i-th channel of the configuration.
using ChannelMask = std::uint32_t;
static_assert(max_channels <= std::numeric_limits<ChannelMask>::digits);
/// Server time without the time in which nothing was observed. Milliseconds; only differences have a meaning.
using ObservedMillis = std::int64_t;
inline constexpr ObservedMillis never = std::numeric_limits<ObservedMillis>::max();

enum class State : std::uint8_t { pending, firing, resolved };

/// What an alert is about: a site (`nvr_id` 0, its name), an NVR (no name), or a camera of an NVR (its name).
struct Subject {
  fleet::NvrId nvr_id = 0;
  std::string name;

  friend bool operator==(const Subject&, const Subject&) = default;
};

struct Acknowledgement {
  std::string who;
  std::string note;
  fleet::WallMillis at = 0;

  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

/// One alert, as it is stored. Times are server time; 0: not yet.
struct Alert {
  AlertId id = 0;
  Subject subject;
  fleet::Seq begun_seq = 0;    // of the event that began it
  fleet::WallMillis begun = 0; // when that event happened
  fleet::WallMillis fired = 0;
  fleet::WallMillis ended = 0; // when the condition ended; 0: it holds
  fleet::WallMillis resolved = 0;
  // pending: when it fires. Firing and ended: when it resolves. Resolved: when a return counts no longer as one.
  ObservedMillis deadline = never;
  ObservedMillis hold_until = never; // conflict: when the condition ends by itself
  ObservedMillis remind_at = never;
  std::vector<ObservedMillis>
      changes; // begin, end, begin ... of the condition in the last 10 minutes, see flapping.hpp
  std::shared_ptr<const Acknowledgement> acknowledged; // null: not
  ChannelMask announced = 0;                           // channels that know that it fires
  fleet::WallMillis unconfirmed_until = 0; // the times above assume that its NVR is not observed until then; 0: nothing
  std::uint16_t rule = 0;                  // index into the rules of the configuration
  std::uint16_t returns = 0;               // how often the condition came back within an hour after it had ended
  State state = State::pending;
  bool changes_truncated = false; // there were more changes than are kept

  bool is_flapping() const { return returns > 0; }
  /// It may inhibit: the condition holds or the alert fires until it is resolved.
  bool is_active() const { return state != State::resolved; }

  friend bool operator==(const Alert& a, const Alert& b);
};

/// What happened to an alert.
enum class Change : std::uint8_t {
  pending,      // the condition began
  dropped,      // it ended before the alert fired
  fired,        // it held for the time of the rule
  announced,    // a reason for silence ended while it fires
  reminded,     // it still fires and nobody has acknowledged it
  acknowledged, // an operator has seen it
  recovering,   // the condition ended; it fires until `keep` has passed
  relapsed,     // the condition came back while it was recovering
  resolved,     // the condition has been gone for `keep`, or the subject or rule is gone
  rescheduled,  // one of its deadlines or channels changed, or why it is silent
  expired,      // an hour after the end of a resolved alert: it is not kept to detect a return any longer
};

/// Whether a change is an event of the log. The others change only the stored record of the alert
/// (docs/internals/decisions/0036).
bool is_logged(Change change);

/// Why a change is not announced, or not on all channels of the rule.
enum class Silence : std::uint8_t {
  none,
  quiet,       // a change that is never announced, or the end of an alert that was not announced
  no_channel,  // the rule notifies no channel that exists
  inhibited,   // an alert of the site or the NVR is the cause
  maintenance, // planned work
};

std::string_view to_string(State state);
std::string_view to_string(Change change);
std::string_view to_string(Silence silence);

/// One change of one alert, with all that a message or a list shows.
struct Transition {
  Change change = Change::pending;
  fleet::WallMillis at = 0; // server time of the change
  Alert alert;              // after the change
  bool erased = false;      // its record is to be deleted
  std::string rule;
  Level level = Level::nvr;
  Severity severity = Severity::warning;
  std::string site;                 // of the subject
  std::string hostname;             // nvr, camera
  std::optional<double> well_share; // flapping: the share of the last 10 minutes in which the condition did not hold
  AlertId inhibited_by = 0;         // 0: none
  std::string maintenance;          // id of the window; empty: none
  ChannelMask announce = 0;         // channels that get a message
  Silence silence = Silence::quiet; // why none, if announce is 0
};

} // namespace nvrhub::alerts
