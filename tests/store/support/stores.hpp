#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "store/integrity/check.hpp"
#include "store/lmdb/lmdb_backend.hpp"
#include "store/memory_backend.hpp"
#include "store/store.hpp"
#include "store/support/scratch.hpp"

namespace nvrhub::test {

using namespace nvrhub::store;
using namespace nvrhub::fleet;

/// The value; an error fails the test.
template <class T>
T good(Result<T>&& result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}
inline void good(Result<void>&& result) {
  if (!result) FAIL(result.error().message);
}

/// An empty backend of one kind.
struct BackendFixture {
  enum class Kind { memory, lmdb };

  explicit BackendFixture(Kind kind_) : kind(kind_) {}
  std::unique_ptr<Backend> open() const {
    if (kind == Kind::memory) return make_memory_backend();
    LmdbOptions options;
    options.path = scratch.path();
    return good(open_lmdb(options));
  }

  Kind kind;
  Scratch scratch;
};

inline void require_clean(const Store& store) {
  const CheckReport report = check(good(store.snapshot()));
  for (const std::string& problem : report.problems)
    UNSCOPED_INFO(problem);
  REQUIRE(report.problems.empty());
}

/// A liveness record with only last_seen of NVRs.
inline Result<void> record_seen(Store& store, const std::vector<std::pair<NvrId, WallMillis>>& seen) {
  LivenessRecord liveness;
  liveness.seen = seen;
  return store.record_liveness(liveness);
}

inline NvrId committed(Store& store, Write& write) {
  std::vector<Result<NvrId>> outcomes;
  good(store.commit({&write, 1}, outcomes));
  REQUIRE(outcomes.size() == 1);
  return good(std::move(outcomes.front()));
}

/// The error of the only Write of a batch.
inline Errc refused(Store& store, Write write) {
  std::vector<Result<NvrId>> outcomes;
  good(store.commit({&write, 1}, outcomes));
  REQUIRE(outcomes.size() == 1);
  REQUIRE_FALSE(outcomes.front().has_value());
  CHECK_FALSE(outcomes.front().error().message.empty());
  return outcomes.front().error().code;
}

inline Nvr nvr_named(std::string hostname, const std::vector<std::string>& cameras = {}) {
  Nvr nvr;
  nvr.hostname = hostname;
  nvr.device_name = "The " + hostname;
  for (const std::string& name : cameras)
    nvr.add(name, "10.0.0.1");
  return nvr;
}

inline Event event_of(Kind kind, WallMillis at) {
  Event event;
  event.kind = kind;
  event.at = at;
  return event;
}

inline Event registered(Nvr nvr, WallMillis at) {
  Event event = event_of(Kind::registered, at);
  event.nvr = std::move(nvr);
  return event;
}

/// An nvr_online or cameras event that sets statuses.
inline Event change(Kind kind, WallMillis at, const std::vector<std::pair<std::string, Status>>& cameras) {
  Event event = event_of(kind, at);
  for (const auto& [name, status] : cameras)
    event.cameras.push_back({name, status, Source::reported});
  event.cameras_updated = static_cast<std::uint32_t>(cameras.size());
  return event;
}

inline Event offline(WallMillis at, Cause cause = Cause::closed) {
  Event event = event_of(Kind::nvr_offline, at);
  event.cause = cause;
  return event;
}

inline Write write_of(NvrId id, std::vector<Event> events, SessionNumber session = 0) {
  Write write;
  write.nvr_id = id;
  write.session = session;
  write.events = std::move(events);
  return write;
}

inline Nvr nvr_in(const Store& store, NvrId id) {
  auto nvr = good(good(store.snapshot()).nvr(id));
  REQUIRE(nvr.has_value());
  return *nvr;
}

inline std::vector<Event> events_in(const Store& store, std::optional<NvrId> nvr = std::nullopt) {
  std::vector<Event> events;
  const Snapshot snapshot = good(store.snapshot());
  good(snapshot.each_event(0, good(snapshot.head()), nvr, [&](Event&& event) {
    events.push_back(std::move(event));
    return true;
  }));
  return events;
}

/// All rows of all tables, except the epoch, which is random.
inline std::vector<std::pair<std::string, std::string>> rows_of(const Store& store) {
  std::vector<std::pair<std::string, std::string>> rows;
  const Snapshot snapshot = good(store.snapshot());
  for (std::size_t i = 0; i < table_count; ++i) {
    std::string key;
    for (;;) {
      const auto entry = good(snapshot.txn().lower_bound(static_cast<Table>(i), key));
      if (!entry) break;
      key = std::string(entry->first);
      if (key != "epoch") rows.emplace_back(std::to_string(i) + "/" + key, entry->second);
      key.push_back('\0');
    }
  }
  return rows;
}

} // namespace nvrhub::test

#define NVRHUB_FOR_EACH_BACKEND(name)                                                                                  \
  const ::nvrhub::test::BackendFixture name(                                                                           \
      GENERATE(::nvrhub::test::BackendFixture::Kind::memory, ::nvrhub::test::BackendFixture::Kind::lmdb))
