// `nvrhub alerts test`: sends a sample alert to one channel of a config file and prints what came back.
#include <chrono>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/notify_config.hpp"
#include "app/cli/types.hpp"
#include "notify/client.hpp"

namespace nvrhub::app {

namespace {

constexpr int wrong_usage = 2;

struct AlertsFlags {
  std::string config;
  std::string channel;
};

int report_error(const std::string& message, int code) {
  std::cerr << "nvrhub: " << message << "\n";
  return code;
}

/// What a camera that went dark looks like. An id of its own each time: receivers drop repetitions.
notify::MessageView sample_alert(const std::string& channel, fleet::WallMillis now) {
  notify::AlertView alert;
  alert.id = "test-" + std::to_string(now);
  alert.rule = "test";
  alert.level = alerts::Level::camera;
  alert.severity = alerts::Severity::info;
  alert.site = "Test site";
  alert.hostname = "TEST-NVR";
  alert.device_name = "Test recorder";
  alert.camera = "Test camera";
  alert.begun = now - 60'000;
  alert.fired = now;
  notify::MessageView view;
  view.message.id = "msg_" + alert.id;
  view.message.channel = channel;
  view.message.site = alert.site;
  view.message.severity = alert.severity;
  view.message.at = now;
  view.alerts.push_back(std::move(alert));
  view.is_test = true;
  return view;
}

std::vector<notify::Outcome> send_all(std::vector<notify::Request> requests) {
  std::vector<std::future<notify::Outcome>> futures;
  futures.reserve(requests.size());
  notify::Client client;
  for (notify::Request& request : requests) {
    auto promise = std::make_shared<std::promise<notify::Outcome>>();
    futures.push_back(promise->get_future());
    client.send(std::move(request), [promise](notify::Outcome outcome) { promise->set_value(std::move(outcome)); });
  }
  std::vector<notify::Outcome> outcomes;
  outcomes.reserve(futures.size());
  for (std::future<notify::Outcome>& future : futures)
    outcomes.push_back(future.get());
  return outcomes;
}

void print_outcome(const notify::Outcome& outcome) {
  std::cout << (outcome.delivered ? "delivered" : "not delivered");
  if (outcome.status != 0) std::cout << ", status " << outcome.status;
  if (!outcome.error.empty()) std::cout << ": " << outcome.error;
  std::cout << "\n";
  if (!outcome.reply.empty()) std::cout << outcome.reply << "\n";
}

int test_channel(const AlertsFlags& flags) {
  const auto configuration = read_notify_config(flags.config);
  if (!configuration) return report_error(configuration.error(), wrong_usage);
  const notify::Channel* const channel = configuration->find(flags.channel);
  if (channel == nullptr) {
    std::string known;
    for (const notify::Channel& other : configuration->channels)
      known += (known.empty() ? "" : ", ") + other.name;
    return report_error(flags.config + " has no channel \"" + flags.channel + "\"; " +
                            (known.empty() ? "it has no [[channel]] table" : "its channels are " + known),
                        wrong_usage);
  }
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  std::cout << "sending a test alert to " << type_of(*channel) << " \"" << channel->name << "\", " << describe(*channel)
            << std::endl;
  const auto outcomes = send_all(requests_for(*channel, sample_alert(channel->name, now.count()), now.count()));
  for (const notify::Outcome& outcome : outcomes)
    print_outcome(outcome);
  return combined(outcomes).delivered ? 0 : 1;
}

} // namespace

void add_alerts(CLI::App& app, int& result) {
  const auto flags = std::make_shared<AlertsFlags>();
  CLI::App* command =
      app.add_subcommand("alerts", "List the alerts of a server; test the channels that alerts are sent to");
  command->require_subcommand(1);
  add_alert_list(*command, result);
  CLI::App* testing = command->add_subcommand("test", "Send a test alert to a channel and print what came back");
  testing->add_option("channel", flags->channel, "Name of the channel")->type_name("CHANNEL")->required();
  testing->add_option("--config", flags->config, "Config file of `nvrhub serve` with a [[channel]] table")
      ->type_name("FILE")
      ->required()
      ->envname("NVRHUB_CONFIG");
  testing->callback([flags, &result] { result = test_channel(*flags); });
  testing->footer("The server need not run. Nothing is repeated: a failed test exits with 1 and states why.");
}

} // namespace nvrhub::app
