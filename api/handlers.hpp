#pragma once

#include "api/context.hpp"
#include "api/request.hpp"

// The handlers of the routes in router.cpp, by the file that has them. Each is called on the I/O thread of `executor`
// once the caller's permission and the names in the path were checked.

namespace nvrhub::api {

using Handler = void (*)(Context& context, Executor executor, Request request, Respond respond);

// access.cpp
void get_access(Context& context, Executor executor, Request request, Respond respond);
// alerts.cpp
void get_alerts(Context& context, Executor executor, Request request, Respond respond);
void post_acknowledgement(Context& context, Executor executor, Request request, Respond respond);
void get_alert_rules(Context& context, Executor executor, Request request, Respond respond);
void put_alert_rules(Context& context, Executor executor, Request request, Respond respond);
// backup.cpp
void post_backup(Context& context, Executor executor, Request request, Respond respond);
// drain.cpp
void post_drain(Context& context, Executor executor, Request request, Respond respond);
// events.cpp
void get_events(Context& context, Executor executor, Request request, Respond respond);
// fleet_metrics.cpp
void get_fleet_metrics(Context& context, Executor executor, Request request, Respond respond);
// cluster.cpp
void get_cluster(Context& context, Executor executor, Request request, Respond respond);
// health.cpp
void get_healthz(Context& context, Executor executor, Request request, Respond respond);
void get_readyz(Context& context, Executor executor, Request request, Respond respond);
// history.cpp
void get_availability(Context& context, Executor executor, Request request, Respond respond);
void get_at(Context& context, Executor executor, Request request, Respond respond);
// maintenance.cpp
void get_maintenance(Context& context, Executor executor, Request request, Respond respond);
void post_maintenance(Context& context, Executor executor, Request request, Respond respond);
void delete_maintenance(Context& context, Executor executor, Request request, Respond respond);
// metrics.cpp
void get_metrics(Context& context, Executor executor, Request request, Respond respond);
// nvr_changes.cpp
void put_nvr(Context& context, Executor executor, Request request, Respond respond);
void delete_nvr(Context& context, Executor executor, Request request, Respond respond);
void delete_camera(Context& context, Executor executor, Request request, Respond respond);
void post_rename(Context& context, Executor executor, Request request, Respond respond);
void put_nvr_status(Context& context, Executor executor, Request request, Respond respond);
void put_camera_status(Context& context, Executor executor, Request request, Respond respond);
void post_import(Context& context, Executor executor, Request request, Respond respond);
// nvrs.cpp
void get_nvrs(Context& context, Executor executor, Request request, Respond respond);
void get_nvr(Context& context, Executor executor, Request request, Respond respond);
void get_summary(Context& context, Executor executor, Request request, Respond respond);
// page.cpp
void get_page(Context& context, Executor executor, Request request, Respond respond);
// peers.cpp
void post_challenge(Context& context, Executor executor, Request request, Respond respond);
void post_cluster_data(Context& context, Executor executor, Request request, Respond respond);
void post_cluster_forward(Context& context, Executor executor, Request request, Respond respond);
// timeline.cpp
void get_timeline(Context& context, Executor executor, Request request, Respond respond);
// tokens.cpp
void get_tokens(Context& context, Executor executor, Request request, Respond respond);
void post_token(Context& context, Executor executor, Request request, Respond respond);
void delete_token(Context& context, Executor executor, Request request, Respond respond);
// waiting.cpp
void get_waiting(Context& context, Executor executor, Request request, Respond respond);
void delete_waiting(Context& context, Executor executor, Request request, Respond respond);

/// The NVR as JSON with its current `last_seen` and `unconfirmed`.
std::string encode_live(const Context& context, fleet::Nvr nvr);

} // namespace nvrhub::api
