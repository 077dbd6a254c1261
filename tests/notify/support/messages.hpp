#pragma once

#include "notify/message.hpp"

namespace nvrhub::notify::testing {

inline constexpr fleet::WallMillis noon = 1'777'636'803'120; // 2026-05-01T12:00:03.120Z

inline AlertView nvr_alert(const std::string& hostname = "NVR-7") {
  AlertView alert;
  alert.id = "a1b2-" + hostname;
  alert.rule = "nvr-offline";
  alert.severity = alerts::Severity::critical;
  alert.site = "Berlin";
  alert.hostname = hostname;
  alert.device_name = "Gate house";
  alert.begun = noon;
  alert.fired = noon + 120'000;
  return alert;
}

inline AlertView camera_alert(const std::string& camera) {
  AlertView alert = nvr_alert();
  alert.id = "c3-" + camera;
  alert.rule = "camera-not-online";
  alert.level = alerts::Level::camera;
  alert.severity = alerts::Severity::warning;
  alert.camera = camera;
  return alert;
}

inline AlertView resolved(AlertView alert) {
  alert.state = alerts::State::resolved;
  alert.change = alerts::Change::resolved;
  alert.resolved = alert.begun + 600'000;
  return alert;
}

inline MessageView message_of(std::vector<AlertView> alerts) {
  MessageView view;
  view.message.id = "msg_0123456789abcdef";
  view.message.channel = "ops";
  view.message.site = alerts.front().site;
  view.message.severity = alerts.front().severity;
  view.message.kind = alerts.front().is_resolved() ? alerts::MessageKind::resolved : alerts::MessageKind::firing;
  view.message.at = noon + 130'000;
  view.alerts = std::move(alerts);
  return view;
}

/// A name that tries to be markup, a mention, a header and a line of its own.
inline const std::string hostile =
    "x\"}<!channel> @everyone [go](http://evil.example) <b onload='a'>&\\`*_\r\nBcc: a@b.example\n{{id}}";

} // namespace nvrhub::notify::testing
