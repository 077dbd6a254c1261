// `nvrhub clock confirm`: the operator says that the wall clock is right; a server may be running.
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "app/cli/types.hpp"
#include "app/watch/clock_confirmation.hpp"
#include "app/watch/system_clock.hpp"
#include "protocol/encode/encode.hpp"
#include "store/directory/directory_lock.hpp"

namespace nvrhub::app {

namespace {

int confirm(const std::string& data) {
  const fleet::WallMillis wall = read_clocks().wall_ns / fleet::ServerClock::ms;
  if (wall < fleet::ServerClock::earliest) {
    std::cerr << "nvrhub: the clock shows " << protocol::iso8601(wall) << ": set it first\n";
    return 1;
  }
  const bool running = store::is_server_running(data);
  if (const auto written = write_confirmation(data, wall); !written) {
    std::cerr << "nvrhub: " << written.error() << "\n";
    return 1;
  }
  if (!running) {
    std::cerr << "confirmed " << protocol::iso8601(wall)
              << ": a server that starts within an hour believes the clock\n";
    return 0;
  }
  for (int tenth = 0; tenth < 50; ++tenth) {
    if (!has_confirmation(data)) {
      std::cerr << "confirmed " << protocol::iso8601(wall) << ": the server believes the clock\n";
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::cerr << "nvrhub: the server on " << data << " did not take the confirmation within 5 seconds; it will when it "
            << "responds, if that is within an hour\n";
  return 1;
}

} // namespace

void add_clock(CLI::App& app, int& result) {
  auto data = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("clock", "Confirm the wall clock after a leap; a server may be running");
  command->require_subcommand(1);
  CLI::App* confirming = command->add_subcommand("confirm", "Say that this machine's wall clock is right now");
  confirming->add_option("--data", *data, "Data directory")->type_name("DIR")->required()->envname("NVRHUB_DATA");
  confirming->callback([data, &result] { result = confirm(*data); });
  command->footer(
      "A server does not believe a wall clock that is more than an hour off the stored time, unless a time\n"
      "service has set it. Check `date -u` before you confirm: history is deleted by the confirmed clock.");
}

} // namespace nvrhub::app
