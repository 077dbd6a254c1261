// `nvrhub backup`: a copy of a data directory, whether a server runs on it or not.
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/cli_types.hpp"
#include "store/backup.hpp"

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
      flags.to.empty() ? store::back_up_within(flags.data, flags.within) : store::back_up(flags.data, flags.to);
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
  CLI::App* command = app.add_subcommand("backup", "Copy a data directory, consistent and checked, beside a server");
  command->add_option("--data", flags->data, "Data directory; a server may be running on it")
      ->type_name("DIR")
      ->required();
  CLI::Option* to = command->add_option("--to", flags->to, "Directory for the copy: a new one, or an empty one");
  CLI::Option* within =
      command->add_option("--within", flags->within, "Or a directory of copies: the new one is named by time and seq");
  to->type_name("DIR")->excludes(within);
  within->type_name("DIR")->excludes(to);
  command->add_flag("--json", flags->json, "Tell of the copy as one JSON object");
  command->footer("There is a whole, checked copy afterwards, access tokens included, or nothing.\n"
                  "To restore it, serve it, or a copy of it.");
  command->callback([flags, &result] {
    if (flags->to.empty() && flags->within.empty()) throw CLI::RequiredError("--to or --within");
    result = back_up(*flags);
  });
}

} // namespace nvrhub::app
