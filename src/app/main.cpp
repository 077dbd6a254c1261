#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "app/cli_types.hpp"

namespace {

bool has_command(const CLI::App& app, const std::string& name) {
  const auto commands = app.get_subcommands([&](const CLI::App* command) { return command->get_name() == name; });
  return !commands.empty();
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"nvrhub keeps the true state of every camera of a fleet of network video recorders.\n"
               "Recorders report over WebSocket at /ws, dashboards listen at /ws/dashboard, HTTP is under /api/v1.",
               "nvrhub"};
  app.set_version_flag("--version", "nvrhub " NVRHUB_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 runtime failure, 2 usage.\n"
             "nvrhub COMMAND --help tells more; docs/guide/operations.md is the manual.");

  int result = 0;
  nvrhub::app::add_serve(app, result, {argv, argv + argc});
  nvrhub::app::add_simulate(app, result);
  nvrhub::app::add_import(app, result);
  nvrhub::app::add_token(app, result);
  nvrhub::app::add_backup(app, result);
  nvrhub::app::add_check(app, result);
  nvrhub::app::add_export(app, result);
  nvrhub::app::add_doctor(app, result);
  if (argc > 1 && argv[1][0] != '-' && !has_command(app, argv[1])) {
    std::cerr << "nvrhub: there is no command \"" << argv[1] << "\"; nvrhub --help lists them\n";
    return 2;
  }
  try {
    for (CLI::App* command : app.get_subcommands(nullptr)) {
      nvrhub::app::add_environment(*command);
      if (argc > 1 && command->get_name() == argv[1]) nvrhub::app::apply_config_file(*command, argc, argv);
    }
    app.parse(argc, argv);
  } catch (const CLI::Error& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) { // out of memory, a thread that can't be made: nothing else throws this far
    std::cerr << "nvrhub: " << error.what() << "\n";
    return 1;
  }
  return result;
}
