#include <algorithm>
#include <cmath>

#include "notify/render/escape.hpp"
#include "notify/render/render.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_named = 3; // subjects in a title

std::string label_of(const MessageView& view) {
  std::string label;
  switch (view.message.kind) {
  case alerts::MessageKind::resolved:
    label = "resolved";
    break;
  case alerts::MessageKind::digest:
    label = "digest, " + std::string(alerts::to_string(view.message.severity));
    break;
  case alerts::MessageKind::reminder:
    label = "reminder, " + std::string(alerts::to_string(view.message.severity));
    break;
  default:
    label = alerts::to_string(view.message.severity);
  }
  return view.is_test ? "[test] [" + label + "] " : "[" + label + "] ";
}

std::string nvr_of(const AlertView& alert) {
  const bool has_name = !alert.device_name.empty() && alert.device_name != alert.hostname;
  return alert.hostname + (has_name ? " (" + alert.device_name + ")" : "");
}

std::string short_subject(const AlertView& alert) {
  switch (alert.level) {
  case alerts::Level::site:
    return alert.site.empty() ? "NVRs without a site" : alert.site;
  case alerts::Level::nvr:
    return alert.hostname;
  case alerts::Level::camera:
    return alert.camera + " of " + alert.hostname;
  }
  return "?";
}

} // namespace

std::size_t firing_in(const MessageView& view) {
  return static_cast<std::size_t>(std::count_if(view.alerts.begin(), view.alerts.end(),
                                                [](const AlertView& alert) { return !alert.is_resolved(); }));
}

const std::string& link_of(const MessageView& view) {
  return view.alerts.size() == 1 && !view.alerts.front().link.empty() ? view.alerts.front().link : view.link;
}

std::string subject_of(const AlertView& alert) {
  switch (alert.level) {
  case alerts::Level::site:
    return alert.site.empty() ? "the NVRs without a site" : "site " + alert.site;
  case alerts::Level::nvr:
    return nvr_of(alert);
  case alerts::Level::camera:
    return "camera " + alert.camera + " of " + nvr_of(alert);
  }
  return "?";
}

std::string title_of(const MessageView& view) {
  const std::string& site = view.message.site;
  std::string title = label_of(view);
  if (view.alerts.size() == 1) {
    const AlertView& alert = view.alerts.front();
    title += alert.rule + ": " + subject_of(alert);
    if (!site.empty() && alert.level != alerts::Level::site) title += ", " + site;
    return single_line(title);
  }
  title += std::to_string(view.alerts.size()) + " alerts" + (site.empty() ? "" : ", " + site);
  if (view.message.kind == alerts::MessageKind::mixed || view.message.kind == alerts::MessageKind::digest) {
    const std::size_t firing = firing_in(view);
    title += ": " + std::to_string(firing) + " firing, " + std::to_string(view.alerts.size() - firing) + " resolved";
    return single_line(title);
  }
  const std::size_t named = std::min(view.alerts.size(), max_named);
  for (std::size_t i = 0; i < named; ++i)
    title += (i == 0 ? ": " : ", ") + short_subject(view.alerts[i]);
  if (named < view.alerts.size()) title += " and " + std::to_string(view.alerts.size() - named) + " more";
  return single_line(title);
}

std::string line_of(const AlertView& alert) {
  std::string line = subject_of(alert) + ": " + alert.rule;
  if (alert.is_resolved()) {
    line += " resolved";
    if (alert.resolved != 0) line += " " + plain_time(alert.resolved);
    if (alert.resolved > alert.begun && alert.begun != 0)
      line += ", after " + plain_duration(alert.resolved - alert.begun);
  } else {
    line += " since " + plain_time(alert.begun);
  }
  if (alert.flapping) {
    line += "; flapping";
    if (alert.well_share)
      line += ", well " + std::to_string(std::lround(*alert.well_share * 100)) + " % of the last 10 minutes";
  }
  if (!alert.acknowledged_by.empty()) {
    line += "; acknowledged by " + alert.acknowledged_by;
    if (!alert.acknowledged_note.empty()) line += " (" + alert.acknowledged_note + ")";
  }
  if (!alert.maintenance.empty()) line += "; maintenance: " + alert.maintenance;
  return single_line(line);
}

std::string text_of(const MessageView& view, std::size_t max_alerts) {
  std::string text;
  const std::size_t shown = std::min(view.alerts.size(), max_alerts);
  for (std::size_t i = 0; i < shown; ++i)
    text += line_of(view.alerts[i]) + "\n";
  if (shown < view.alerts.size()) text += "and " + std::to_string(view.alerts.size() - shown) + " more\n";
  return text;
}

} // namespace nvrhub::notify
