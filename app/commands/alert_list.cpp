// `nvrhub alerts list`: the alerts of a running server as lines.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <boost/url/url.hpp>
#include <fmt/format.h>

#include "app/cli/api_client.hpp"
#include "app/cli/types.hpp"
#include "client/local_time.hpp"

namespace nvrhub::app {

namespace {

using nlohmann::json;

struct ListFlags {
  ClientFlags client;
  std::string state = "firing";
  std::string site;
  std::string since;
  bool json = false;
};

std::string subject_of(const json& alert) {
  const std::string site = text_in(alert, "site");
  if (text_in(alert, "level") == "site") return "site " + site;
  const std::string nvr = text_in(alert, "hostname") + (site.empty() ? "" : " of " + site);
  return text_in(alert, "level") == "camera" ? text_in(alert, "camera") + " of " + nvr : nvr;
}

/// Who has acknowledged the alert, or why it sends no message; empty if there is neither.
std::string remark_on(const json& alert) {
  if (const auto who = alert.find("acknowledged"); who != alert.end() && who->is_object()) {
    const std::string note = text_in(*who, "note");
    return "acknowledged by " + text_in(*who, "by") + (note.empty() ? "" : ": " + note);
  }
  if (!text_in(alert, "maintenance").empty()) return "silent: maintenance";
  if (!text_in(alert, "inhibited_by").empty()) return "silent: its NVR or site is the cause";
  return "";
}

/// "2024-01-15 11:30:30  firing  critical  NVR-1 of Main  nvr-offline  5e6f0c9a1b2d3e4f"
std::string line_of(const json& alert) {
  std::string line =
      fmt::format("{}  {:<8}  {:<8}  {}  {}  {}", client::local_time(text_in(alert, "begun")), text_in(alert, "state"),
                  text_in(alert, "severity"), subject_of(alert), text_in(alert, "rule"), text_in(alert, "id"));
  if (const std::string end = text_in(alert, "resolved"); !end.empty()) line += "  until " + client::local_time(end);
  if (alert.value("flapping", false)) line += "  flapping";
  if (const std::string remark = remark_on(alert); !remark.empty()) line += "  " + remark;
  return line;
}

int list(const CLI::App& command, const ListFlags& flags) {
  const auto server = read_client_flags_without_path(command, flags.client);
  if (!server) return report_failure(command, server.error());
  boost::urls::url path("/api/v1/alerts?limit=1000");
  if (flags.state != "all") path.params().set("state", flags.state);
  if (command.count("--site") > 0) path.params().set("site", flags.site);
  if (!flags.since.empty()) path.params().set("since", flags.since);
  client::HttpClient http(*server);
  std::size_t count = 0;
  const auto done = each_item(http, std::string(path.buffer()), "alerts", [&](const json& alert) {
    ++count;
    std::cout << (flags.json ? alert.dump() : line_of(alert)) << "\n";
  });
  if (!done) return report_failure(command, done.error());
  if (count == 0) std::cerr << "no alerts\n";
  return 0;
}

} // namespace

void add_alert_list(CLI::App& alerts, int& result) {
  const auto flags = std::make_shared<ListFlags>();
  CLI::App* command = alerts.add_subcommand("list", "Print the alerts of a running server");
  add_client_flags(*command, flags->client, "role dashboard, operator or admin");
  command->add_option("--state", flags->state, "pending, firing, resolved, or all")
      ->check(CLI::IsMember({"pending", "firing", "resolved", "all"}))
      ->capture_default_str();
  command->add_option("--site", flags->site, "Only alerts of this site, \"\": of NVRs without one")->type_name("NAME");
  command->add_option("--since", flags->since, "Only those that changed after this seq or time (2024-01-15T10:30:00Z)")
      ->type_name("SEQ|TIME");
  command->add_flag("--json", flags->json, "Print each alert as the server sends it, one JSON object per line");
  add_environment(*command);
  command->callback([flags, command, &result] { result = list(*command, *flags); });
}

} // namespace nvrhub::app
