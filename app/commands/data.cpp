// `nvrhub check` and `nvrhub export`: read a data directory; a server may be running on it.
#include <iostream>
#include <limits>
#include <memory>

#include "app/cli/types.hpp"
#include "protocol/encode/encode.hpp"
#include "store/directory/directory.hpp"
#include "store/integrity/check.hpp"

namespace nvrhub::app {

namespace {

int fail(const store::Error& error) {
  std::cerr << "nvrhub: " << error.message << "\n";
  return 1;
}

int check(const std::string& data) {
  const auto report = store::check_directory(data);
  if (!report) return fail(report.error());
  std::cout << "epoch " << report->epoch << ", events " << report->log_begin << " to " << report->head << ", "
            << report->nvrs << " NVRs, " << report->cameras << " cameras\n";
  for (const std::string& problem : report->problems)
    std::cout << "problem: " << problem << "\n";
  if (!report->problems.empty()) return 1;
  std::cout << "clean: the log has no gap and the state equals the log replayed\n";
  return 0;
}

int export_data(const std::string& data, bool events) {
  const auto directory = store::Directory::open_read_only(data);
  if (!directory) return fail(directory.error());
  const auto snapshot = (*directory)->store().snapshot();
  if (!snapshot) return fail(snapshot.error());
  const auto written = events ? snapshot->each_event(0, std::numeric_limits<std::int64_t>::max(), std::nullopt,
                                                     [](const fleet::Event& event) {
                                                       std::cout << protocol::encode_event(event) << "\n";
                                                       return std::cout.good();
                                                     })
                              : snapshot->each_nvr(0, [](const fleet::Nvr& nvr) {
                                  std::cout << protocol::encode_nvr(nvr, false) << "\n";
                                  return std::cout.good();
                                });
  if (!written) return fail(written.error());
  return 0; // main() checks stdout
}

} // namespace

void add_check(CLI::App& app, int& result) {
  auto data = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "check", "Verify a data directory: checksums, an event log without gaps, a state equal to the replayed log");
  command->add_option("--data", *data, "Data directory; a server may be running on it")->type_name("DIR")->required();
  command->footer("Exit code 0 if it is clean; 1 with one line per problem. Changes nothing.");
  command->callback([data, &result] { result = check(*data); });
}

void add_export(CLI::App& app, int& result) {
  struct Flags {
    std::string data;
    bool events = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("export", "Print the NVRs of a data directory, one JSON object per line");
  command->add_option("--data", flags->data, "Data directory; a server may be running on it")
      ->type_name("DIR")
      ->required();
  command->add_flag("--events", flags->events, "Print the history instead, one event per line");
  command->footer("`nvrhub import` accepts the lines of NVRs: it registers them; statuses come from reports only.");
  command->callback([flags, &result] { result = export_data(flags->data, flags->events); });
}

} // namespace nvrhub::app
