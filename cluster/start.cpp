// Node::start(): from a directory and an URL to a node that has joined and caught up.
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>

#include "cluster/node.hpp"
#include "cluster/random.hpp"
#include "cluster/set_back.hpp"
#include "fleet/server_clock.hpp"
#include "store/entry/codec.hpp"

namespace nvrhub::cluster {
namespace {

using namespace std::chrono_literals;

constexpr auto progress_interval = 3s;
constexpr auto leave_limit = 2s;      // after an error: the lease ends by itself, too
constexpr auto next_time_limit = 10s; // servers write their time every 4 s
constexpr std::chrono::milliseconds max_clock_difference{5'000};
// A clock that is further behind is not followed anyway (fleet/server_clock.hpp).
constexpr fleet::WallMillis max_followed = fleet::ServerClock::max_step / fleet::ServerClock::ms;

Error store_error(const store::Error& error) {
  return {Errc::store, error.message};
}

fleet::WallMillis system_time() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// What the callbacks of a node that starts have seen.
struct Seen {
  std::mutex mutex;
  std::condition_variable changed;
  bool has_deliveries = false;
  bool has_joined = false; // and what was in the log before is delivered
  bool is_fenced = false;
  std::string failure;

  template <class Set>
  void update(Set set) {
    const std::lock_guard lock(mutex);
    set(*this);
    changed.notify_all();
  }
};

} // namespace

class Node::Starting {
public:
  Starting(Options options, store::Store& store) : options_(std::move(options)), store_(store) {}

  Result<std::unique_ptr<Node>> run() {
    if (auto read = read_store(); !read) return tl::make_unexpected(read.error());
    if (auto made = make_node(); !made) return tl::make_unexpected(made.error());
    if (auto same = compare_identity(); !same) return tl::make_unexpected(same.error());
    if (auto joined = join(); !joined) return tl::make_unexpected(joined.error());
    auto ready = check_length();
    if (ready) ready = catch_up();
    if (ready) ready = compare_clocks();
    if (!ready) {
      (void)node_->leave(leave_limit);
      return tl::make_unexpected(ready.error());
    }
    if (const std::string warning = health_of(*node_->thread_).warning; !warning.empty()) report(warning);
    node_->attach({});
    return std::move(node_);
  }

private:
  Result<void> read_store();
  Result<void> make_node();
  Result<void> compare_identity();
  Result<void> join();
  Result<void> check_length();
  Result<void> catch_up();
  Result<void> compare_clocks();
  Result<fleet::StoredTimes> times() const;
  Result<std::optional<fleet::WallMillis>> newest_peer();
  Result<std::vector<log::Member>> ask_members();
  fleet::WallMillis now() const { return options_.now ? options_.now() : system_time(); }
  void follow();
  std::string node_joined() const;
  /// Applies what was delivered; true: the own node_joined was among it.
  Result<bool> apply();
  void report(const std::string& progress);
  bool is_cancelled() const { return options_.is_cancelled && options_.is_cancelled(); }
  static tl::unexpected<Error> cancelled() { return cluster::fail(Errc::cancelled, "cancelled before etcd answered"); }

  /// Asks the log, as long as it takes.
  template <class T, class Call>
  Result<T> ask_log(Call call) {
    const GiveUp waiting = [this] {
      if (is_cancelled()) return true;
      if (std::chrono::steady_clock::now() >= next_report_)
        report("waiting for etcd: " + health_of(*node_->thread_).problem);
      return false;
    };
    const auto answer = ask<log::Result<T>>(*node_->thread_, waiting, std::move(call));
    if (!answer) return cancelled();
    if (!*answer) return tl::make_unexpected(to_error(answer->error()));
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return **answer;
    }
  }

  /// For calls that give up after a while.
  template <class T, class Call>
  Result<T> ask_repeatedly(Call call) {
    auto answer = ask_log<T>(call);
    while (!answer && answer.error().code == Errc::unavailable && !is_cancelled())
      answer = ask_log<T>(call);
    return answer;
  }

  Options options_;
  store::Store& store_;
  std::optional<store::ClusterId> cluster_;
  store::LogPosition applied_ = 0;
  bool is_empty_ = false; // no event was ever stored
  std::string announcement_;
  log::Position founded_ = 0;
  std::unique_ptr<Node> node_;
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
  std::chrono::steady_clock::time_point next_report_ = std::chrono::steady_clock::now() + progress_interval;
};

Result<std::unique_ptr<Node>> Node::start(Options options, store::Store& store) {
  return Starting(std::move(options), store).run();
}

Result<void> Node::Starting::read_store() {
  const auto snapshot = store_.snapshot();
  if (!snapshot) return tl::make_unexpected(store_error(snapshot.error()));
  auto cluster = snapshot->cluster();
  if (!cluster) return tl::make_unexpected(store_error(cluster.error()));
  const auto applied = snapshot->applied();
  if (!applied) return tl::make_unexpected(store_error(applied.error()));
  const auto head = snapshot->head();
  if (!head) return tl::make_unexpected(store_error(head.error()));
  cluster_ = std::move(*cluster);
  is_empty_ = *head == 0;
  applied_ = applied->position;
  return {};
}

Result<void> Node::Starting::make_node() {
  log::Origin self{options_.node, random_number()};
  log::etcd::Options etcd = options_.etcd;
  etcd.origin = self;
  auto thread = LogThread::start(std::move(etcd));
  if (!thread) return tl::make_unexpected(thread.error());
  node_.reset(new Node(std::move(*thread), std::move(self), options_.max_queued));
  announcement_ = encode(Announcement{options_.address, options_.version, store::entry::version});
  return {};
}

Result<void> Node::Starting::compare_identity() {
  const auto found = ask_log<std::optional<log::Founded>>([](log::Log& log, const auto& done) { log.identity(done); });
  if (!found) return tl::make_unexpected(found.error());
  if (!*found) {
    return cluster::fail(Errc::not_founded, "there is no cluster in etcd under the prefix \"" +
                                                options_.etcd.cluster.prefix +
                                                "\": found one by `nvrhub cluster init`, or correct the prefix");
  }
  if (!cluster_ && is_empty_) {
    return cluster::fail(Errc::no_data, "the data directory is empty, and etcd has cluster " + (*found)->identity);
  }
  if (!cluster_) {
    return cluster::fail(Errc::other_cluster, "the data directory belongs to no cluster, but etcd has cluster " +
                                                  (*found)->identity + ": restore a backup of a node first");
  }
  if (*cluster_ != (*found)->identity) {
    return cluster::fail(Errc::other_cluster, "the data directory belongs to cluster " + *cluster_ +
                                                  ", but etcd has cluster " + (*found)->identity +
                                                  ": correct --data, --cluster or its prefix");
  }
  founded_ = (*found)->position;
  return {};
}

Result<void> Node::Starting::join() {
  return ask_log<void>(
      [announcement = announcement_](log::Log& log, const auto& done) { log.join(announcement, done); });
}

Result<std::vector<log::Member>> Node::Starting::ask_members() {
  return ask_repeatedly<std::vector<log::Member>>([](log::Log& log, const auto& done) { log.members(done); });
}

Result<void> Node::Starting::check_length() {
  const auto members = ask_members();
  if (!members) return tl::make_unexpected(members.error());
  bool is_short = std::any_of(members->begin(), members->end(), [this](const log::Member& member) {
    return member.origin == node_->loop_->self() && member.joined <= applied_;
  });
  if (!is_short) {
    const auto last = ask_repeatedly<log::LastEntries>([](log::Log& log, const auto& done) { log.last_entries(done); });
    if (!last) return tl::make_unexpected(last.error());
    const auto snapshot = store_.snapshot();
    const auto compared = snapshot ? was_set_back(*snapshot, *last) : tl::make_unexpected(snapshot.error());
    if (!compared) return tl::make_unexpected(store_error(compared.error()));
    is_short = *compared;
  }
  if (!is_short) return {};
  return cluster::fail(Errc::log_too_short, "etcd's log lacks entries that the data directory has applied: etcd was "
                                            "restored from an older copy");
}

void Node::Starting::follow() {
  Callbacks callbacks;
  callbacks.on_delivered = [seen = seen_] { seen->update([](Seen& now) { now.has_deliveries = true; }); };
  callbacks.on_fenced = [seen = seen_] { seen->update([](Seen& now) { now.is_fenced = true; }); };
  callbacks.on_failed = [seen = seen_](const std::string& why) { seen->update([&](Seen& now) { now.failure = why; }); };
  node_->attach(std::move(callbacks));
  // Until the first entry is applied, the store does not know where its cluster begins.
  node_->thread_->post([loop = node_->loop_.get(), seen = seen_, after = std::max(applied_, founded_)] {
    loop->follow(after, [seen] { seen->update([](Seen& now) { now.has_joined = true; }); });
  });
}

std::string Node::Starting::node_joined() const {
  store::entry::NodeJoined joined;
  joined.origin = node_->self_;
  joined.announcement = announcement_;
  joined.at = now();
  joined.grace_ms = static_cast<std::uint64_t>(options_.grace.count());
  return store::entry::encode(joined);
}

Result<bool> Node::Starting::apply() {
  const std::vector<actors::DeliveredEntry> entries = node_->take();
  const auto applied = apply_delivered(store_, entries);
  if (!applied) return tl::make_unexpected(store_error(applied.error()));
  bool has_joined = false;
  for (const actors::DeliveredEntry& entry : entries) {
    has_joined = has_joined || entry.origin == node_->self_;
    applied_ = entry.position;
  }
  return has_joined;
}

Result<void> Node::Starting::catch_up() {
  follow();
  bool is_appended = false;
  for (;;) {
    std::unique_lock lock(seen_->mutex);
    seen_->changed.wait_for(lock, 100ms, [&] {
      return seen_->has_deliveries || (seen_->has_joined && !is_appended) || seen_->is_fenced ||
             !seen_->failure.empty();
    });
    if (!seen_->failure.empty()) return cluster::fail(Errc::too_far_behind, seen_->failure);
    if (seen_->is_fenced) return cluster::fail(Errc::fenced, "the lease of this node ended before it had caught up");
    seen_->has_deliveries = false;
    const bool is_at_join = seen_->has_joined;
    lock.unlock();
    const auto has_joined = apply();
    if (!has_joined) return tl::make_unexpected(has_joined.error());
    if (*has_joined) return {};
    // Not before: until then the boots that this one replaces hold their NVRs.
    if (is_at_join && !std::exchange(is_appended, true)) node_->append(node_joined());
    if (is_cancelled()) return cancelled();
    if (std::chrono::steady_clock::now() >= next_report_) {
      const std::string problem = health_of(*node_->thread_).problem;
      report("applying the log: at position " + std::to_string(applied_) + (problem.empty() ? "" : "; " + problem));
    }
  }
}

Result<fleet::StoredTimes> Node::Starting::times() const {
  const auto snapshot = store_.snapshot();
  auto times = snapshot ? snapshot->times() : tl::make_unexpected(snapshot.error());
  if (!times) return tl::make_unexpected(store_error(times.error()));
  return *times;
}

/// When the newest of the others has joined, of those that hold a lease: they write their time. nullopt: there are
/// none.
Result<std::optional<fleet::WallMillis>> Node::Starting::newest_peer() {
  const auto members = ask_members();
  if (!members) return tl::make_unexpected(members.error());
  std::optional<fleet::WallMillis> newest;
  const auto snapshot = store_.snapshot();
  const auto visit = [&](const store::Origin& origin, const store::OriginState& state) {
    const bool is_other = state.joined && !state.lost && origin != node_->self_;
    const log::Origin other{origin.node, origin.boot};
    if (is_other && std::any_of(members->begin(), members->end(),
                                [&](const log::Member& member) { return member.origin == other; })) {
      newest = std::max(newest.value_or(state.joined_at), state.joined_at);
    }
  };
  const auto read = snapshot ? snapshot->each_origin(visit) : tl::make_unexpected(snapshot.error());
  if (!read) return tl::make_unexpected(store_error(read.error()));
  return newest;
}

/// Times of events never decrease, so a node whose clock is ahead would move those of all. The others write theirs
/// every few seconds: whether this clock is ahead, or the last time in the log is old, shows the next one. Where none
/// was written yet, all have just joined.
Result<void> Node::Starting::compare_clocks() {
  const auto is_near = [this](fleet::WallMillis time) {
    return std::abs(now() - time) <= max_clock_difference.count();
  };
  auto latest = times();
  if (!latest) return tl::make_unexpected(latest.error());
  const fleet::WallMillis before = latest->last;
  if (before != 0 && is_near(before)) return {};
  const auto peer = newest_peer();
  if (!peer) return tl::make_unexpected(peer.error());
  if (!*peer) return {};
  const auto of_peers = [&] { return latest->last != 0 ? latest->last : **peer; };
  if (is_near(of_peers())) return {};
  const bool seems_ahead = now() > of_peers();
  const auto until = std::chrono::steady_clock::now() + next_time_limit;
  while (seems_ahead && latest->last == before && std::chrono::steady_clock::now() < until && !is_cancelled()) {
    {
      std::unique_lock lock(seen_->mutex);
      seen_->changed.wait_for(lock, 100ms, [&] { return seen_->has_deliveries || !seen_->failure.empty(); });
      seen_->has_deliveries = false;
    }
    if (const auto applied = apply(); !applied) return tl::make_unexpected(applied.error());
    latest = times();
    if (!latest) return tl::make_unexpected(latest.error());
  }
  const fleet::WallMillis ahead = now() - of_peers();
  const bool is_ahead = latest->last != before && ahead > max_clock_difference.count();
  const bool is_behind = -ahead > max_clock_difference.count() && -ahead <= max_followed;
  if (!is_ahead && !is_behind) return {};
  return cluster::fail(Errc::clock, "the clock of this machine is " + std::to_string(std::abs(ahead) / 1000) + " s " +
                                        (is_ahead ? "ahead of" : "behind") +
                                        " the other servers': correct it, or theirs");
}

void Node::Starting::report(const std::string& progress) {
  next_report_ = std::chrono::steady_clock::now() + progress_interval;
  if (options_.log) options_.log(progress);
}

} // namespace nvrhub::cluster
