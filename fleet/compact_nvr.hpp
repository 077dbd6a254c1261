#pragma once

#include <string>

#include "fleet/nvr.hpp"

namespace nvrhub::fleet {

/// An NVR whose cameras are packed into one block while they are not needed: at any time most NVRs of a fleet have
/// nothing to do, and packed cameras take a tenth of the memory. THREADS: none of its own; one owner.
class CompactNvr {
public:
  CompactNvr() = default;
  CompactNvr& operator=(Nvr nvr);

  /// Everything except the cameras, packed or not.
  const NvrHead* operator->() const { return &nvr_; }
  NvrHead& head() { return nvr_; }

  /// The NVR with its cameras, until the next pack().
  Nvr& unpack();
  void pack();

private:
  Nvr nvr_;            // without its cameras while they are packed
  std::string packed_; // the cameras; empty: none, or they are in nvr_
};

} // namespace nvrhub::fleet
