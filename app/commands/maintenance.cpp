// `nvrhub maintenance`: plans, lists and ends maintenance windows of a running server.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <boost/url/url.hpp>
#include <fmt/format.h>

#include "app/cli/api_client.hpp"
#include "app/cli/time_value.hpp"
#include "app/cli/types.hpp"
#include "app/commands/maintenance_line.hpp"
#include "client/local_time.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::app {

namespace {

using nlohmann::json;

struct MaintenanceFlags {
  ClientFlags client;
  // add
  std::string reason;
  std::vector<std::string> sites, hostnames, cameras;
  bool everything = false;
  std::string from = "now", to;
  Duration lasting;
  std::vector<std::string> days;
  std::string start, time_zone;
  // list
  bool json = false;
  // end
  std::string id;
};

int usage_error(const CLI::App& command, const std::string& message) {
  return report_failure(command, {message, 2});
}

/// What contradicts itself or is missing; empty: nothing. Values are checked by the server.
std::string wrong_combination(const CLI::App& command, const MaintenanceFlags& flags) {
  const bool names_any = !flags.sites.empty() || !flags.hostnames.empty() || !flags.cameras.empty();
  if (!names_any && !flags.everything)
    return "--site, --hostname or --camera is missing; --everything is for the whole fleet";
  if (names_any && flags.everything) return "--everything excludes --site, --hostname and --camera";
  const bool is_weekly = !flags.days.empty() || !flags.start.empty() || !flags.time_zone.empty();
  if (is_weekly) {
    if (command.count("--from") > 0 || !flags.to.empty())
      return "--day, --start and --time-zone exclude --from and --to";
    if (flags.days.empty() || flags.start.empty() || flags.time_zone.empty() || command.count("--for") == 0)
      return "a weekly window needs --day, --start, --for and --time-zone, such as --day sun --start 02:00 --for 2h "
             "--time-zone Europe/Berlin";
  } else if (flags.to.empty() == (command.count("--for") == 0)) {
    return "the end of the window is expected: either --for, such as 2h, or --to";
  }
  return "";
}

json filter_of(const MaintenanceFlags& flags) {
  json filter = json::object();
  if (!flags.sites.empty()) filter["sites"] = flags.sites;
  if (!flags.hostnames.empty()) filter["hostnames"] = flags.hostnames;
  if (!flags.cameras.empty()) filter["cameras"] = flags.cameras;
  return filter;
}

/// REQUIRES: no wrong_combination().
json window_of(const MaintenanceFlags& flags) {
  json window{{"reason", flags.reason}, {"filter", filter_of(flags)}};
  if (!flags.days.empty()) {
    window["weekly"] = {{"days", flags.days},
                        {"start", flags.start},
                        {"length", fmt::format("{}s", flags.lasting.value.count() / 1'000)},
                        {"time_zone", flags.time_zone}};
    return window;
  }
  const fleet::WallMillis from = *parse_time(flags.from);
  window["from"] = protocol::iso8601(from);
  window["to"] = protocol::iso8601(flags.to.empty() ? from + flags.lasting.value.count() : *parse_time(flags.to));
  return window;
}

int add(client::HttpClient& http, const CLI::App& command, const MaintenanceFlags& flags) {
  const auto planned = json_of(http.post("/api/v1/maintenance", "application/json",
                                         window_of(flags).dump(-1, ' ', false, json::error_handler_t::replace)));
  if (!planned) return report_failure(command, planned.error());
  std::cout << maintenance_line(*planned) << "\n";
  return 0;
}

int list(client::HttpClient& http, const CLI::App& command, const MaintenanceFlags& flags) {
  std::size_t count = 0;
  const auto done = each_item(http, "/api/v1/maintenance", "windows", [&](const json& window) {
    ++count;
    std::cout << (flags.json ? window.dump() : maintenance_line(window)) << "\n";
  });
  if (!done) return report_failure(command, done.error());
  if (count == 0) std::cerr << "no maintenance is planned\n";
  return 0;
}

int end(client::HttpClient& http, const CLI::App& command, const MaintenanceFlags& flags) {
  boost::urls::url path("/api/v1/maintenance");
  path.segments().push_back(flags.id);
  const auto ended = json_of(http.remove(std::string(path.buffer())));
  if (!ended) return report_failure(command, ended.error());
  std::cerr << "maintenance " << client::printable(flags.id) << " ended\n";
  return 0;
}

void add_window_flags(CLI::App& command, MaintenanceFlags& flags) {
  command.add_option("--reason", flags.reason, "Shown with the alerts that it silences")->type_name("TEXT")->required();
  const auto repeatable = [&](const char* name, std::vector<std::string>& values, const char* text) {
    command.add_option(name, values, text)->type_name("NAME")->allow_extra_args(false);
  };
  repeatable("--site", flags.sites, "Site that is worked on, \"\": NVRs without one; repeatable");
  repeatable("--hostname", flags.hostnames, "NVR that is worked on; repeatable");
  repeatable("--camera", flags.cameras, "Cameras of this name or pattern (CAM-0*); repeatable");
  command.add_flag("--everything", flags.everything, "The whole fleet, or all sites that the token may see");
  command.add_option("--from", flags.from, "Begin: now, a local time (\"2024-01-15 22:00\"), or UTC with a Z")
      ->type_name("TIME")
      ->check(time_check())
      ->capture_default_str();
  command.add_option("--to", flags.to, "End, as --from")->type_name("TIME")->check(time_check());
  command.add_option("--for", flags.lasting, "Length, in place of --to: up to 90d, weekly 6d")
      ->type_name("TIME")
      ->check(duration_check())
      ->excludes("--to");
  command.add_option("--day", flags.days, "Weekly: day on which it begins; repeatable")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"mon", "tue", "wed", "thu", "fri", "sat", "sun"}));
  command.add_option("--start", flags.start, "Weekly: time of day, such as 02:00")->type_name("HH:MM");
  command.add_option("--time-zone", flags.time_zone, "Weekly: zone of --start, such as Europe/Berlin")
      ->type_name("ZONE");
}

} // namespace

void add_maintenance(CLI::App& app, int& result) {
  const auto flags = std::make_shared<MaintenanceFlags>();
  CLI::App* command =
      app.add_subcommand("maintenance", "Plan, list and end maintenance, during which alerts are silent");
  command->require_subcommand(1);
  const auto subcommand = [&](const char* name, const char* what, const std::string& roles, auto run) {
    CLI::App* const sub = command->add_subcommand(name, what);
    add_client_flags(*sub, flags->client, roles);
    sub->callback([flags, sub, &result, run] {
      if (const std::string why = sub->get_name() == "add" ? wrong_combination(*sub, *flags) : ""; !why.empty()) {
        result = usage_error(*sub, why);
        return;
      }
      const auto server = read_client_flags_without_path(*sub, flags->client);
      if (!server) {
        result = report_failure(*sub, server.error());
        return;
      }
      client::HttpClient http(*server);
      result = run(http, *sub, *flags);
    });
    return sub;
  };
  CLI::App* const adding = subcommand("add", "Plan maintenance, once or weekly", "role operator or admin", add);
  add_window_flags(*adding, *flags);
  CLI::App* const listing =
      subcommand("list", "Print the windows that are active or planned", "role dashboard, operator or admin", list);
  listing->add_flag("--json", flags->json, "Print each window as the server sends it, one JSON object per line");
  CLI::App* const ending = subcommand("end", "End a window now", "role operator or admin", end);
  ending->add_option("id", flags->id, "The window's id, of `maintenance list`")->type_name("ID")->required();
  for (CLI::App* const sub : {adding, listing, ending})
    add_environment(*sub);
}

} // namespace nvrhub::app
