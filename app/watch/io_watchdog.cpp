#include "app/watch/io_watchdog.hpp"

#include <algorithm>

namespace nvrhub::app {

IoWatchdog::IoWatchdog(net::IoPool& pool) : pool_(pool), probes_(std::make_shared<std::vector<Probe>>(pool.size())) {}

void IoWatchdog::probe(Time now) {
  for (std::size_t i = 0; i < probes_->size(); ++i) {
    Probe& probe = (*probes_)[i];
    if (probe.pending) continue;
    probe.posted = now;
    probe.pending = true;
    pool_.thread(i).post([probes = probes_, i] { (*probes)[i].pending = false; });
  }
}

bool IoWatchdog::is_alive(Time now, std::chrono::milliseconds timeout) const {
  return std::all_of(probes_->begin(), probes_->end(),
                     [&](const Probe& probe) { return !probe.pending || now - probe.posted < timeout; });
}

} // namespace nvrhub::app
