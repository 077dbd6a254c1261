#include <memory>

#include "app/cli_types.hpp"
#include "app/simulate/simulate.hpp"

namespace nvrhub::app {

void add_simulate(CLI::App& app, int& result) {
  struct Flags {
    SimulateOptions options;
    Duration interval{std::chrono::seconds(30)};
    Duration duration;
    std::string config;
  };
  auto flags = std::make_shared<Flags>();
  SimulateOptions& options = flags->options;
  CLI::App* command = app.add_subcommand("simulate", "Play a fleet of NVRs, and measure what a server makes of it");
  command->add_option("--server", options.server, "The server")->type_name("HOST:PORT")->capture_default_str();
  command->add_option("--nvrs", options.nvrs, "NVRs, a connection each")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--cameras", options.cameras, "Cameras per NVR")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command->add_option("--interval", flags->interval, "Between two heartbeats of an NVR")
      ->type_name("TIME")
      ->check(a_time())
      ->capture_default_str();
  command->add_option("--change-rate", options.change_rate, "Share of heartbeats in which a camera changes")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--churn", options.churn, "Share of the NVRs that drop each minute and return")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  command->add_option("--duration", flags->duration, "How long; 0s: until SIGINT or SIGTERM")
      ->type_name("TIME")
      ->check(a_time())
      ->capture_default_str();
  command->add_option("--seed", options.seed, "The same seed makes the same fleet")->capture_default_str();
  command->add_option("--hostname-prefix", options.hostname_prefix, "What the hostnames start with")
      ->capture_default_str();
  command->add_option("--token", options.token, "Access token for NVRs, import and dashboards");
  command->add_flag("--register", options.register_first,
                    "Import the fleet over HTTP first, for a server with --enroll known");
  command->add_option("--dashboards", options.dashboards, "Dashboard sockets; the first measures")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--connects-per-s", options.connects_per_s, "Pace of connecting; 0: as fast as it goes")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command->add_flag("--flat-out", options.flat_out, "Send the next heartbeat as soon as the last one is acked");
  command->add_option("--threads", options.threads, "Threads for the NVRs")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_flag("--json", options.json, "The closing report as one JSON object");
  command->add_option("--config", flags->config, "File with `flag = value` lines (TOML)")->type_name("FILE");
  command->footer(
      "Ends with a report: sent, acked, errors, and the latency from a change to its ack and to the dashboard.\n"
      "Exit code 1 if the server lost something.");
  command->callback([flags, &result] {
    flags->options.interval = flags->interval.value;
    flags->options.duration = flags->duration.value;
    result = simulate(flags->options);
  });
}

} // namespace nvrhub::app
