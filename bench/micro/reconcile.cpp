#include "fleet/reconcile.hpp"

#include <array>

#include "heartbeat.hpp"
#include "paths.hpp"

namespace bench {

using namespace nvrhub;

namespace {

/// An NVR that alternates between all cameras online and `changes` of them offline: so many changes per report.
class Turns {
public:
  explicit Turns(std::size_t changes) : changes_(changes), reports_{report(0), report(changes)} {
    fleet::ReconcileRules first;
    first.enroll = true;
    fleet::reconcile(nvr_, *reports_[0], 1, first);
  }

  bool next() {
    turn_ = 1 - turn_;
    return fleet::reconcile(nvr_, *reports_[turn_], 2, {}).changed.size() == changes_;
  }

private:
  static protocol::ReportPtr report(std::size_t offline) {
    return std::get<protocol::Heartbeat>(decoded(heartbeat(offline)).body).report;
  }

  std::size_t changes_;
  std::array<protocol::ReportPtr, 2> reports_;
  fleet::Nvr nvr_;
  std::size_t turn_ = 0;
};

Path path(std::string name, std::size_t changes) {
  return {std::move(name), [turns = Turns(changes)]() mutable { return turns.next(); }};
}

} // namespace

std::vector<Path> reconcile_paths() {
  return {path("reconcile/nothing", 0), path("reconcile/one", 1), path("reconcile/all", camera_count)};
}

} // namespace bench
