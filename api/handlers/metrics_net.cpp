// GET /metrics: connections, dashboards, HTTP calls and the process.
#include <limits>
#include <utility>

#include "api/handlers/metrics.hpp"
#include "api/router.hpp"
#include "metrics/process_stats.hpp"

namespace nvrhub::api {

void add_connections(Exposition& out, const Connections& connections) {
  const auto& all = connections.counters();
  const Connections::Gauges now = connections.gauges();
  const auto rest = [](std::uint64_t whole, std::uint64_t part) { return whole > part ? whole - part : 0; };
  out.gauges("nvrhub_connections", "Open connections by kind.",
             {{{{"kind", "nvr"}}, rest(now.websockets, now.dashboards)},
              {{{"kind", "dashboard"}}, now.dashboards},
              {{{"kind", "http"}}, rest(now.connections, now.websockets)}});
  out.gauge("nvrhub_connections_limit",
            "The effective limit of open connections: --max-connections, lowered to what the descriptor limit allows.",
            now.connections_limit);
  out.counter("nvrhub_connections_accepted_total", "Connections accepted.", all.sum(&NetCounters::accepted));
  out.counter("nvrhub_connections_refused_total",
              "Connections refused because of --max-connections, --connection-rate or --max-handshakes.",
              all.sum(&NetCounters::refused));
  out.counter("nvrhub_proxy_headers_unreadable_total",
              "Requests and connections of trusted proxies whose client could not be read (--proxy-header).",
              all.sum(&NetCounters::proxy_headers_unreadable));
  out.gauge("nvrhub_held_bytes", "Memory that connections use; --memory-limit bounds it.", now.held_bytes);
  out.counter("nvrhub_memory_relieved_total", "Connections closed because of --memory-limit.", now.shed_connections);
  out.counter("nvrhub_accept_pauses_total",
              "Times that accepting connections was paused because descriptors or memory ran out.",
              all.sum(&NetCounters::accept_pauses));
  const auto or_never = [](const std::optional<std::int64_t>& seconds) {
    return seconds ? static_cast<double>(*seconds) : std::numeric_limits<double>::infinity();
  };
  out.gauge(
      "nvrhub_tls_certificate_expiry_timestamp_seconds",
      "When the server's certificate or one of its intermediates expires, in seconds since 1970; +Inf without TLS.",
      or_never(now.certificate_expiry));
  out.gauge("nvrhub_tls_client_ca_expiry_timestamp_seconds",
            "When the first authority of client certificates expires, in seconds since 1970; +Inf without authorities.",
            or_never(now.client_ca_expiry));
  std::vector<Exposition::Value> closes;
  for (std::size_t i = 0; i < metrics::close_codes.size(); ++i) {
    closes.push_back({{{"code", std::to_string(metrics::close_codes[i])}},
                      all.sum([i](const NetCounters& local) -> const metrics::Counter& { return local.closes[i]; })});
  }
  out.counters("nvrhub_websocket_closes_total", "WebSockets that the server closed, by close code.", std::move(closes));
  out.counter("nvrhub_websocket_sent_bytes_total", "Bytes sent over WebSockets.", all.sum(&NetCounters::sent_bytes));
  out.gauge("nvrhub_websocket_waiting_bytes", "Bytes in the send queues of WebSockets.",
            all.level(&NetCounters::outbound_bytes));
}

void add_nvr_sockets(Exposition& out, const Connections::Counters& all) {
  out.gauge("nvrhub_nvr_sessions", "Authenticated NVR sockets.", all.level(&NetCounters::nvr_sessions));
  out.counters("nvrhub_nvr_messages_total", "Valid messages from NVRs, by type.",
               {{{{"type", "auth"}}, all.sum(&NetCounters::auths)},
                {{{"type", "heartbeat"}}, all.sum(&NetCounters::heartbeats)}});
  out.counter("nvrhub_auths_unauthorized_total", "Auth messages without a valid token or certificate.",
              all.sum(&NetCounters::auths_unauthorized));
  out.counters("nvrhub_nvr_messages_refused_total", "Messages from NVRs that were refused, by error code.",
               by_name<protocol::ErrorCode>("code", all, &NetCounters::refused_messages));
  out.counter("nvrhub_nvr_received_bytes_total", "Bytes of text messages received from NVRs.",
              all.sum(&NetCounters::received_bytes));
  out.histograms("nvrhub_client_clock_skew_seconds",
                 "Absolute difference between the timestamp of a heartbeat and the server's clock.");
  out.histogram(all, &NetCounters::clock_skew_ms, ms_per_second);
}

void add_dashboards(Exposition& out, const Context& context) {
  const auto& all = context.connections.counters();
  const auto& actors = context.shared->counters;
  out.gauge("nvrhub_dashboard_subscriptions", "Dashboard sockets that have subscribed.",
            all.level(&NetCounters::subscriptions));
  out.counters("nvrhub_dashboard_subscribes_total", "Subscribe messages by kind of answer.",
               {{{{"answer", "recovered"}}, actors.sum(&ActorCounters::recoveries)},
                {{{"answer", "snapshot"}}, actors.sum(&ActorCounters::snapshots)}});
  out.gauge("nvrhub_dashboard_waiting_bytes", "Bytes shared by dashboards and not yet sent to all of them.",
            context.connections.gauges().dashboard_waiting_bytes);
  out.counter("nvrhub_dashboard_chunks_total",
              "Chunks handed to dashboard sockets; a chunk is one message or several that belong together.",
              all.sum(&NetCounters::dashboard_chunks));
  out.counter("nvrhub_dashboard_bytes_total", "Bytes of these chunks.", all.sum(&NetCounters::dashboard_bytes));
  out.counter("nvrhub_dashboards_too_slow_total", "Dashboards closed with 4429 because they read too slowly.",
              all.sum(&NetCounters::dashboards_too_slow));
  out.histograms("nvrhub_fanout_duration_seconds",
                 "Time from the end of a commit until the fanout has read its events.");
  out.histogram(actors, &ActorCounters::fanout_us, us_per_second);
}

void add_http(Exposition& out, const Context& context) {
  const auto& all = context.connections.counters();
  const std::vector<RouteName> names = route_names();
  std::vector<Exposition::Value> answers;
  for (std::size_t route = 0; route < names.size(); ++route) {
    for (std::size_t i = 0; i < metrics::http_statuses.size(); ++i) {
      const auto count =
          all.sum([=](const NetCounters& local) -> const metrics::Counter& { return local.routes[route].answers[i]; });
      if (count == 0) continue; // a route returns few of the statuses
      const std::string code = metrics::http_statuses[i] == 0 ? "other" : std::to_string(metrics::http_statuses[i]);
      answers.push_back({{{"method", names[route].method}, {"route", names[route].path}, {"code", code}}, count});
    }
  }
  out.counters("nvrhub_http_requests_total", "HTTP requests by route and status.", std::move(answers));
  out.histograms("nvrhub_http_request_duration_seconds",
                 "Time from the last byte of a request until its answer was ready.");
  for (std::size_t route = 0; route < names.size(); ++route) {
    out.histogram(all, [route](const NetCounters& local) -> const auto& { return local.routes[route].us; },
                  us_per_second, {{"method", names[route].method}, {"route", names[route].path}});
  }
  out.gauge("nvrhub_http_queries", "Queries that wait for a reader thread or run on one.",
            std::uint64_t{context.queries});
}

void add_process(Exposition& out, const Context& context) {
  out.gauge("nvrhub_actors_runnable", "Actors that have unread messages.",
            context.connections.gauges().runnable_actors);
  out.histograms("nvrhub_io_thread_lag_seconds", "How late I/O threads ran their timer.");
  out.begin_histogram<Connections::LagHistogram>(us_per_second);
  context.connections.each_lag([&out](const Connections::LagHistogram& lag) { out.merge(lag, us_per_second); });

  const metrics::ProcessStats process = metrics::process_stats();
  out.seconds("process_cpu_seconds_total", "CPU time, user and system.", process.cpu_seconds);
  out.gauge("process_start_time_seconds", "Start time of the process, in seconds since 1970.", process.start_seconds);
  out.gauge("process_resident_memory_bytes", "Resident memory.", process.resident_bytes);
  out.gauge("process_virtual_memory_bytes", "Address space; the map of the data file takes 64 GiB of it.",
            process.virtual_bytes);
  out.gauge("process_open_fds", "Open file descriptors.", process.open_descriptors);
  out.gauge("process_max_fds", "Limit of open file descriptors.", process.max_descriptors);
  out.gauge("process_threads", "Threads.", process.threads);
  out.gauges("nvrhub_build_info", "1; the version is in a label.", {{{{"version", context.about.version}}, 1}});
}

} // namespace nvrhub::api
