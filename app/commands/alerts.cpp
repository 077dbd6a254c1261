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

constexpr int usage = 2;

struct AlertsFlags {
  std::string config;
  std::string channel;
};

int fail(const std::string& message, int code) {
  std::cerr << "nvrhub: " << message << "\n";
  return code;
}

/// What a camera that went dark looks like. An id of its own each time: receivers drop repetitions.
notify::MessageView sample(const std::string& channel, fleet::WallMillis now) {
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

std::vector<notify::Outcome> send(std::vector<notify::Request> requests) {
  std::vector<std::promise<notify::Outcome>> promises(requests.size());
  notify::Client client;
  for (std::size_t i = 0; i < requests.size(); ++i)
    client.send(std::move(requests[i]),
                [&promise = promises[i]](notify::Outcome outcome) { promise.set_value(std::move(outcome)); });
  std::vector<notify::Outcome> outcomes;
  for (auto& promise : promises)
    outcomes.push_back(promise.get_future().get());
  return outcomes;
}

void print(const notify::Outcome& outcome) {
  std::cout << (outcome.delivered ? "delivered" : "not delivered");
  if (outcome.status != 0) std::cout << ", status " << outcome.status;
  if (!outcome.error.empty()) std::cout << ": " << outcome.error;
  std::cout << "\n";
  if (!outcome.reply.empty()) std::cout << outcome.reply << "\n";
}

int test(const AlertsFlags& flags) {
  const auto configuration = read_notify_config(flags.config);
  if (!configuration) return fail(configuration.error(), usage);
  const notify::Channel* const channel = configuration->find(flags.channel);
  if (channel == nullptr) {
    std::string known;
    for (const notify::Channel& other : configuration->channels)
      known += (known.empty() ? "" : ", ") + other.name;
    return fail(flags.config + " has no channel \"" + flags.channel + "\"; " +
                    (known.empty() ? "it has no [[channel]] table" : "its channels are " + known),
                usage);
  }
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  std::cout << "sending a test alert to " << type_of(*channel) << " \"" << channel->name << "\", " << describe(*channel)
            << std::endl;
  const auto outcomes = send(requests_for(*channel, sample(channel->name, now.count()), now.count()));
  for (const notify::Outcome& outcome : outcomes)
    print(outcome);
  return combined(outcomes).delivered ? 0 : 1;
}

} // namespace

void add_alerts(CLI::App& app, int& result) {
  const auto flags = std::make_shared<AlertsFlags>();
  CLI::App* command = app.add_subcommand("alerts", "Test the channels that alerts are sent to");
  command->require_subcommand(1);
  CLI::App* testing = command->add_subcommand("test", "Send a test alert to a channel and print what came back");
  testing->add_option("channel", flags->channel, "Name of the channel")->type_name("CHANNEL")->required();
  testing->add_option("--config", flags->config, "Config file of `nvrhub serve` with a [[channel]] table")
      ->type_name("FILE")
      ->required()
      ->envname("NVRHUB_CONFIG");
  testing->callback([flags, &result] { result = test(*flags); });
  command->footer("The server need not run. Nothing is repeated: a failed test exits with 1 and states why.");
}

} // namespace nvrhub::app
