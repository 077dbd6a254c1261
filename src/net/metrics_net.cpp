// GET /metrics: sockets, dashboards, HTTP calls and the process.
#include <utility>

#include "net/api.hpp"
#include "net/metrics.hpp"
#include "net/process_stats.hpp"

namespace nvrhub::net {

void add_connections(Exposition& out, Services& services) {
  const auto& all = services.counters;
  const std::uint64_t open = services.connections;
  const std::uint64_t websockets = services.sessions.count();
  const std::uint64_t dashboards = services.dashboards.size();
  const auto rest = [](std::uint64_t whole, std::uint64_t part) { return whole > part ? whole - part : 0; };
  out.gauges("nvrhub_connections", "Open connections by what they are.",
             {{{{"kind", "nvr"}}, rest(websockets, dashboards)},
              {{{"kind", "dashboard"}}, dashboards},
              {{{"kind", "http"}}, rest(open, websockets)}});
  out.gauge("nvrhub_connections_limit", "The value of --max-connections.",
            std::uint64_t{services.options.max_connections});
  out.counter("nvrhub_connections_accepted_total", "Connections taken.", all.sum(&Counters::accepted));
  out.counter("nvrhub_connections_refused_total", "Connections refused over --max-connections.",
              all.sum(&Counters::refused));
  out.gauge("nvrhub_held_bytes", "Bytes that connections make the server hold, which --memory-limit bounds.",
            std::uint64_t{Memory::used(services)});
  out.counter("nvrhub_memory_relieved_total", "Connections closed because of --memory-limit.",
              std::uint64_t{services.memory.relieved});
  out.counter("nvrhub_accept_pauses_total", "Times that no connection could be taken: descriptors or memory ran out.",
              all.sum(&Counters::accept_pauses));
  std::vector<Exposition::Value> closes;
  for (std::size_t i = 0; i < close_codes.size(); ++i) {
    closes.push_back({{{"code", std::to_string(close_codes[i])}},
                      all.sum([i](const Counters& counters) -> const Cell& { return counters.closes[i]; })});
  }
  out.counters("nvrhub_websocket_closes_total", "WebSockets that the server closed, by close code.", std::move(closes));
  out.counter("nvrhub_websocket_sent_bytes_total", "Bytes sent over WebSockets.", all.sum(&Counters::sent_bytes));
  out.gauge("nvrhub_websocket_waiting_bytes", "Bytes that wait for the peers of WebSockets to take them.",
            all.level(&Counters::outbound_bytes));
}

void add_nvr_sockets(Exposition& out, Services& services) {
  const auto& all = services.counters;
  out.gauge("nvrhub_nvr_sessions", "NVR sockets that are authenticated.", all.level(&Counters::nvr_sessions));
  out.counters(
      "nvrhub_nvr_messages_total", "Messages of NVRs that could be read, by type.",
      {{{{"type", "auth"}}, all.sum(&Counters::auths)}, {{{"type", "heartbeat"}}, all.sum(&Counters::heartbeats)}});
  out.counter("nvrhub_auths_unauthorized_total", "Auths without a good token or certificate.",
              all.sum(&Counters::auths_unauthorized));
  out.counters("nvrhub_nvr_messages_refused_total", "Messages of NVRs that were refused, by the error's code.",
               by_name<protocol::ErrorCode>("code", all, &Counters::refused_messages));
  out.counter("nvrhub_nvr_received_bytes_total", "Bytes of text messages of NVRs.", all.sum(&Counters::received_bytes));
  out.histograms("nvrhub_client_clock_skew_seconds",
                 "How far the timestamp of a heartbeat was from the server's clock, either way.");
  out.histogram(all, &Counters::clock_skew_ms, ms_per_second);
}

void add_dashboards(Exposition& out, Services& services) {
  const auto& all = services.counters;
  out.gauge("nvrhub_dashboard_subscriptions", "Dashboard sockets that have subscribed.",
            all.level(&Counters::subscriptions));
  out.counters("nvrhub_dashboard_subscribes_total", "Subscribes by how they were answered.",
               {{{{"answer", "recovered"}}, services.shared->counters.sum(&ActorCounters::recoveries)},
                {{{"answer", "snapshot"}}, services.shared->counters.sum(&ActorCounters::snapshots)}});
  out.gauge("nvrhub_dashboard_waiting_bytes", "Bytes that dashboards share and some of them have not taken yet.",
            std::uint64_t{services.dashboards.waiting_bytes()});
  out.counter("nvrhub_dashboard_chunks_total", "Messages for dashboards; some that go together count as one.",
              all.sum(&Counters::dashboard_chunks));
  out.counter("nvrhub_dashboard_bytes_total", "Bytes of these.", all.sum(&Counters::dashboard_bytes));
  out.counter("nvrhub_dashboards_too_slow_total", "Dashboards cut off because they read too slowly.",
              all.sum(&Counters::dashboards_too_slow));
  out.histograms("nvrhub_fanout_duration_seconds", "From the end of a commit until the fanout has read its events.");
  out.histogram(services.shared->counters, &ActorCounters::fanout_us, us_per_second);
}

void add_http(Exposition& out, Services& services) {
  const auto& all = services.counters;
  const std::vector<RouteName> names = route_names();
  std::vector<Exposition::Value> answers;
  for (std::size_t route = 0; route < names.size(); ++route) {
    for (std::size_t i = 0; i < http_statuses.size(); ++i) {
      const auto count =
          all.sum([=](const Counters& counters) -> const Cell& { return counters.routes[route].answers[i]; });
      if (count == 0) continue; // most statuses never come from a route
      const std::string code = http_statuses[i] == 0 ? "other" : std::to_string(http_statuses[i]);
      answers.push_back({{{"method", names[route].method}, {"route", names[route].path}, {"code", code}}, count});
    }
  }
  out.counters("nvrhub_http_requests_total", "HTTP requests by route and the answer's status.", std::move(answers));
  out.histograms("nvrhub_http_request_duration_seconds", "From a request's last byte until its answer was ready.");
  for (std::size_t route = 0; route < names.size(); ++route) {
    out.histogram(all, [route](const Counters& counters) -> const auto& { return counters.routes[route].us; },
                  us_per_second, {{"method", names[route].method}, {"route", names[route].path}});
  }
  out.gauge("nvrhub_http_queries", "Queries that wait for a reader thread or run on one.",
            std::uint64_t{services.queries});
}

void add_process(Exposition& out, Services& services) {
  out.gauge("nvrhub_actors_runnable", "Actors that have messages to read.",
            std::uint64_t{services.pool.thread(0).run_queue().outstanding()});
  out.histograms("nvrhub_io_thread_lag_seconds", "How late I/O threads came to what was due.");
  out.begin_histogram<actors::Histogram<latency_us>>(us_per_second);
  for (std::size_t i = 0; i < services.pool.size(); ++i)
    out.merge(services.pool.thread(i).lag_us(), us_per_second);

  const ProcessStats process = process_stats();
  out.seconds("process_cpu_seconds_total", "CPU time, user and system.", process.cpu_seconds);
  out.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", process.start_seconds);
  out.gauge("process_resident_memory_bytes", "Memory in use.", process.resident_bytes);
  out.gauge("process_virtual_memory_bytes", "Address space; the data file's map alone takes 64 GiB.",
            process.virtual_bytes);
  out.gauge("process_open_fds", "Open descriptors.", process.open_descriptors);
  out.gauge("process_max_fds", "Descriptors that the process may open.", process.max_descriptors);
  out.gauge("process_threads", "Threads.", process.threads);
  out.gauges("nvrhub_build_info", "1, with the version as label.", {{{{"version", services.about.version}}, 1}});
}

} // namespace nvrhub::net
