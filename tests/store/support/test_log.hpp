#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/entry/codec.hpp"
#include "store/support/stores.hpp"

namespace nvrhub::test {

inline const Origin a1{"a", 1};
inline const Origin a2{"a", 2};
inline const Origin b1{"b", 1};

/// A replicated log in memory: numbers the entries of its origins and keeps their bytes.
class TestLog {
public:
  /// Appends an entry; its position is 10 after the one before it.
  LogEntry append(const Origin& origin, const Entry& entry) { return append_bytes(origin, entry::encode(entry)); }
  LogEntry append_bytes(const Origin& origin, std::string bytes) {
    LogEntry& made = entries_.emplace_back();
    made.position = 10 * entries_.size();
    made.origin = origin;
    made.number = ++numbers_[{origin.node, origin.boot}];
    made.bytes = bytes_.emplace_back(std::move(bytes));
    return made;
  }
  const std::vector<LogEntry>& entries() const { return entries_; }

private:
  std::vector<LogEntry> entries_;
  std::deque<std::string> bytes_; // of entries_, which have views of them
  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> numbers_;
};

inline Applied apply_one(Store& store, const LogEntry& entry) {
  auto results = good(store.apply({&entry, 1}));
  REQUIRE(results.size() == 1);
  return std::move(results.front());
}

/// The error of an entry, after which the store is as before.
inline Error not_applied(Store& store, const LogEntry& entry) {
  const auto before = rows_of(store);
  auto results = store.apply({&entry, 1});
  REQUIRE_FALSE(results.has_value());
  CHECK(rows_of(store) == before);
  return results.error();
}

/// A store that follows a log.
struct Follower {
  TestLog log;
  std::unique_ptr<Store> store = good(Store::open(make_memory_backend()));

  Applied apply(const Origin& origin, const Entry& entry) { return apply_one(*store, log.append(origin, entry)); }

  Applied join(const Origin& origin, std::uint64_t grace_ms = 60'000) {
    return apply(origin, entry::NodeJoined{origin, "address of " + origin.node, 1'000, grace_ms});
  }

  /// An NVR that comes online by a new session of `origin`; returns its id and its session.
  std::pair<NvrId, SessionNumber> online(const Origin& origin, const std::string& hostname) {
    const Claimed claimed = good(std::move(claim(origin, hostname)));
    std::vector<Event> events;
    if (claimed.nvr_id == 0) events.push_back(registered(nvr_named(hostname, {"door", "yard"}), 2'000));
    events.push_back(change(Kind::nvr_online, 2'000, {{"door", Status::online()}}));
    Applied done = apply(origin, entry::Batch{{write_of(claimed.nvr_id, events, claimed.session)}});
    return {good(std::move(done.outcomes.front())), claimed.session};
  }

  Result<Claimed> claim(const Origin& origin, const std::string& hostname, SessionNumber old_session = 0) {
    Applied done = apply(origin, entry::Claims{{{hostname, old_session}}});
    REQUIRE(done.claims.size() == 1);
    return std::move(done.claims.front());
  }

  std::optional<Origin> holder(NvrId id) const { return good(good(store->snapshot()).holder(id)); }
  std::vector<std::pair<Origin, OriginState>> origins() const {
    std::vector<std::pair<Origin, OriginState>> found;
    good(good(store->snapshot()).each_origin([&](const Origin& origin, const OriginState& state) {
      found.emplace_back(origin, state);
    }));
    return found;
  }
};

} // namespace nvrhub::test
