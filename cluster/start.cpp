// Node::start(): from a directory and an URL to a node that has joined and caught up.
#include <algorithm>
#include <utility>

#include "cluster/announcement.hpp"
#include "cluster/random.hpp"
#include "cluster/starting.hpp"
#include "store/entry/codec.hpp"

namespace nvrhub::cluster {
namespace {

using namespace std::chrono_literals;

constexpr auto progress_interval = 3s;
constexpr auto leave_limit = 2s; // after an error: the lease ends by itself, too

fleet::WallMillis system_time() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace

Result<std::unique_ptr<Node>> Node::start(Options options, store::Store& store) {
  return Starting(std::move(options), store).run();
}

Node::Starting::Starting(Options options, store::Store& store)
    : options_(std::move(options)), store_(store), next_report_(std::chrono::steady_clock::now() + progress_interval) {}

Result<std::unique_ptr<Node>> Node::Starting::run() {
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

fleet::WallMillis Node::Starting::now() const {
  return options_.now ? options_.now() : system_time();
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

Result<void> Node::Starting::join() {
  return ask_log<void>(
      [announcement = announcement_](log::Log& log, const auto& done) { log.join(announcement, done); });
}

Result<std::vector<log::Member>> Node::Starting::ask_members() {
  return ask_repeatedly<std::vector<log::Member>>([](log::Log& log, const auto& done) { log.members(done); });
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

void Node::Starting::report(const std::string& progress) {
  next_report_ = std::chrono::steady_clock::now() + progress_interval;
  if (options_.log) options_.log(progress);
}

} // namespace nvrhub::cluster
