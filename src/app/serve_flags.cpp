// The flags of `nvrhub serve`, and what they come to.
#include "app/serve_flags.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace nvrhub::app {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return text;
}

} // namespace

void add_serve_flags(CLI::App& command, ServeFlags& flags) {
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
      .add_option(
          "--allow-origin", net.allow_origins,
          "A web page's origin, such as https://wall.example, that may use this server beside its own; repeatable")
      ->type_name("ORIGIN")
      ->check(an_origin());
  command.add_option("--tls-cert", net.tls.certificate, "Certificate with its chain (PEM): serve HTTPS and wss alone")
      ->type_name("FILE");
  command.add_option("--tls-key", net.tls.key, "The certificate's key (PEM)")->type_name("FILE");
  command
      .add_option("--tls-client-ca", net.tls.client_ca,
                  "Take client certificates that these sign (PEM); an NVR that shows one must be called like it")
      ->type_name("FILE");
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
  command.add_option("--max-dashboards", net.max_dashboards, "Dashboard sockets among them; more get HTTP 503")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--max-handshakes", net.max_handshakes,
                  "Connections that have yet to say what they want; the oldest goes for the next one")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--connection-rate", flags.connection_rate,
                  "New connections a second from one address, over ten seconds; 0: no limit")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--message-rate", flags.message_rate,
                  "Messages a second of one NVR, over ten seconds; above it the NVR is closed with 4429; 0: no limit")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--memory-limit", net.memory_limit,
                  "Bytes that all connections together may make the server hold; above it the costliest are closed")
      ->check(CLI::Range(std::size_t{16} << 20, std::size_t{1} << 40))
      ->capture_default_str();
  command
      .add_option("--trust-proxy", flags.trust_proxies,
                  "Address or network (10.0.0.0/8) of a proxy whose X-Forwarded-For is believed; repeatable")
      ->type_name("NETWORK")
      ->check(a_network());
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
  command.add_option("--log-format", flags.log_format, "text: for people; json: an object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command.add_option("--config", flags.config, "File with `flag = value` lines (TOML); flags and environment beat it")
      ->type_name("FILE");
}

ServerOptions resolve(const ServeFlags& flags) {
  ServerOptions options = flags.options;
  options.data = flags.data;
  options.address = flags.listen.address;
  options.port = flags.listen.port;
  options.allow_anonymous = flags.allow_anonymous;
  options.settings.enroll_auto = flags.enroll == "auto";
  options.settings.restart_grace = flags.restart_grace.value;
  options.settings.offline_grace = flags.offline_grace.value;
  for (std::string& origin : options.net.allow_origins)
    origin = lower(std::move(origin));
  for (const std::string& network : flags.trust_proxies)
    options.net.trusted_proxies.add(network);
  options.net.connection_rate.per_second = flags.connection_rate;
  options.net.message_rate.per_second = flags.message_rate;
  options.net.guard_host = !flags.allow_anonymous;
  options.net.heartbeat_timeout = flags.heartbeat_timeout.value;
  options.net.auth_timeout = flags.auth_timeout.value;
  options.store.history = std::chrono::hours(24) * flags.history_days;
  return options;
}

LogOptions log_options(const ServeFlags& flags) {
  return {.level = log_level(flags.log_level),
          .format = flags.log_format == "json" ? LogFormat::json : LogFormat::text,
          .for_journal = stderr_is_journal()};
}

FlagValues values_of(const CLI::App& command) {
  FlagValues values;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    values[option->get_lnames().front()] =
        option->count() > 0 ? CLI::detail::join(option->reduced_results(), "\n") : option->get_default_str();
  }
  return values;
}

tl::expected<ReadAgain, std::string> read_again(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv;
  argv.reserve(arguments.size());
  for (const std::string& argument : arguments)
    argv.push_back(argument.c_str());
  const int argc = static_cast<int>(argv.size());
  ReadAgain again;
  CLI::App app;
  CLI::App* command = app.add_subcommand("serve");
  add_serve_flags(*command, again.flags);
  add_environment(*command);
  try {
    apply_config_file(*command, argc, argv.data());
    app.parse(argc, argv.data());
  } catch (const CLI::Error& error) {
    return tl::make_unexpected(std::string(error.what()));
  }
  again.values = values_of(*command);
  return again;
}

} // namespace nvrhub::app
