// GET /metrics: counters and gauges in the Prometheus text format (docs/reference/metrics.md).
#include <filesystem>
#include <utility>

#include <boost/asio/post.hpp>

#include "api/handlers.hpp"
#include "api/handlers/metrics.hpp"

namespace nvrhub::api {

namespace {

/// Gauges of the fleet. Missing when the store cannot be read.
void add_fleet(Exposition& out, const Context& context) {
  const store::PendingOperations::Operation operation(context.store->operations());
  const auto snapshot = context.store->snapshot();
  if (!snapshot) return;
  const auto counts = snapshot->counts();
  const auto begin = snapshot->log_begin();
  if (!counts || !begin) return;
  out.gauges("nvrhub_nvrs", "NVRs by status; unconfirmed NVRs count as online.",
             {{{{"status", "online"}}, counts->nvrs_online}, {{{"status", "offline"}}, counts->nvrs_offline}});
  out.gauges("nvrhub_cameras", "Cameras by status; `other` is any status that is neither online nor offline.",
             {{{{"status", "online"}}, counts->cameras_online},
              {{{"status", "offline"}}, counts->cameras_offline},
              {{{"status", "other"}}, counts->cameras_other}});
  out.gauge("nvrhub_log_begin_seq", "Sequence number of the oldest event in the log.", *begin);
}

void add_log_and_disk(Exposition& out, const Context& context) {
  const actors::Shared& shared = *context.shared;
  const auto hanging = context.store->operations().hanging();
  out.gauge("nvrhub_nvrs_unconfirmed", "NVRs that were online before the restart and have not reconnected yet.",
            shared.presence.unconfirmed_count());
  out.gauge("nvrhub_nvrs_waiting",
            "NVRs in the waiting room: refused because they are not registered, and not ignored.",
            std::uint64_t{shared.waiting.count()});
  out.gauge("nvrhub_log_head_seq", "Sequence number of the last committed event.", shared.head.load());
  out.counter("nvrhub_paused_seconds_total",
              "Time in which the process did not run, in pauses long enough to concern its clients.",
              static_cast<std::uint64_t>(shared.paused.load().count() / 1000));
  out.gauge("nvrhub_degraded", "1 while commits fail and are retried, or the store does not answer.",
            std::uint64_t{shared.degraded || hanging});
  out.gauge("nvrhub_store_hanging_seconds",
            "How long an operation on the data directory has not returned; 0 below 5 s.",
            hanging ? static_cast<std::uint64_t>(hanging->count()) : 0);
  out.gauge("nvrhub_draining", "1 while the server is stopping.", std::uint64_t{context.draining});
  if (hanging) return; // the calls below would hang, too
  std::error_code error;
  const auto size = std::filesystem::file_size(context.about.data_file, error);
  if (!error) out.gauge("nvrhub_data_file_bytes", "Size of the data file.", std::uint64_t{size});
  const auto space = std::filesystem::space(context.about.data_file, error);
  if (!error) {
    out.gauge("nvrhub_data_disk_available_bytes", "Free space on the disk of the data file.",
              std::uint64_t{space.available});
  }
}

/// Of a server of a cluster. What the store knows is missing when it cannot be read.
void add_cluster(Exposition& out, const Context& context) {
  if (!context.cluster) return;
  const protocol::ClusterStatus status = context.cluster();
  out.gauge("nvrhub_cluster_lease", "1 while this server holds its lease: only then it acknowledges and shows changes.",
            std::uint64_t{status.has_lease});
  out.gauge("nvrhub_cluster_etcd_leader", "1 while etcd answers and has a leader.", std::uint64_t{status.has_leader});
  out.gauge("nvrhub_cluster_log_head", "Newest position of the cluster's log that this server knows.", status.head);
  if (context.store->operations().hanging()) return;
  const store::PendingOperations::Operation operation(context.store->operations());
  const auto snapshot = context.store->snapshot();
  const auto applied = snapshot ? snapshot->applied() : tl::make_unexpected(snapshot.error());
  if (!applied) return;
  out.gauge("nvrhub_cluster_log_applied", "Position of the cluster's log up to which this server has applied it.",
            applied->position);
  std::uint64_t live = 0;
  std::uint64_t lost = 0;
  (void)snapshot->each_origin([&](const store::Origin&, const store::OriginState& state) {
    if (state.joined) ++(state.lost ? lost : live);
  });
  out.gauges("nvrhub_cluster_nodes", "Servers of the cluster: live, and lost ones whose NVRs have not all returned.",
             {{{{"state", "live"}}, live}, {{{"state", "lost"}}, lost}});
}

void add_clock(Exposition& out, const Context& context) {
  const auto& clock = context.shared->clock;
  if (!clock) return;
  const auto seconds = [](fleet::WallMillis ms) { return static_cast<double>(ms) / 1000; };
  out.gauge("nvrhub_clock_trusted", "0 while the wall clock is more than an hour off the server time and not believed.",
            std::uint64_t{clock->is_trusted()});
  out.gauge("nvrhub_clock_offset_seconds", "Wall clock minus server time.", seconds(clock->offset()));
  out.gauge("nvrhub_clock_retention_lag_seconds", "Server time minus the time from which --history-days counts.",
            seconds(clock->retention_lag()));
}

void add_store(Exposition& out, const metrics::PerThread<ActorCounters>& all) {
  out.counters("nvrhub_events_total", "Events committed, by kind.",
               by_name<fleet::Kind>("kind", all, &ActorCounters::events));
  out.counters("nvrhub_nvr_offlines_total", "Transitions of NVRs to offline, by cause.",
               by_name<fleet::Cause>("cause", all, &ActorCounters::offlines));
  out.histograms("nvrhub_commit_duration_seconds", "Duration of a commit to the data file, including its sync.");
  out.histogram(all, &ActorCounters::commit_us, us_per_second);
  out.histograms("nvrhub_commit_writes", "Writes per commit.");
  out.histogram(all, &ActorCounters::commit_writes, 1);
  out.counter("nvrhub_commits_failed_total", "Commits that failed; each is retried.",
              all.sum(&ActorCounters::commits_failed));
  out.counter("nvrhub_writes_refused_total",
              "Writes that the store refused because a newer write had replaced their base.",
              all.sum(&ActorCounters::writes_refused));
  out.gauge("nvrhub_store_queue_writes", "Writes that wait for a commit or are being committed.",
            all.level(&ActorCounters::store_queue));
  out.histograms("nvrhub_last_seen_flush_duration_seconds",
                 "Duration of a flush of changed last_seen times to the data file.");
  out.histogram(all, &ActorCounters::seen_flush_us, us_per_second);
  out.counter("nvrhub_last_seen_flushed_total", "last_seen times written by these flushes.",
              all.sum(&ActorCounters::seen_flushed));
  out.counter("nvrhub_last_seen_flushes_failed_total", "Flushes of last_seen times that failed.",
              all.sum(&ActorCounters::seen_flushes_failed));
  out.counter("nvrhub_events_pruned_total", "Events deleted because they were older than --history-days.",
              all.sum(&ActorCounters::events_pruned));
}

void add_reports(Exposition& out, const metrics::PerThread<ActorCounters>& all) {
  out.counters("nvrhub_auths_total", "Auth messages by outcome.",
               {{{{"outcome", "accepted"}}, all.sum(&ActorCounters::auths_accepted)},
                {{{"outcome", "unknown_hostname"}}, all.sum(&ActorCounters::auths_unknown_hostname)},
                {{{"outcome", "rate_limited"}}, all.sum(&ActorCounters::auths_rate_limited)},
                {{{"outcome", "shutting_down"}}, all.sum(&ActorCounters::auths_shutting_down)}});
  out.counters("nvrhub_reports_total", "Auth and heartbeat messages by their effect on camera statuses.",
               {{{{"outcome", "changed"}}, all.sum(&ActorCounters::reports_changed)},
                {{{"outcome", "unchanged"}}, all.sum(&ActorCounters::reports_unchanged)},
                {{{"outcome", "no_status"}}, all.sum(&ActorCounters::reports_bare)},
                {{{"outcome", "replaced"}}, all.sum(&ActorCounters::reports_replaced)}});
  out.counter("nvrhub_camera_changes_total", "Camera status changes made by reports.",
              all.sum(&ActorCounters::camera_changes));
  out.counter("nvrhub_report_entries_skipped_total", "Invalid camera entries in reports, as listed in the replies.",
              all.sum(&ActorCounters::skipped_entries));
  out.counter("nvrhub_unknown_cameras_total",
              "Camera entries in reports that were ignored because the camera is not registered.",
              all.sum(&ActorCounters::unknown_cameras));
  out.counter("nvrhub_takeovers_total", "Sessions that replaced an older session of the same NVR.",
              all.sum(&ActorCounters::takeovers));
  out.gauge("nvrhub_nvr_actors", "Running NVR actors: NVRs that are connected or being changed.",
            all.level(&ActorCounters::nvr_actors));
}

} // namespace

void get_metrics(Context& context, Executor, Request, Respond respond) {
  boost::asio::post(*context.scraper, [&context, respond = std::move(respond)] {
    Exposition out;
    if (!context.store->operations().hanging()) add_fleet(out, context); // a scrape must not hang with the disk
    add_log_and_disk(out, context);
    add_clock(out, context);
    add_cluster(out, context);
    add_reports(out, context.shared->counters);
    add_connections(out, context.connections);
    add_nvr_sockets(out, context.connections.counters());
    add_store(out, context.shared->counters);
    add_dashboards(out, context);
    add_http(out, context);
    add_process(out, context);
    respond({200, out.text(), "text/plain; version=0.0.4; charset=utf-8"});
  });
}

} // namespace nvrhub::api
