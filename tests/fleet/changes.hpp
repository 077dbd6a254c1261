#pragma once

#include <string>

#include "fleet/event.hpp"

namespace nvrhub::fleet::test {

inline constexpr NvrSummary nothing{};
inline constexpr NvrSummary well{true, true, 2, 0, 0};
inline constexpr NvrSummary partly{true, true, 1, 0, 1};
inline constexpr NvrSummary down{true, false, 0, 2, 0};

/// An event as the store completes it: with the NVR before and after.
inline Event change(Seq seq, NvrId id, const NvrSummary& before, const NvrSummary& after, Kind kind = Kind::cameras) {
  Event event;
  event.seq = seq;
  event.kind = kind;
  event.nvr_id = id;
  event.hostname = "NVR-" + std::to_string(id);
  event.before = before;
  event.after = after;
  return event;
}

/// An NVR without problems moves to another site.
inline Event move(Seq seq, NvrId id, const std::string& from, const std::string& to) {
  Event event = change(seq, id, well, well, Kind::registered);
  event.hostname_before = event.hostname;
  event.site_before = from;
  event.site = to;
  return event;
}

} // namespace nvrhub::fleet::test
