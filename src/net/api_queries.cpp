// The GETs that tell of the fleet as it is: each looks at one snapshot, on a reader thread.
#include <algorithm>
#include <memory>
#include <mutex>

#include <boost/asio/steady_timer.hpp>

#include "actors/census.hpp"
#include "net/nvr_list.hpp"
#include "protocol/encode.hpp"

namespace nvrhub::net {

namespace {

/// Lets go of kept snapshots in time, though nobody may ask for a list again.
void watch_cursors(Services& services) {
  IoThread& thread = services.pool.thread(0);
  boost::asio::post(thread.context(), [&services, &thread] {
    const auto timer = std::make_shared<boost::asio::steady_timer>(thread.context(), services.cursors.lifetime());
    timer->async_wait([&services, timer](const boost::system::error_code& error) {
      if (!error && services.cursors.expire()) watch_cursors(services);
    });
  });
}

Cursors::KeptPtr kept_snapshot(Services& services, const std::optional<Cursor>& cursor) {
  if (!cursor) return std::make_shared<Cursors::Kept>(or_stop(services.store->snapshot()));
  auto kept = services.cursors.find(cursor->token);
  if (kept) return kept;
  throw Stop{api_error(410, "cursor_expired", "a list must be paged through within a minute: start again", "cursor")};
}

/// What reads the snapshot: with cameras, or the outline alone where that will do.
template <class Visit>
void each_nvr(const Services& services, const store::Snapshot& snapshot, fleet::NvrId after, bool with_cameras,
              Visit visit) {
  const actors::Presence& presence = services.shared->presence;
  const auto complete = [&](fleet::Nvr& nvr) {
    stop_when_draining(services);
    nvr.last_seen = std::max(nvr.last_seen, presence.last_seen(nvr.id));
    return presence.unconfirmed(nvr.id);
  };
  if (with_cameras) {
    or_stop(snapshot.each_nvr(after, [&](fleet::Nvr&& nvr) {
      const bool unconfirmed = complete(nvr);
      return visit(nvr, unconfirmed, nullptr);
    }));
  } else {
    or_stop(snapshot.each_outline(after, [&](fleet::Nvr&& nvr, const fleet::Facts& facts) {
      const bool unconfirmed = complete(nvr);
      return visit(nvr, unconfirmed, &facts);
    }));
  }
}

ApiResponse list_nvrs(Services& services, const ApiRequest& request) {
  const protocol::Detail detail = detail_param(request.target);
  const NvrFilter filter(request);
  NvrItems items(request, detail);
  auto cursor = cursor_param(request.target);
  fleet::NvrId last = cursor ? id_of(*cursor) : 0;
  const Cursors::KeptPtr kept = kept_snapshot(services, cursor);

  const std::lock_guard lock(kept->reading);
  const store::Snapshot& snapshot = kept->snapshot;
  bool more = false;
  const bool with_cameras = detail == protocol::Detail::camera || filter.needs_cameras();
  each_nvr(services, snapshot, last, with_cameras,
           [&](const fleet::Nvr& nvr, bool unconfirmed, const fleet::Facts* facts) {
             if (!filter.matches(nvr, unconfirmed)) return true;
             if (items.is_full()) return !(more = true);
             last = nvr.id;
             facts == nullptr ? items.add_nvr(nvr, nvr.online && unconfirmed)
                              : items.add_outline(nvr, nvr.online && unconfirmed, *facts);
             return true;
           });
  std::optional<std::string> next;
  if (more) {
    if (!cursor) {
      cursor = Cursor{services.cursors.keep(kept)};
      if (services.cursors.begin_watch()) watch_cursors(services);
    }
    next = Cursor{cursor->token, last}.text();
  }
  return items.answer_at(or_stop(snapshot.head()), or_stop(snapshot.epoch()), "nvrs", next);
}

ApiResponse one_nvr(Services& services, const ApiRequest& request) {
  const std::string& hostname = request.target.segments[3];
  const store::Snapshot snapshot = or_stop(services.store->snapshot());
  const auto id = or_stop(snapshot.id_of(hostname));
  auto nvr = id ? or_stop(snapshot.nvr(*id)) : std::nullopt;
  if (!nvr || !request.grant->sees(nvr->site))
    return api_error(404, "not_found", "no NVR is registered as \"" + hostname + "\"", "hostname");
  return {200, protocol::encode_one_nvr(or_stop(snapshot.head()), encode_live(services, std::move(*nvr)))};
}

/// Of the sites that a caller may see, each NVR must be looked at.
ApiResponse summary_of_sites(Services& services, const access::Grant& grant) {
  const store::Snapshot snapshot = or_stop(services.store->snapshot());
  protocol::Summary summary;
  summary.seq = or_stop(snapshot.head());
  or_stop(snapshot.each_outline(0, [&](const fleet::Nvr& nvr, const fleet::Facts& facts) {
    stop_when_draining(services);
    if (grant.sees(nvr.site)) actors::add(summary, facts, services.shared->presence.unconfirmed(nvr.id), 1);
    return true;
  }));
  return {200, protocol::encode(summary)};
}

ApiResponse summary(Services& services, const ApiRequest& request) {
  if (!request.grant->sees_all()) return summary_of_sites(services, *request.grant);
  const store::Snapshot snapshot = or_stop(services.store->snapshot());
  const store::Counts counts = or_stop(snapshot.counts());
  protocol::Summary summary;
  summary.seq = or_stop(snapshot.head());
  summary.nvrs_online = counts.nvrs_online;
  summary.nvrs_offline = counts.nvrs_offline;
  summary.nvrs_unconfirmed = services.shared->presence.unconfirmed_count();
  summary.cameras_online = counts.cameras_online;
  summary.cameras_offline = counts.cameras_offline;
  summary.cameras_other = counts.cameras_other;
  return {200, protocol::encode(summary)};
}

} // namespace

void get_nvrs(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(request), std::move(respond), list_nvrs);
}

void get_nvr(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(request), std::move(respond), one_nvr);
}

void get_summary(Services& services, IoThread&, ApiRequest request, Respond respond) {
  on_reader(services, std::move(request), std::move(respond), summary);
}

} // namespace nvrhub::net
