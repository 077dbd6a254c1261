// Defines the flags of `nvrhub serve` and converts them to options.
#include "app/cli/serve_flags.hpp"

#include <utility>

#include "app/cli/notify_config.hpp"
#include "net/http/origin_policy.hpp"
#include "protocol/decode/alerts.hpp"

namespace nvrhub::app {

namespace {

CLI::Validator node_check() {
  return CLI::Validator(
      [](const std::string& text) {
        if (text == cluster::founding_node) return "\"" + text + "\" is the name of `nvrhub cluster init`";
        return store::is_node_name(text) ? std::string() : "\"" + text + "\": expected 1 to 64 of A-Z a-z 0-9 . _ -";
      },
      "NAME");
}

} // namespace

void add_serve_flags(CLI::App& command, ServeFlags& flags) {
  net::NetOptions& net = flags.options.net;
  actors::Settings& settings = flags.options.settings;
  command.add_option("--data", flags.data, "Data directory; created if missing")->type_name("DIR")->required();
  command.add_option("--listen", flags.listen, "IP address and port; port 0: the system chooses a free one")
      ->type_name("ADDR:PORT")
      ->check(endpoint_check())
      ->capture_default_str();
  command.add_flag(
      "--allow-anonymous", flags.allow_anonymous,
      "Listen beyond loopback although no token exists: everyone who reaches the port can report, change and read");
  command
      .add_option("--allow-origin", flags.allow_origins,
                  "Origin of web pages that may use this server in addition to its own, such as https://wall.example; "
                  "null, file://: local files, only while a token exists; repeatable")
      ->type_name("ORIGIN")
      ->check(list_of(origin_check()));
  command.add_option("--tls-cert", net.tls.certificate, "Certificate with its chain (PEM): serve only HTTPS and wss")
      ->type_name("FILE");
  command.add_option("--tls-key", net.tls.key, "The certificate's key (PEM)")->type_name("FILE");
  command
      .add_option("--tls-client-ca", net.tls.client_ca,
                  "Authority (PEM) of client certificates; the certificate of an NVR must name its hostname")
      ->type_name("FILE");
  command
      .add_option("--enroll", flags.enroll,
                  "known: accept only registered NVRs and cameras; auto: create them on their first report")
      ->check(CLI::IsMember({"known", "auto"}))
      ->capture_default_str();
  command
      .add_option(
          "--heartbeat-timeout", flags.heartbeat_timeout,
          "An NVR whose socket is silent this long goes offline; it is pinged before, at the latest after half of it")
      ->type_name("TIME")
      ->check(duration_check())
      ->capture_default_str();
  command
      .add_option(
          "--ping-interval", flags.ping_interval,
          "A WebSocket without a byte in one direction this long is pinged, so that proxies do not close it; 0s: "
          "only after half of --heartbeat-timeout")
      ->type_name("TIME")
      ->check(duration_check())
      ->capture_default_str();
  command.add_option("--auth-timeout", flags.auth_timeout, "A socket that has not authenticated by then is closed")
      ->type_name("TIME")
      ->check(duration_check())
      ->capture_default_str();
  command
      .add_option("--keep-alive-timeout", flags.keep_alive_timeout,
                  "An HTTP connection without a request is closed after it; 0s: after each request")
      ->type_name("TIME")
      ->check(duration_check())
      ->capture_default_str();
  command
      .add_option("--restart-grace", flags.restart_grace,
                  "After a start, NVRs that were online have this long to return before they go offline")
      ->type_name("TIME")
      ->check(duration_check())
      ->capture_default_str();
  command
      .add_option("--offline-grace", flags.offline_grace,
                  "An NVR whose socket closes and that returns within it stays online; 0s: offline at once")
      ->type_name("TIME")
      ->check(duration_check())
      ->capture_default_str();
  command
      .add_option("--commit-interval", flags.commit_interval,
                  "Changes that NVRs report are committed together this often, and at once when they are rare; auths "
                  "and changes over HTTP never wait; at most 1s; 0ms: each commit begins at once")
      ->type_name("TIME")
      ->check(duration_check())
      ->check(at_most(std::chrono::seconds(1)))
      ->capture_default_str();
  command.add_option("--history-days", flags.history_days, "Events older than this are deleted; 0: keep all")
      ->capture_default_str();
  command.add_option("--max-cameras", settings.max_cameras, "Cameras per NVR")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command.add_option("--max-message", net.websockets.max_message, "Bytes of one WebSocket message")
      ->check(CLI::Range(1024, 1 << 26))
      ->capture_default_str();
  command
      .add_option("--max-outbound", net.websockets.max_outbound,
                  "Bytes in the send queue of one socket; beyond it the slow consumer is closed with 4429")
      ->check(CLI::Range(1 << 16, 1 << 30))
      ->capture_default_str();
  command
      .add_option("--max-snapshots", net.max_snapshots,
                  "Bytes of the snapshots that dashboards read; beyond it those that read the oldest are closed (4429)")
      ->check(CLI::Range(std::size_t{1} << 20, std::size_t{1} << 36))
      ->capture_default_str();
  command
      .add_option("--max-connections", net.connections.max_connections, "Open connections; further ones get HTTP 503")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--max-dashboards", net.connections.max_dashboards,
                  "Dashboard sockets among them; further ones get HTTP 503")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--max-handshakes", net.connections.max_handshakes,
                  "Pending connections (handshake, request or auth not complete); beyond it the oldest is closed")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--connection-rate", flags.connection_rate,
                  "New connections per second from one address, with a burst of 10 s; 0: no limit")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--message-rate", flags.message_rate,
                  "Messages per second of one NVR, with a burst of 10 s; above it it is closed with 4429; 0: no limit")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  command
      .add_option("--notify-rate", flags.notify_rate,
                  "Messages about alerts per hour and channel; what exceeds it is sent as one digest")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command
      .add_option("--page-url", flags.page_url,
                  "Address of the page as people reach it, for the links in messages about alerts")
      ->type_name("URL")
      ->check(url_check("page"));
  command
      .add_option("--memory-limit", net.memory_limit,
                  "Memory budget of all connections, in bytes; above it those that hold most are closed")
      ->check(CLI::Range(std::size_t{16} << 20, std::size_t{1} << 40))
      ->capture_default_str();
  command
      .add_option("--trust-proxy", flags.trust_proxies,
                  "Address or network (10.0.0.0/8) of a proxy that names the clients (--proxy-header); repeatable")
      ->type_name("NETWORK")
      ->check(list_of(network_check()));
  command
      .add_option("--proxy-header", flags.proxy_header,
                  "Where these proxies name the client; only this is read: x-forwarded-for, forwarded (RFC 7239), or "
                  "proxy-protocol: versions 1 and 2, ahead of each connection, also of TLS")
      ->check(CLI::IsMember({"x-forwarded-for", "forwarded", "proxy-protocol"}))
      ->capture_default_str();
  CLI::Option* const cluster = add_cluster_flags(command, flags.cluster);
  CLI::Option* const node =
      command
          .add_option("--node", flags.node,
                      "Name of this server in the cluster, of its own for each: 1 to 64 of A-Z a-z 0-9 . _ -")
          ->type_name("NAME")
          ->check(node_check());
  CLI::Option* const advertise =
      command
          .add_option("--advertise", flags.advertise, "Address where the other servers of the cluster reach this one")
          ->type_name("URL")
          ->check(url_check("server"));
  CLI::Option* const secret =
      command
          .add_option(
              "--cluster-secret-file", flags.cluster_secret_file,
              "File with a secret that all servers of the cluster share: with it they give each other their data")
          ->type_name("FILE");
  CLI::Option* const peer_ca =
      command
          .add_option("--cluster-peer-ca", flags.options.peers.ca,
                      "Authority (PEM) of the other servers' certificates; default: the machine's")
          ->type_name("FILE");
  CLI::Option* const insecure = command.add_flag("--cluster-insecure", flags.options.peers.allow_plain,
                                                 "Servers of the cluster may fetch data from one another without TLS");
  secret->needs(cluster);
  peer_ca->needs(cluster);
  insecure->needs(cluster);
  cluster->needs(node)->needs(advertise);
  node->needs(cluster);
  advertise->needs(cluster);
  command.parse_complete_callback([&flags] {
    if (!flags.cluster.url.empty()) {
      auto etcd = read_cluster_flags(flags.cluster);
      if (!etcd) throw CLI::ValidationError(etcd.error().message);
      flags.options.cluster.emplace();
      flags.options.cluster->etcd = std::move(*etcd);
      flags.options.cluster->node = flags.node;
      flags.options.cluster->address = flags.advertise;
      flags.options.peers.node = flags.node;
    }
    if (!flags.cluster_secret_file.empty()) {
      auto read = access::ClusterSecret::read(flags.cluster_secret_file);
      if (!read) throw CLI::ValidationError("--cluster-secret-file", read.error());
      flags.options.peers.secret = std::make_shared<const access::ClusterSecret>(std::move(*read));
    }
    if (!flags.config.empty()) {
      auto notify = read_notify_config(flags.config);
      if (!notify) throw CLI::ConfigError(notify.error());
      flags.notify = std::move(*notify);
    }
    if (flags.proxy_header == "x-forwarded-for" || !flags.trust_proxies.empty()) return;
    throw CLI::ValidationError("--proxy-header", "\"" + flags.proxy_header +
                                                     "\" has no effect without --trust-proxy: name the addresses of "
                                                     "the proxies, such as --trust-proxy 10.0.0.7");
  });
  command
      .add_option("--takeover-limit", settings.takeovers_per_minute,
                  "Takeovers of one hostname per minute; 0: no limit")
      ->capture_default_str();
  command.add_flag("--manual-api", flags.options.api.manual_api,
                   "Permit PUT .../status, which sets statuses by hand, for testing");
  command.add_option("--threads", flags.options.threads, "I/O threads; 0: one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--log-level", flags.log_level, "Lowest level written to stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  command.add_option("--log-format", flags.log_format, "text, or json: one object per line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command.add_option("--log-changes", flags.log_changes, "on: the log has a line per status change; off: none")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  command
      .add_option("--config", flags.config, "File with `flag = value` lines (TOML); flags and environment override it")
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
  for (const std::string& origin : split_list(flags.allow_origins))
    options.net.origins.allowed.push_back(net::normalized_origin(origin).value_or(origin));
  for (const std::string& network : split_list(flags.trust_proxies))
    options.net.connections.trusted_proxies.add(network);
  options.net.connections.proxy_header = flags.proxy_header == "forwarded"        ? net::ProxyHeader::forwarded
                                         : flags.proxy_header == "proxy-protocol" ? net::ProxyHeader::proxy_protocol
                                                                                  : net::ProxyHeader::x_forwarded_for;
  options.net.connections.connection_rate.per_second = flags.connection_rate;
  options.net.websockets.message_rate.per_second = flags.message_rate;
  options.net.origins.check_host = !flags.allow_anonymous;
  options.net.timeouts.heartbeat = flags.heartbeat_timeout.value;
  options.net.timeouts.ping = flags.ping_interval.value;
  options.net.timeouts.auth = flags.auth_timeout.value;
  options.net.timeouts.keep_alive = flags.keep_alive_timeout.value;
  options.settings.commit_interval = flags.commit_interval.value;
  options.api.has_peers = options.peers.secret != nullptr;
  options.store.history = std::chrono::hours(24) * flags.history_days;
  options.alerts.channels = flags.notify.channels;
  options.alerts.grouping.per_hour = flags.notify_rate;
  options.alerts.page_url = flags.page_url;
  if (!flags.page_url.empty() && !flags.page_url.ends_with('/')) options.alerts.page_url += '/';
  if (!flags.notify.alerts_json.empty()) { // read_notify_config() has checked them
    if (auto rules = protocol::decode_alert_rules(flags.notify.alerts_json))
      options.alerts.first_rules = std::move(*rules);
  }
  return options;
}

LogOptions log_options(const ServeFlags& flags) {
  return {.level = log_level(flags.log_level),
          .format = flags.log_format == "json" ? LogFormat::json : LogFormat::text,
          .for_journal = stderr_is_journal(),
          .changes = flags.log_changes == "on"};
}

FlagValues values_of(const CLI::App& command) {
  FlagValues values;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    values[option->get_lnames().front()] =
        option->count() > 0 ? CLI::detail::join(option->reduced_results(), "\n") : option->get_default_str();
  }
  if (const std::string& file = values["config"]; !file.empty()) {
    try {
      values["tables"] = notify::split_config(read_config_file(file)).tables;
    } catch (const CLI::Error&) { // it was read a moment ago; gone now
    }
  }
  return values;
}

tl::expected<ParsedServeFlags, std::string> parse_serve_flags(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv;
  argv.reserve(arguments.size());
  for (const std::string& argument : arguments)
    argv.push_back(argument.c_str());
  const int argc = static_cast<int>(argv.size());
  ParsedServeFlags parsed;
  CLI::App app;
  CLI::App* command = app.add_subcommand("serve");
  add_serve_flags(*command, parsed.flags);
  add_environment(*command);
  try {
    apply_config_file(*command, argc, argv.data());
    app.parse(argc, argv.data());
  } catch (const CLI::Error& error) {
    return tl::make_unexpected(std::string(error.what()));
  }
  parsed.values = values_of(*command);
  return parsed;
}

} // namespace nvrhub::app
