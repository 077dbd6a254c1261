// `nvrhub tail`: prints the events of a running server.
#include <charconv>
#include <memory>
#include <utility>

#include "app/cli/client_flags.hpp"
#include "app/cli/types.hpp"
#include "client/tail/tail.hpp"
#include "fleet/names.hpp"

namespace nvrhub::app {

namespace {

constexpr const char* a_name = "at most 200 bytes of UTF-8 without control characters";

CLI::Validator name_check(bool may_be_empty) {
  return {[may_be_empty](std::string& text) {
            if (fleet::is_valid_name(text) || (may_be_empty && text.empty())) return std::string();
            return "\"" + text + "\" is not a name: use " + (may_be_empty ? "" : "1 byte and ") + a_name +
                   (may_be_empty ? ", or an empty one for NVRs without a site" : "");
          },
          "", "name"};
}

CLI::Validator seq_check() {
  return {[](std::string& text) {
            std::uint64_t number = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (error == std::errc() && end == text.data() + text.size()) return std::string();
            return "\"" + text + "\" is not a seq: use the whole number of an event, such as 1234, or 0 for all";
          },
          "", "seq"};
}

} // namespace

void add_tail(CLI::App& app, int& result) {
  struct Flags {
    client::TailOptions options;
    ClientFlags client;
    std::uint64_t since = 0;
    std::string config;
  };
  auto flags = std::make_shared<Flags>();
  client::TailOptions& options = flags->options;
  CLI::App* command = app.add_subcommand("tail", "Print the events of a running server as they happen");
  add_client_flags(*command, flags->client, "role dashboard, operator or admin");
  const auto repeatable = [command](const char* name, std::vector<std::string>& values, const char* text) {
    return command->add_option(name, values, text)->type_name("NAME")->allow_extra_args(false);
  };
  repeatable("--site", options.sites, "Only NVRs of this site, \"\": of none; repeatable")->check(name_check(true));
  repeatable("--hostname", options.hostnames, "Only this NVR; repeatable")->check(name_check(false));
  repeatable("--camera", options.cameras, "Only cameras of this name or pattern (CAM-0*); repeatable")
      ->type_name("PATTERN")
      ->check(name_check(false));
  CLI::Option* const since =
      command->add_option("--since", flags->since, "Begin with the events after this one; 0: with the oldest")
          ->type_name("SEQ")
          ->check(seq_check());
  command->add_flag("--alerts", options.alerts, "Also the changes of alerts");
  command->add_flag("--json", options.json, "Print each event as the server sends it, one JSON object per line");
  command->add_option("--config", flags->config, "File with `flag = value` lines (TOML)")->type_name("FILE");
  command->footer(
      "Reconnects, and continues without gap or repeat. Messages about the connection are on stderr; on SIGINT the "
      "last\n"
      "one names the SEQ with which another --since continues. An NVR must match each kind of flag that is given.");
  command->callback([flags, command, since, &result] {
    auto server = read_client_flags_without_path(*command, flags->client);
    if (!server) {
      result = report_failure(*command, server.error());
      return;
    }
    flags->options.server = std::move(*server);
    if (since->count() > 0 || flags->since > 0) flags->options.since = flags->since;
    result = client::run_tail(flags->options);
  });
}

} // namespace nvrhub::app
