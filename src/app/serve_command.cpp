// `nvrhub serve`: flags, log, signals around a Server.
#include <csignal>
#include <iostream>
#include <memory>

#include <sys/resource.h>

#include <boost/asio/ip/address.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "app/cli_types.hpp"
#include "app/server.hpp"

namespace nvrhub::app {

namespace {

struct ServeFlags {
  std::string data;
  Endpoint listen;
  std::string enroll = "known";
  Duration heartbeat_timeout{std::chrono::seconds(90)};
  Duration auth_timeout{std::chrono::seconds(10)};
  Duration restart_grace{std::chrono::seconds(90)};
  Duration offline_grace;
  std::uint32_t history_days = 90;
  std::string log_level = "info";
  std::string config;
  bool allow_anonymous = false;
  ServerOptions options;
};

void add_flags(CLI::App& command, ServeFlags& flags) {
  net::NetOptions& net = flags.options.net;
  actors::Settings& settings = flags.options.settings;
  command.add_option("--data", flags.data, "Data directory; made if it is missing")->type_name("DIR")->required();
  command.add_option("--listen", flags.listen, "Address and port; port 0 takes a free one")
      ->type_name("ADDR:PORT")
      ->check(an_endpoint())
      ->capture_default_str();
  command.add_flag("--allow-anonymous", flags.allow_anonymous,
                   "Listen on addresses other than loopback although anybody may then report, change and read");
  command
      .add_option("--enroll", flags.enroll,
                  "known: only registered NVRs and cameras count; auto: created on first report")
      ->check(CLI::IsMember({"known", "auto"}))
      ->capture_default_str();
  command
      .add_option("--heartbeat-timeout", flags.heartbeat_timeout,
                  "An NVR whose socket is silent for so long is offline; a ping probes it at half of it")
      ->type_name("TIME")
      ->check(a_time())
      ->capture_default_str();
  command.add_option("--auth-timeout", flags.auth_timeout, "A socket that does not auth within it is closed")
      ->type_name("TIME")
      ->check(a_time())
      ->capture_default_str();
  command
      .add_option("--restart-grace", flags.restart_grace,
                  "After a start, NVRs that were online have so long to come back before they count as offline")
      ->type_name("TIME")
      ->check(a_time())
      ->capture_default_str();
  command
      .add_option("--offline-grace", flags.offline_grace,
                  "An NVR that is back within it after its socket closed was never offline; 0s: offline at once")
      ->type_name("TIME")
      ->check(a_time())
      ->capture_default_str();
  command.add_option("--history-days", flags.history_days, "Events older than this are dropped; 0 keeps them all")
      ->capture_default_str();
  command.add_option("--max-cameras", settings.max_cameras, "Cameras per NVR")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command.add_option("--max-message", net.max_message, "Bytes of one WebSocket message")
      ->check(CLI::Range(1024, 1 << 26))
      ->capture_default_str();
  command
      .add_option("--max-outbound", net.max_outbound,
                  "Bytes that may wait for one socket to read them; then it is closed with 4429")
      ->check(CLI::Range(1 << 16, 1 << 30))
      ->capture_default_str();
  command
      .add_option("--max-snapshots", net.max_snapshots,
                  "Bytes of snapshots that dashboards are reading; above it those who read the oldest must come back")
      ->check(CLI::Range(std::size_t{1} << 20, std::size_t{1} << 36))
      ->capture_default_str();
  command.add_option("--max-connections", net.max_connections, "Open connections; more get HTTP 503")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--takeover-limit", settings.takeovers_per_minute,
                  "Times a minute that sockets may take one hostname from each other; 0: no limit")
      ->capture_default_str();
  command.add_flag("--manual-api", net.manual_api, "Allow PUT .../status, which sets statuses by hand, for testing");
  command.add_option("--threads", flags.options.threads, "I/O threads; 0: one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--log-level", flags.log_level, "What goes to stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  command.add_option("--config", flags.config, "File with `flag = value` lines (TOML); flags and environment beat it")
      ->type_name("FILE");
}

ServerOptions resolve(const ServeFlags& flags) {
  ServerOptions options = flags.options;
  options.data = flags.data;
  options.address = flags.listen.address;
  options.port = flags.listen.port;
  options.settings.enroll_auto = flags.enroll == "auto";
  options.settings.restart_grace = flags.restart_grace.value;
  options.settings.offline_grace = flags.offline_grace.value;
  options.net.heartbeat_timeout = flags.heartbeat_timeout.value;
  options.net.auth_timeout = flags.auth_timeout.value;
  options.store.history = std::chrono::hours(24) * flags.history_days;
  options.store.warn = [](const std::string& message) { spdlog::warn(message); };
  return options;
}

/// Every connection is a descriptor: takes as many as the system gives.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int fail(const std::string& message) {
  spdlog::error(message);
  std::cerr << std::flush;
  return 1;
}

int serve(const ServeFlags& flags) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("nvrhub"));
  spdlog::set_level(spdlog::level::from_str(flags.log_level));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);

  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(flags.listen.address, not_an_address);
  if (!not_an_address && !address.is_loopback() && !flags.allow_anonymous) {
    return fail("refusing to listen on " + flags.listen.address +
                ": nobody has to say who he is, so anyone who reaches it could report and change statuses. Listen on "
                "127.0.0.1, or say --allow-anonymous if the network keeps strangers out");
  }
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr); // before any thread: they inherit it

  auto server = Server::start(resolve(flags));
  if (!server) return fail(server.error());
  std::ostringstream where;
  where << Endpoint{flags.listen.address, (*server)->port()};
  std::cout << "nvrhub listening on http://" << where.str() << std::endl;
  spdlog::info("ready: data in {}, enrolment {}", flags.data, flags.enroll);

  int signal = 0;
  sigwait(&ends, &signal);
  spdlog::info("{}: draining; a second signal exits at once", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  if (!(*server)->stop()) {
    spdlog::error("the data directory does not take the last changes: leaving without them (they were not acked)");
    std::_Exit(1); // a thread hangs in the disk; nothing can wait for it
  }
  spdlog::info("stopped");
  return 0;
}

} // namespace

void add_serve(CLI::App& app, int& result) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = app.add_subcommand("serve", "Run the server until SIGTERM or SIGINT");
  add_flags(*command, *flags);
  command->footer(
      "Prints one line, `nvrhub listening on http://ADDR:PORT`, when it is ready. SIGTERM drains: what was\n"
      "reported is kept, sockets close with 1001, exit 0 within 10 seconds.");
  command->callback([flags, &result] { result = serve(*flags); });
}

} // namespace nvrhub::app
