#pragma once

#include <string>

#include "fleet/event.hpp"

namespace nvrhub::fleet::test {

inline constexpr Facts nothing{};
inline constexpr Facts well{true, true, 2, 0, 0};
inline constexpr Facts partly{true, true, 1, 0, 1};
inline constexpr Facts down{true, false, 0, 2, 0};

/// An event as the store places it: what its NVR was before, and is after.
inline Event change(Seq seq, NvrId id, const Facts& before, const Facts& after, Kind kind = Kind::cameras) {
  Event event;
  event.seq = seq;
  event.kind = kind;
  event.nvr_id = id;
  event.hostname = "NVR-" + std::to_string(id);
  event.before = before;
  event.after = after;
  return event;
}

/// An NVR that is well moves from one site to another.
inline Event move(Seq seq, NvrId id, const std::string& from, const std::string& to) {
  Event event = change(seq, id, well, well, Kind::registered);
  event.hostname_before = event.hostname;
  event.site_before = from;
  event.site = to;
  return event;
}

} // namespace nvrhub::fleet::test
