// `nvrhub nvr`: plays one NVR by hand.
#include <memory>
#include <utility>

#include "app/cli/client_flags.hpp"
#include "app/cli/types.hpp"
#include "client/nvr/nvr.hpp"

namespace nvrhub::app {

namespace {

CLI::Validator camera_check() {
  return {[](std::string& text) {
            return client::parse_camera_status(text)
                       ? ""
                       : "\"" + text + "\" is not NAME=STATUS: use for example CAM-001=online";
          },
          "", "camera"};
}

CLI::Validator positive_time() {
  return {[](std::string& text) {
            Duration given;
            return lexical_cast(text, given) && given.value.count() == 0 ? "must be more than 0: use for example 30s"
                                                                         : "";
          },
          "", "positive"};
}

} // namespace

void add_nvr(CLI::App& app, int& result) {
  struct Flags {
    client::NvrOptions options;
    ClientFlags client;
    std::vector<std::string> cameras;
    Duration interval{std::chrono::seconds(30)};
    std::string config;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("nvr", "Play one NVR by hand against a running server");
  command->add_option("hostname", flags->options.hostname, "The hostname of the NVR")->required();
  add_client_flags(*command, flags->client, "role nvr or admin");
  command
      ->add_option("--camera", flags->cameras,
                   "A camera and its status, such as CAM-001=online; repeatable; none: no systemStatus is sent")
      ->type_name("NAME=STATUS")
      ->allow_extra_args(false)
      ->check(camera_check());
  command->add_option("--interval", flags->interval, "Time between two heartbeats")
      ->type_name("TIME")
      ->check(duration_check())
      ->check(positive_time())
      ->capture_default_str();
  command->add_flag("--once", flags->options.once, "End after the answer to the auth");
  command->add_option("--config", flags->config, "File with `flag = value` lines (TOML)")->type_name("FILE");
  command->footer("Lines `CAM-001=offline` on stdin change a status and are reported at once; the last = separates. "
                  "The path in the\n"
                  "URL of --server is that of the NVR sockets, by default /ws. When it ends, the NVR is offline.\n"
                  "Exit code 1 if the server refuses the auth.");
  command->callback([flags, command, &result] {
    auto server = read_client_flags(*command, flags->client);
    if (!server) {
      result = report_failure(*command, server.error());
      return;
    }
    flags->options.server = std::move(*server);
    flags->options.interval = flags->interval.value;
    flags->options.reads_stdin = !flags->client.reads_stdin();
    for (const std::string& text : flags->cameras)
      flags->options.cameras.push_back(*client::parse_camera_status(text));
    result = client::run_nvr(flags->options);
  });
}

} // namespace nvrhub::app
