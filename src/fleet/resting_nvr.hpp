#pragma once

#include <string>

#include "fleet/nvr.hpp"

namespace nvrhub::fleet {

/// An NVR whose cameras are put away while nobody looks at them: most NVRs of a fleet have nothing to do at any time,
/// and at rest their cameras take a third of the memory, in one piece.
class RestingNvr {
public:
  RestingNvr() = default;
  RestingNvr& operator=(Nvr nvr);

  /// All but the cameras.
  const NvrHead* operator->() const { return &nvr_; }
  NvrHead& head() { return nvr_; }

  /// The NVR with its cameras, until the next rest().
  Nvr& open();
  void rest();

private:
  Nvr nvr_;            // without its cameras while at rest
  std::string packed_; // of the cameras; empty: there are none, or they are in nvr_
};

} // namespace nvrhub::fleet
