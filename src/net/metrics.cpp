// GET /metrics: what is counted and what is so now, as Prometheus's text (docs/guide/operations.md, "Metrics").
#include <filesystem>
#include <utility>

#include "net/api.hpp"
#include "net/metrics.hpp"

namespace nvrhub::net {

namespace {

/// The fleet as it is in the store. A disk that cannot be read takes these away, and nothing else.
void add_fleet(Exposition& out, const Services& services) {
  const auto snapshot = services.store->snapshot();
  if (!snapshot) return;
  const auto counts = snapshot->counts();
  const auto begin = snapshot->log_begin();
  if (!counts || !begin) return;
  out.gauges("nvrhub_nvrs", "NVRs by status; the unconfirmed are among the online.",
             {{{{"status", "online"}}, counts->nvrs_online}, {{{"status", "offline"}}, counts->nvrs_offline}});
  out.gauges("nvrhub_cameras", "Cameras by status; `other` is any status that is neither online nor offline.",
             {{{{"status", "online"}}, counts->cameras_online},
              {{{"status", "offline"}}, counts->cameras_offline},
              {{{"status", "other"}}, counts->cameras_other}});
  out.gauge("nvrhub_log_begin_seq", "Number of the oldest event that is kept.", *begin);
}

void add_log_and_disk(Exposition& out, const Services& services) {
  const actors::Shared& shared = *services.shared;
  out.gauge("nvrhub_nvrs_unconfirmed", "NVRs that were online before a restart and are not back yet.",
            shared.presence.unconfirmed_count());
  out.gauge("nvrhub_log_head_seq", "Number of the last committed event.", shared.head.load());
  out.gauge("nvrhub_degraded", "1 while commits fail and are tried again.", std::uint64_t{shared.degraded});
  out.gauge("nvrhub_draining", "1 while the server is stopping.", std::uint64_t{services.draining});
  std::error_code error;
  const auto size = std::filesystem::file_size(services.about.data_file, error);
  if (!error) out.gauge("nvrhub_data_file_bytes", "Size of the data file.", std::uint64_t{size});
  const auto space = std::filesystem::space(services.about.data_file, error);
  if (!error) {
    out.gauge("nvrhub_data_disk_available_bytes", "Room that is left on the data file's disk.",
              std::uint64_t{space.available});
  }
}

void add_store(Exposition& out, const actors::Tallies<ActorCounters>& all) {
  out.counters("nvrhub_events_total", "Events committed, by kind.",
               by_name<fleet::Kind>("kind", all, &ActorCounters::events));
  out.counters("nvrhub_nvr_offlines_total", "Times that an NVR went offline, by cause.",
               by_name<fleet::Cause>("cause", all, &ActorCounters::offlines));
  out.histograms("nvrhub_commit_duration_seconds", "Time that a commit to the data file took, its sync included.");
  out.histogram(all, &ActorCounters::commit_us, us_per_second);
  out.histograms("nvrhub_commit_writes", "Writes that went into one commit.");
  out.histogram(all, &ActorCounters::commit_writes, 1);
  out.counter("nvrhub_commits_failed_total", "Commits that failed; each is tried again.",
              all.sum(&ActorCounters::commits_failed));
  out.counter("nvrhub_writes_refused_total", "Writes that the store refused because another came before them.",
              all.sum(&ActorCounters::writes_refused));
  out.gauge("nvrhub_store_queue_writes", "Writes that wait for a commit or are in it.",
            all.level(&ActorCounters::store_queue));
  out.histograms("nvrhub_last_seen_flush_duration_seconds", "Time that writing the moved last_seen took.");
  out.histogram(all, &ActorCounters::seen_flush_us, us_per_second);
  out.counter("nvrhub_last_seen_flushed_total", "Times of NVRs written by these flushes.",
              all.sum(&ActorCounters::seen_flushed));
  out.counter("nvrhub_last_seen_flushes_failed_total", "Flushes that failed.",
              all.sum(&ActorCounters::seen_flushes_failed));
  out.counter("nvrhub_events_pruned_total", "Events dropped because they were older than the history that is kept.",
              all.sum(&ActorCounters::events_pruned));
}

void add_reports(Exposition& out, const actors::Tallies<ActorCounters>& all) {
  out.counters("nvrhub_auths_total", "Auths by what became of them.",
               {{{{"outcome", "accepted"}}, all.sum(&ActorCounters::auths_accepted)},
                {{{"outcome", "unknown_hostname"}}, all.sum(&ActorCounters::auths_unknown_hostname)},
                {{{"outcome", "rate_limited"}}, all.sum(&ActorCounters::auths_rate_limited)},
                {{{"outcome", "shutting_down"}}, all.sum(&ActorCounters::auths_shutting_down)}});
  out.counters("nvrhub_reports_total", "Auths and heartbeats by what they did to the statuses of cameras.",
               {{{{"outcome", "changed"}}, all.sum(&ActorCounters::reports_changed)},
                {{{"outcome", "unchanged"}}, all.sum(&ActorCounters::reports_unchanged)},
                {{{"outcome", "no_status"}}, all.sum(&ActorCounters::reports_bare)},
                {{{"outcome", "replaced"}}, all.sum(&ActorCounters::reports_replaced)}});
  out.counter("nvrhub_camera_changes_total", "Statuses of cameras that reports changed.",
              all.sum(&ActorCounters::camera_changes));
  out.counter("nvrhub_report_entries_skipped_total", "Wrong camera entries of reports, as named in the replies.",
              all.sum(&ActorCounters::skipped_entries));
  out.counter("nvrhub_unknown_cameras_total",
              "Camera entries of reports that were ignored: no such camera is registered.",
              all.sum(&ActorCounters::unknown_cameras));
  out.counter("nvrhub_takeovers_total", "Sessions that replaced an older one of their NVR.",
              all.sum(&ActorCounters::takeovers));
  out.gauge("nvrhub_nvr_actors", "NVRs that are connected or being changed.", all.level(&ActorCounters::nvr_actors));
}

} // namespace

void get_metrics(Services& services, IoThread&, ApiRequest, Respond respond) {
  boost::asio::post(*services.scraper, [&services, respond = std::move(respond)] {
    Exposition out;
    add_fleet(out, services);
    add_log_and_disk(out, services);
    add_reports(out, services.shared->counters);
    add_connections(out, services);
    add_nvr_sockets(out, services);
    add_store(out, services.shared->counters);
    add_dashboards(out, services);
    add_http(out, services);
    add_process(out, services);
    respond({200, out.text(), "text/plain; version=0.0.4; charset=utf-8"});
  });
}

} // namespace nvrhub::net
