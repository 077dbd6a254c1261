#pragma once

#include <optional>
#include <string>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/grouping.hpp"

namespace nvrhub::notify {

/// One alert as a message shows it: all that a text needs, so that no renderer asks the store. The caller fills it.
/// Times are server time; 0: not yet.
struct AlertView {
  std::string id; // of the alert, the same in all its messages
  std::string rule;
  alerts::Level level = alerts::Level::nvr;
  alerts::Severity severity = alerts::Severity::warning;
  std::string site;        // empty: none
  std::string hostname;    // nvr, camera
  std::string device_name; // nvr, camera; empty or equal to the hostname: not shown
  std::string camera;
  alerts::State state = alerts::State::firing;
  alerts::Change change = alerts::Change::fired; // what the message is about
  fleet::WallMillis begun = 0;
  fleet::WallMillis fired = 0;
  fleet::WallMillis resolved = 0;
  bool flapping = false;
  std::optional<double> well_share; // flapping: of the last 10 minutes
  std::string acknowledged_by;      // empty: not
  std::string acknowledged_note;
  std::string maintenance; // reason or id of the window; empty: none
  std::string link;        // to the alert on the page; empty: none

  bool is_resolved() const { return state == alerts::State::resolved; }
};

/// A message with the alerts of its items.
struct MessageView {
  alerts::Message message;
  std::vector<AlertView> alerts; // one per item, in their order; not empty
  std::string link;              // to all alerts on the page; empty: none
  bool is_test = false;          // of `nvrhub alerts test`
};

} // namespace nvrhub::notify
