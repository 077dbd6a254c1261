// `nvrhub simulate`: the flags of the load generator.
#include <memory>
#include <utility>

#include "app/cli/client_flags.hpp"
#include "app/cli/types.hpp"
#include "simulate/simulate.hpp"

namespace nvrhub::app {

void add_simulate(CLI::App& app, int& result) {
  struct Flags {
    simulate::Options options;
    ClientFlags client;
    Duration interval{std::chrono::seconds(30)};
    Duration duration;
    std::string failover;
    std::string config;
  };
  auto flags = std::make_shared<Flags>();
  simulate::Options& options = flags->options;
  CLI::App* command = app.add_subcommand("simulate", "Simulate a fleet of NVRs and measure the server");
  add_client_flags(*command, flags->client, "role admin: for NVRs, import and dashboards");
  command
      ->add_option(
          "--failover", flags->failover,
          "Other servers of the same cluster, with commas between: an NVR whose connection ends goes to another one")
      ->type_name("ADDRESSES");
  command->add_option("--nvrs", options.nvrs, "NVRs, one connection each")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--cameras", options.cameras, "Cameras per NVR")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command->add_option("--interval", flags->interval, "Time between two heartbeats of an NVR")
      ->type_name("TIME")
      ->check(duration_check())
      ->capture_default_str();
  command->add_option("--change-rate", options.change_rate, "Share of heartbeats in which a camera changes")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--churn", options.churn, "Share of the NVRs that drop each minute and return")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  command->add_option("--duration", flags->duration, "Time from the start of connecting; 0s: until SIGINT or SIGTERM")
      ->type_name("TIME")
      ->check(duration_check())
      ->capture_default_str();
  command->add_option("--seed", options.seed, "The same seed makes the same fleet and the same changes")
      ->capture_default_str();
  command->add_option("--hostname-prefix", options.hostname_prefix, "Start of the hostnames")->capture_default_str();
  command->add_flag("--register", options.register_first,
                    "Import the fleet over HTTP first, for a server with --enroll known");
  command->add_option("--dashboards", options.dashboards, "Dashboard sockets; the first one measures")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command
      ->add_option("--connects-per-s", options.connects_per_s,
                   "Connections started per second; 0: as fast as possible, at most 256 handshakes at once")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command->add_flag("--flat-out", options.flat_out, "Send the next heartbeat as soon as the last one is acknowledged");
  command->add_option("--threads", options.threads, "Threads for the NVRs")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_flag("--json", options.json, "Print the report as one JSON object");
  command->add_option("--config", flags->config, "File with `flag = value` lines (TOML)")->type_name("FILE");
  command->footer(
      "A path in the URL of --server is that of the NVR sockets, by default /ws.\n"
      "Ends with a report: sent, acknowledged, errors, and the latency from a change to its ack and to the dashboard.\n"
      "Exit code 1 if the server lost a change or did not answer a report.");
  command->callback([flags, command, &result] {
    auto server = read_client_flags(*command, flags->client);
    if (!server) {
      result = report_failure(*command, server.error());
      return;
    }
    auto others = read_other_servers(*server, "--failover", flags->failover);
    if (!others) {
      result = report_failure(*command, others.error());
      return;
    }
    flags->options.server = std::move(*server);
    flags->options.failover = std::move(*others);
    flags->options.interval = flags->interval.value;
    flags->options.duration = flags->duration.value;
    result = simulate::run_simulation(flags->options);
  });
}

} // namespace nvrhub::app
