// The command line of `nvrhub`: adds the subcommands, merges config file, environment and flags, runs one.
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "app/cli/streams.hpp"
#include "app/cli/types.hpp"
#include "app/process_setup.hpp"

namespace {

bool has_command(const CLI::App& app, const std::string& name) {
  const auto commands = app.get_subcommands([&](const CLI::App* command) { return command->get_name() == name; });
  return !commands.empty();
}

} // namespace

int main(int argc, char** argv) {
  nvrhub::app::set_up_process();
  CLI::App app{"nvrhub keeps the current state of every camera of a fleet of network video recorders (NVRs).\n"
               "NVRs report over WebSocket at /ws, dashboards subscribe at /ws/dashboard, the HTTP API is at /api/v1.",
               "nvrhub"};
  app.set_version_flag("--version", "nvrhub " NVRHUB_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 success, 1 runtime failure, 2 usage.\n"
             "nvrhub COMMAND --help shows the flags; the manual is docs/guide/ and docs/reference/.");

  int result = 0;
  nvrhub::app::add_serve(app, result, {argv, argv + argc});
  nvrhub::app::add_simulate(app, result);
  nvrhub::app::add_import(app, result);
  nvrhub::app::add_tail(app, result);
  nvrhub::app::add_nvr(app, result);
  nvrhub::app::add_token(app, result);
  nvrhub::app::add_backup(app, result);
  nvrhub::app::add_check(app, result);
  nvrhub::app::add_export(app, result);
  nvrhub::app::add_doctor(app, result);
  nvrhub::app::add_clock(app, result);
  nvrhub::app::add_cluster(app, result);
  nvrhub::app::add_alerts(app, result);
  nvrhub::app::add_maintenance(app, result);
  if (argc > 1 && argv[1][0] != '-' && !has_command(app, argv[1])) {
    std::cerr << "nvrhub: unknown command \"" << argv[1] << "\"; `nvrhub --help` lists the commands\n";
    return 2;
  }
  try {
    for (CLI::App* command : app.get_subcommands(nullptr)) {
      nvrhub::app::add_environment(*command);
      if (argc > 1 && command->get_name() == argv[1]) nvrhub::app::apply_config_file(*command, argc, argv);
    }
    app.parse(argc, argv);
  } catch (const CLI::Error& error) {
    const int code = app.exit(error); // 0: --help or --version
    return nvrhub::app::checked_exit_code(code == 0 ? 0 : 2);
  } catch (const std::exception& error) { // out of memory, or a thread cannot be created
    std::cerr << "nvrhub: " << error.what() << "\n";
    return 1;
  }
  // A server goes on without a reader of its stdout.
  return app.got_subcommand("serve") ? result : nvrhub::app::checked_exit_code(result);
}
