#include <nlohmann/json.hpp>

#include "simulate/nvr/report.hpp"

namespace nvrhub::simulate {

namespace {

using Json = nlohmann::ordered_json;

Json latency(const Latency& l) {
  return {{"count", l.count()},        {"p50", l.percentile(0.5)},    {"p90", l.percentile(0.9)},
          {"p99", l.percentile(0.99)}, {"p999", l.percentile(0.999)}, {"max", l.max()}};
}

template <typename Key>
Json counts(const std::map<Key, std::uint64_t>& by) {
  Json object = Json::object();
  for (const auto& [key, n] : by) {
    if constexpr (std::is_same_v<Key, std::string>)
      object[key] = n;
    else
      object[std::to_string(key)] = n;
  }
  return object;
}

Json phase_json(const Report& report, std::uint64_t done, TimePoint end) {
  const double seconds = phase_s(report, done, end);
  return seconds < 0 ? Json(nullptr) : Json(seconds);
}

} // namespace

std::string as_json(const Report& report) {
  const Totals& n = report.nvrs;
  const auto& changes = report.changes;
  const Json json = {
      {"nvrs", report.options.nvrs},
      {"cameras", report.options.cameras},
      {"ran_s", report.ran.count()},
      {"simulator_cpu_s", report.cpu_s},
      {"interrupted", report.interrupted},
      {"connect",
       {{"authenticated", n.answered_ever},
        {"all_authenticated_s", phase_json(report, n.answered_ever, n.last_first_auth)},
        {"shown_online", changes.shown_online},
        {"all_shown_s", phase_json(report, changes.shown_online, changes.last_first_online)}}},
      {"connections",
       {{"online", n.online},
        {"reconnects", n.reconnects},
        {"drops_clean", n.drops_clean},
        {"drops_abrupt", n.drops_abrupt},
        {"cut_off", n.cut_off},
        {"timeouts", n.timeouts},
        {"gave_up", n.gave_up},
        {"closes", counts(n.closes)},
        {"refusals", counts(n.refusals)},
        {"not_connected", counts(n.connect_fails)},
        {"broken", counts(n.breaks)}}},
      {"reports",
       {{"sent", n.reports},
        {"acked", n.acks},
        {"changed", n.changes},
        {"miscounted", n.miscounted},
        {"skipped", n.skipped},
        {"delayed", n.delayed},
        {"unanswered", n.unanswered},
        {"not_understood", n.not_understood},
        {"errors", counts(n.errors)}}},
      {"dashboards",
       {{"updates", changes.updates},
        {"messages", report.dashboards.messages},
        {"bytes", report.dashboards.bytes},
        {"lost", report.lost()},
        {"unmeasured", changes.unmeasured},
        {"foreign", changes.foreign},
        {"measuring_ends", report.dashboards.measuring_ends},
        {"ends", report.dashboards.ends},
        {"closes", counts(report.dashboards.closes)}}},
      {"latency_s",
       {{"report_ack", latency(n.ack)},
        {"change_dashboard", latency(changes.change)},
        {"auth_ok", latency(n.auth)},
        {"auth_dashboard", latency(changes.auth)}}},
      {"failures", report.failures()},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

} // namespace nvrhub::simulate
