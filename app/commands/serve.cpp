// `nvrhub serve`: runs a Server with log, signals and service manager.
#include <array>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <span>
#include <sstream>
#include <utility>

#include <unistd.h>

#include "app/cli/serve_flags.hpp"
#include "app/descriptors.hpp"
#include "app/log/line_writer.hpp"
#include "app/log/logger.hpp"
#include "app/main_loop.hpp"
#include "app/membership.hpp"
#include "app/reload.hpp"
#include "app/server.hpp"
#include "app/stop_deadline.hpp"
#include "app/systemd/service_manager.hpp"

namespace nvrhub::app {

namespace {

using actors::Level;

constexpr std::chrono::milliseconds max_stop{9'500};

std::string format_dropped(std::size_t lines) {
  return "nvrhub: log consumer too slow: " + std::to_string(lines) + " lines dropped\n";
}

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it creates from now on; returns them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// Lets the next SIGTERM or SIGINT end the process.
void restore_termination_signals() {
  sigset_t termination;
  sigemptyset(&termination);
  for (const int signal : {SIGTERM, SIGINT}) {
    sigaddset(&termination, signal);
    std::signal(signal, SIG_DFL);
  }
  pthread_sigmask(SIG_UNBLOCK, &termination, nullptr);
}

void warn_if_descriptors_short(Logger& logger, std::size_t max_connections, std::uint64_t limit) {
  const std::uint64_t needed = descriptors_needed(max_connections);
  if (limit >= needed) return;
  const std::array<actors::Field, 3> fields{
      actors::Field{"limit", limit}, {"needed", needed}, {"max_connections", max_connections}};
  logger.log(Level::warn, "descriptors",
             "the descriptor limit is below what --max-connections needs; connections beyond it get HTTP 503: raise "
             "LimitNOFILE= of the unit or `ulimit -Hn`, or lower --max-connections",
             fields);
}

int serve(const ServeFlags& flags, const FlagValues& values, const std::vector<std::string>& arguments) {
  LineWriter lines(STDERR_FILENO, format_dropped);
  Logger logger(log_options(flags), [&lines](std::string line) { lines.put(std::move(line)); });
  const auto fail = [&](const std::string& why) {
    logger.log(Level::error, "failed", why);
    return 1;
  };
  const auto not_started = [&](const std::string& why) {
    if (!is_asked_to_stop()) return fail(why);
    logger.log(Level::info, "stopped", "stopped before the server was ready: " + why);
    return 0;
  };
  ServiceManager manager;
  warn_if_descriptors_short(logger, flags.options.net.connections.max_connections, raise_descriptor_limit());
  const sigset_t signals = block_signals();

  ServerOptions options = resolve(flags);
  options.log = logger.interface();
  options.store.log_changes = [&logger](std::span<const fleet::Event> events) { logger.log_changes(events); };
  options.while_joining = [&manager] { manager.alive(); }; // the main loop does not run yet
  auto server = Server::start(options);
  if (!server) return not_started(server.error());
  lines.start(); // not earlier: Server::start forks to verify the data
  options.port = (*server)->port();
  std::ostringstream text;
  text << ((*server)->is_tls() ? "https://" : "http://") << Endpoint{flags.listen.address, options.port};
  const std::string where = text.str();
  std::cout << "nvrhub listening on " << where << std::endl;
  const std::array<actors::Field, 4> about{
      actors::Field{"version", NVRHUB_VERSION}, {"address", where}, {"data", flags.data}, {"enroll", flags.enroll}};
  int signal = 0;
  while (true) {
    logger.log(Level::info, "ready", "ready", about);
    manager.ready((*server)->status());
    signal = run_main_loop(**server, logger, manager, signals, Reload(arguments, values, logger, **server));
    if (signal != 0) break;
    if ((*server)->has_failed()) return fail("this server cannot go on in its cluster");
    if (!(*server)->stop()) return fail("a thread hangs; the service manager has to start this server again");
    server = Server::start(options);
    if (!server) return not_started(server.error());
  }
  const std::array<actors::Field, 1> which{actors::Field{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}};
  logger.log(Level::info, "draining", "draining; a second signal exits at once", which);
  manager.stopping();
  restore_termination_signals();
  const auto give_up = [&](const char* why) {
    (void)fail(why);
    lines.finish();
    std::_Exit(1);
  };
  const StopDeadline deadline(max_stop, [&] { give_up("a thread hangs in disk I/O; exiting without its end"); });
  const bool drained = (*server)->stop();
  logger.report_suppressed(true);
  if (!drained) give_up("the last changes could not be committed; exiting without them (they were not acknowledged)");
  logger.log(Level::info, "stopped", "stopped");
  return 0;
}

} // namespace

void add_serve(CLI::App& app, int& result, std::vector<std::string> arguments) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = app.add_subcommand("serve", "Run the server until SIGTERM or SIGINT");
  add_serve_flags(*command, *flags);
  command->footer("Prints one line, `nvrhub listening on http://ADDR:PORT`, when it is ready. SIGHUP reloads config "
                  "file, tokens and\n"
                  "certificates. SIGTERM drains: received reports are committed, sockets close with 1001, exit code 0 "
                  "within 10 seconds.");
  command->callback([flags, command, arguments = std::move(arguments), &result] {
    result = serve(*flags, values_of(*command), arguments);
  });
}

} // namespace nvrhub::app
