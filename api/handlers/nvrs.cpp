// GET /nvrs, /nvrs/{hostname} and /summary: the current state. Each reads one snapshot, on a reader thread.
#include <algorithm>
#include <memory>
#include <mutex>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "actors/fanout/summary_aggregator.hpp"
#include "api/handlers.hpp"
#include "api/query/nvr_list.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::api {

namespace {

/// Releases kept snapshots when they expire, even if no list is requested any more.
void expire_cursors_later(Context& context, Executor executor) {
  boost::asio::post(executor, [&context, executor] {
    const auto timer = std::make_shared<boost::asio::steady_timer>(executor, context.cursors.lifetime());
    timer->async_wait([&context, executor, timer](const boost::system::error_code& error) {
      if (!error && context.cursors.expire()) expire_cursors_later(context, executor);
    });
  });
}

Cursors::KeptPtr kept_snapshot(Context& context, const std::optional<Cursor>& cursor) {
  if (!cursor) return std::make_shared<Cursors::Kept>(value_or_throw(context.store->snapshot()));
  auto kept = context.cursors.find(cursor->token);
  if (kept) return kept;
  throw HttpError{error_response(
      410, "cursor_expired",
      "the cursor has expired: a list must be read within a minute; request its first page again", "cursor")};
}

/// Reads the NVRs after `after`: with their cameras, or only their summaries where that is enough.
template <class Visit>
void each_nvr(const Context& context, const store::Snapshot& snapshot, fleet::NvrId after, bool with_cameras,
              Visit visit) {
  store::PendingOperations::Operation operation(context.store->operations());
  const actors::Presence& presence = context.shared->presence;
  const auto complete = [&](fleet::Nvr& nvr) {
    throw_if_draining(context);
    operation.renew();
    nvr.last_seen = std::max(nvr.last_seen, presence.last_seen(nvr.id));
    return presence.unconfirmed(nvr.id);
  };
  if (with_cameras) {
    value_or_throw(snapshot.each_nvr(after, [&](fleet::Nvr&& nvr) {
      const bool unconfirmed = complete(nvr);
      return visit(nvr, unconfirmed, nullptr);
    }));
  } else {
    value_or_throw(snapshot.each_nvr_summary(after, [&](fleet::Nvr&& nvr, const fleet::NvrSummary& nvr_summary) {
      const bool unconfirmed = complete(nvr);
      return visit(nvr, unconfirmed, &nvr_summary);
    }));
  }
}

Response list_nvrs(Context& context, Executor executor, const Request& request) {
  const protocol::Detail detail = detail_param(request.target);
  const NvrFilter filter(request);
  NvrListResponse response(request, detail);
  auto cursor = cursor_param(request.target);
  fleet::NvrId last = cursor ? id_of(*cursor) : 0;
  const Cursors::KeptPtr kept = kept_snapshot(context, cursor);

  const std::lock_guard lock(kept->reading);
  const store::Snapshot& snapshot = kept->snapshot;
  bool more = false;
  const bool with_cameras = detail == protocol::Detail::camera || filter.needs_cameras();
  each_nvr(context, snapshot, last, with_cameras,
           [&](const fleet::Nvr& nvr, bool unconfirmed, const fleet::NvrSummary* nvr_summary) {
             if (!filter.matches(nvr, unconfirmed)) return true;
             if (response.is_full()) return !(more = true);
             last = nvr.id;
             nvr_summary == nullptr ? response.add_nvr(nvr, nvr.online && unconfirmed)
                                    : response.add_outline(nvr, nvr.online && unconfirmed, *nvr_summary);
             return true;
           });
  std::optional<std::string> next;
  if (more) {
    if (!cursor) {
      cursor = Cursor{context.cursors.keep(kept)};
      if (context.cursors.begin_watch()) expire_cursors_later(context, executor);
    }
    next = Cursor{cursor->token, last}.text();
  }
  return response.answer_at(value_or_throw(snapshot.head()), value_or_throw(snapshot.epoch()), "nvrs", next);
}

Response one_nvr(Context& context, const Request& request) {
  const std::string& hostname = request.path["hostname"];
  const store::PendingOperations::Operation operation(context.store->operations());
  const store::Snapshot snapshot = value_or_throw(context.store->snapshot());
  const auto id = value_or_throw(snapshot.id_of(hostname));
  auto nvr = id ? value_or_throw(snapshot.nvr(*id)) : std::nullopt;
  if (!nvr || !request.grant->sees(nvr->site))
    return error_response(404, "not_found", "no NVR is registered as \"" + hostname + "\"", "hostname");
  return {200, protocol::encode_one_nvr(value_or_throw(snapshot.head()), encode_live(context, std::move(*nvr)))};
}

/// For a caller that may see only some sites: the store has no counts per site, so this reads every NVR.
Response summary_of_sites(Context& context, const access::Grant& grant) {
  store::PendingOperations::Operation operation(context.store->operations());
  const store::Snapshot snapshot = value_or_throw(context.store->snapshot());
  protocol::Summary summary;
  summary.seq = value_or_throw(snapshot.head());
  value_or_throw(snapshot.each_nvr_summary(0, [&](const fleet::Nvr& nvr, const fleet::NvrSummary& nvr_summary) {
    throw_if_draining(context);
    operation.renew();
    if (grant.sees(nvr.site))
      actors::add_to_summary(summary, nvr_summary, context.shared->presence.unconfirmed(nvr.id), 1);
    return true;
  }));
  return {200, protocol::encode(summary)};
}

Response summary(Context& context, const Request& request) {
  if (!request.grant->sees_all()) return summary_of_sites(context, *request.grant);
  const store::PendingOperations::Operation operation(context.store->operations());
  const store::Snapshot snapshot = value_or_throw(context.store->snapshot());
  const store::Counts counts = value_or_throw(snapshot.counts());
  protocol::Summary summary;
  summary.seq = value_or_throw(snapshot.head());
  summary.nvrs_online = counts.nvrs_online;
  summary.nvrs_offline = counts.nvrs_offline;
  summary.nvrs_unconfirmed = context.shared->presence.unconfirmed_count();
  summary.cameras_online = counts.cameras_online;
  summary.cameras_offline = counts.cameras_offline;
  summary.cameras_other = counts.cameras_other;
  return {200, protocol::encode(summary)};
}

} // namespace

void get_nvrs(Context& context, Executor executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond),
            [executor](Context& its_context, const Request& its_request) {
              return list_nvrs(its_context, executor, its_request);
            });
}

void get_nvr(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), one_nvr);
}

void get_summary(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), summary);
}

std::string encode_live(const Context& context, fleet::Nvr nvr) {
  const actors::Presence& presence = context.shared->presence;
  nvr.last_seen = std::max(nvr.last_seen, presence.last_seen(nvr.id));
  return protocol::encode_nvr(nvr, nvr.online && presence.unconfirmed(nvr.id));
}

} // namespace nvrhub::api
