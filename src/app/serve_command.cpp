// `nvrhub serve`: log, signals and service manager around a Server.
#include <array>
#include <csignal>
#include <iostream>
#include <memory>
#include <sstream>
#include <utility>

#include <unistd.h>

#include "app/attend.hpp"
#include "app/descriptors.hpp"
#include "app/log/line_writer.hpp"
#include "app/log/logger.hpp"
#include "app/reload.hpp"
#include "app/serve_flags.hpp"
#include "app/server.hpp"
#include "app/service_manager.hpp"

namespace nvrhub::app {

namespace {

using actors::Level;

std::string lost_lines(std::size_t lines) {
  return "nvrhub: whoever reads the log was too slow, " + std::to_string(lines) + " lines are missing here\n";
}

/// SIGTERM, SIGINT and SIGHUP, blocked in this thread and in those that it makes from now on.
sigset_t block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// The next one ends the process.
void unblock_ends() {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int signal : {SIGTERM, SIGINT}) {
    sigaddset(&ends, signal);
    std::signal(signal, SIG_DFL);
  }
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
}

void warn_of_descriptors(Logger& logger, std::size_t max_connections, std::uint64_t limit) {
  const std::uint64_t needed = descriptors_needed(max_connections);
  if (limit >= needed) return;
  const std::array<actors::Field, 3> fields{
      actors::Field{"limit", limit}, {"needed", needed}, {"max_connections", max_connections}};
  logger.log(Level::warn, "descriptors",
             "the limit of descriptors is below what --max-connections needs, so connections are going to wait: raise "
             "LimitNOFILE= of the unit or `ulimit -Hn`, or lower --max-connections",
             fields);
}

int serve(const ServeFlags& flags, const FlagValues& values, const std::vector<std::string>& arguments) {
  LineWriter lines(STDERR_FILENO, lost_lines);
  Logger logger(log_options(flags), [&lines](std::string line) { lines.put(std::move(line)); });
  const auto fail = [&](const std::string& why) {
    logger.log(Level::error, "failed", why);
    return 1;
  };
  ServiceManager manager;
  warn_of_descriptors(logger, flags.options.net.max_connections, raise_descriptor_limit());
  const sigset_t signals = block_signals();

  ServerOptions options = resolve(flags);
  options.log = logger.interface();
  auto server = Server::start(options);
  if (!server) return fail(server.error());
  lines.start(); // not before: the server forked to look its data over
  std::ostringstream text;
  text << ((*server)->is_tls() ? "https://" : "http://") << Endpoint{flags.listen.address, (*server)->port()};
  const std::string where = text.str();
  std::cout << "nvrhub listening on " << where << std::endl;
  const std::array<actors::Field, 4> about{
      actors::Field{"version", NVRHUB_VERSION}, {"address", where}, {"data", flags.data}, {"enroll", flags.enroll}};
  logger.log(Level::info, "ready", "ready", about);
  manager.ready((*server)->status());

  const int signal = attend(**server, logger, manager, signals, Reload(arguments, values, logger, **server));
  const std::array<actors::Field, 1> which{actors::Field{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}};
  logger.log(Level::info, "draining", "draining; a second signal exits at once", which);
  manager.stopping();
  unblock_ends();
  const bool drained = (*server)->stop();
  logger.tell_left_out(true);
  if (!drained) {
    (void)fail("the data directory does not take the last changes: leaving without them (they were not acked)");
    lines.finish();
    std::_Exit(1); // a thread hangs in the disk; nothing can wait for it
  }
  logger.log(Level::info, "stopped", "stopped");
  return 0;
}

} // namespace

void add_serve(CLI::App& app, int& result, std::vector<std::string> arguments) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = app.add_subcommand("serve", "Run the server until SIGTERM or SIGINT");
  add_serve_flags(*command, *flags);
  command->footer("Prints one line, `nvrhub listening on http://ADDR:PORT`, when it is ready. SIGHUP reads config "
                  "file, tokens and\n"
                  "certificates again. SIGTERM drains: what was reported is kept, sockets close with 1001, exit 0 "
                  "within 10 seconds.");
  command->callback([flags, command, arguments = std::move(arguments), &result] {
    result = serve(*flags, values_of(*command), arguments);
  });
}

} // namespace nvrhub::app
