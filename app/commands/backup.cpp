// `nvrhub backup`: copies a data directory; a server may be running on it.
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/cli/types.hpp"
#include "store/backup/backup.hpp"

namespace nvrhub::app {

namespace {

struct BackupFlags {
  std::string data;
  std::string to;
  std::string within;
  bool json = false;
};

int back_up(const BackupFlags& flags) {
  const auto report =
      flags.to.empty() ? store::back_up_into(flags.data, flags.within) : store::back_up(flags.data, flags.to);
  if (!report) {
    std::cerr << "nvrhub: " << report.error().message << "\n";
    return 1;
  }
  if (flags.json) {
    std::cout << nlohmann::ordered_json{{"path", report->path.string()},
                                        {"epoch", report->epoch},
                                        {"seq", report->head},
                                        {"bytes", report->bytes}}
              << "\n";
  } else {
    std::cout << report->path.string() << ": epoch " << report->epoch << ", events up to " << report->head << ", "
              << report->bytes << " bytes\nclean: the log has no gap and the state equals the log replayed\n";
  }
  return 0;
}

} // namespace

void add_backup(CLI::App& app, int& result) {
  auto flags = std::make_shared<BackupFlags>();
  CLI::App* command =
      app.add_subcommand("backup", "Make a consistent, verified copy of a data directory while a server runs");
  command->add_option("--data", flags->data, "Data directory; a server may be running on it")
      ->type_name("DIR")
      ->required();
  CLI::Option* to = command->add_option("--to", flags->to, "New or empty directory for the copy");
  CLI::Option* within =
      command->add_option("--within", flags->within, "Directory of copies; the new one is named by time and seq");
  to->type_name("DIR")->excludes(within);
  within->type_name("DIR")->excludes(to);
  command->add_flag("--json", flags->json, "Report the copy as one JSON object");
  command->footer("The result is a complete, verified copy with its access tokens, or none.\n"
                  "To restore it, run `nvrhub serve` on it or on a copy of it.");
  command->callback([flags, &result] {
    if (flags->to.empty() && flags->within.empty()) throw CLI::RequiredError("--to or --within");
    result = back_up(*flags);
  });
}

} // namespace nvrhub::app
