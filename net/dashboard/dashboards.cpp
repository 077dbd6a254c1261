#include "net/dashboard/dashboards.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/asio/post.hpp>

#include "actors/fanout/summary_aggregator.hpp"
#include "net/dashboard/dashboard_session.hpp"
#include "net/websocket/send_queue.hpp"

namespace nvrhub::net {

namespace {

constexpr auto stall_limit = std::chrono::seconds(2); // without progress a dashboard counts as too slow
constexpr std::size_t pages_per_turn = 512 * 1024;    // bytes; more would delay NVRs on the same thread
constexpr std::size_t burst = 4;                      // times max_outbound, over all streams

/// Bytes that count in a sum for as long as they are referenced.
struct CountedBytes {
  std::string bytes;
  std::shared_ptr<std::atomic<std::size_t>> sum;

  CountedBytes(std::string text, std::shared_ptr<std::atomic<std::size_t>> total)
      : bytes(std::move(text)), sum(std::move(total)) {
    *sum += bytes.size();
  }
  ~CountedBytes() { *sum -= bytes.size(); }
  CountedBytes(const CountedBytes&) = delete;
  CountedBytes& operator=(const CountedBytes&) = delete;
};

/// Bytes of the stream that the session has not sent yet, counted until they exceed `most`.
template <class Stream>
std::size_t bytes_behind(const Stream& stream, const DashboardSession& session, std::size_t most) {
  std::size_t bytes = 0;
  for (std::uint64_t i = session.position() - stream.first; i < stream.chunks.size() && bytes <= most; ++i)
    bytes += stream.chunks[static_cast<std::size_t>(i)]->size();
  return bytes;
}

} // namespace

Dashboards::Dashboards(IoPool& pool, PagesContext pages, DashboardLimits limits) : pages_(pages), limits_(limits) {
  for (std::size_t i = 0; i < pool.size(); ++i)
    locals_.push_back(std::make_unique<Local>(&pool.thread(i)));
}

Dashboards::Local& Dashboards::local_of(const IoThread& thread) const {
  return **std::find_if(locals_.begin(), locals_.end(),
                        [&thread](const auto& local) { return local->thread == &thread; });
}

std::size_t Dashboards::size() const {
  std::size_t sum = 0;
  for (const auto& local : locals_)
    sum += local->followers.load();
  return sum;
}

// ---- the fanout's side ----

actors::Chunk Dashboards::make_chunk(std::span<const std::string> messages) {
  std::string frames;
  for (const std::string& message : messages)
    append_text_frame(frames, message);
  const auto counted = std::make_shared<const CountedBytes>(std::move(frames), waiting_bytes_);
  return {counted, &counted->bytes};
}

void Dashboards::publish(std::span<const actors::Publication> publications) {
  const auto shared =
      std::make_shared<const std::vector<actors::Publication>>(publications.begin(), publications.end());
  for (const auto& local : locals_) {
    if (local->followers.load() == 0) continue;
    local->thread->post([this, to = local.get(), shared] {
      for (const actors::Publication& publication : *shared)
        deliver(*to, publication);
    });
  }
}

actors::InitialPagesPtr Dashboards::make_snapshot(const actors::PageInput& input, std::function<void()> done) {
  free_shared(limits_.max_snapshots);
  auto pages = std::make_shared<SnapshotPages>(snapshot_bytes_);
  {
    const std::lock_guard lock(mutex_);
    snapshots_.push_back(pages);
  }
  boost::asio::post(pages_.pool, [this, input, wanted = std::weak_ptr(pages), done = std::move(done)] {
    if (const auto still_wanted = wanted.lock()) make_snapshot_pages(pages_, input, *still_wanted);
    done();
  });
  return pages;
}

void Dashboards::free_shared(std::size_t max_bytes) {
  const std::lock_guard lock(mutex_);
  std::erase_if(snapshots_, [](const auto& pages) { return pages.expired(); });
  std::size_t bytes = 0;
  for (auto pages = snapshots_.rbegin(); pages != snapshots_.rend(); ++pages) {
    const auto alive = pages->lock();
    if (!alive) continue;
    bytes += alive->bytes();
    if (bytes > max_bytes && alive->is_finished()) alive->fail();
  }
}

actors::InitialPagesPtr Dashboards::make_catch_up(const actors::PageInput& input, fleet::Seq since) {
  return make_catch_up_pages(pages_, input, since);
}

void Dashboards::count(const actors::PageInput& input, std::function<void(std::optional<protocol::Summary>)> done) {
  boost::asio::post(pages_.pool, [&store = pages_.store, input, done = std::move(done)] {
    store::PendingOperations::Operation operation(store.operations());
    protocol::Summary sum;
    const auto walked =
        input.snapshot->each_nvr_summary(0, [&](const fleet::Nvr& nvr, const fleet::NvrSummary& nvr_summary) {
          operation.renew();
          const bool unconfirmed = input.unconfirmed->contains(nvr.id);
          if (input.spec.filter.matches(nvr.hostname, nvr.site, nvr_summary, unconfirmed)) {
            actors::add_to_summary(sum, nvr_summary, unconfirmed, 1);
          }
          return true;
        });
    done(walked ? std::optional(sum) : std::nullopt);
  });
}

// ---- the dashboards' side ----

std::uint64_t Dashboards::follow(actors::StreamId id, DashboardSession& session) {
  Local& local = local_of(session.thread());
  Stream& stream = local.streams[id];
  stream.followers.insert(&session);
  ++local.followers;
  return stream.first + stream.chunks.size();
}

void Dashboards::unfollow(actors::StreamId id, DashboardSession& session) {
  Local& local = local_of(session.thread());
  const auto at = local.streams.find(id);
  if (at == local.streams.end() || at->second.followers.erase(&session) == 0) return;
  --local.followers;
  if (at->second.followers.empty()) local.streams.erase(at);
}

actors::Chunk Dashboards::at(const IoThread& thread, actors::StreamId id, std::uint64_t position) const {
  const Local& local = local_of(thread);
  const auto at = local.streams.find(id);
  if (at == local.streams.end()) return nullptr;
  const Stream& stream = at->second;
  const std::uint64_t index = position - stream.first;
  return index < stream.chunks.size() ? stream.chunks[static_cast<std::size_t>(index)] : nullptr;
}

std::size_t Dashboards::behind(const DashboardSession& session, actors::StreamId id) const {
  const Local& local = local_of(session.thread());
  const auto at = local.streams.find(id);
  if (at == local.streams.end()) return 0;
  return bytes_behind(at->second, session, std::numeric_limits<std::size_t>::max());
}

bool Dashboards::may_take_page(DashboardSession& session) {
  Local& local = local_of(session.thread());
  end_page_turn_soon(local);
  if (local.for_pages.empty() && local.paged < pages_per_turn) return true;
  local.for_pages.push_back(session.weak_from_this());
  return false;
}

void Dashboards::end_page_turn_soon(Local& local) {
  if (std::exchange(local.paging, true)) return;
  boost::asio::post(local.thread->context(), [this, &local] { end_page_turn(local); });
}

void Dashboards::end_page_turn(Local& local) {
  local.paged = 0;
  local.paging = false;
  auto waiting = std::exchange(local.for_pages, {});
  for (; !waiting.empty() && local.paged < pages_per_turn; waiting.pop_front()) {
    if (const auto session = waiting.front().lock()) static_cast<DashboardSession&>(*session).on_page_turn();
  }
  waiting.insert(waiting.end(), local.for_pages.begin(), local.for_pages.end());
  local.for_pages = std::move(waiting);
  if (!local.for_pages.empty()) end_page_turn_soon(local);
}

void Dashboards::deliver(Local& local, const actors::Publication& publication) {
  const auto at = local.streams.find(publication.stream);
  if (at == local.streams.end()) return;
  Stream& stream = at->second; // remains valid: no session unfollows in pump()
  stream.chunks.push_back(publication.chunk);
  stream.bytes += publication.chunk->size();
  for (DashboardSession* session : stream.followers)
    session->pump();
  trim(stream);
  std::vector<DashboardSession*> behind;
  for (DashboardSession* session : stream.followers) {
    if (session->is_lost() || is_too_slow(stream, *session)) behind.push_back(session);
  }
  for (DashboardSession* session : behind)
    session->close_slow_consumer(); // unfollows; the last one erases the stream
}

/// Drops the chunks that every follower has sent.
void Dashboards::trim(Stream& stream) {
  std::uint64_t needed = stream.first + stream.chunks.size();
  for (const DashboardSession* session : stream.followers)
    needed = std::min(needed, session->position());
  for (; stream.first < needed; ++stream.first) {
    stream.bytes -= stream.chunks.front()->size();
    stream.chunks.pop_front();
  }
}

/// A burst may publish more at once than max_outbound: a dashboard that keeps reading is not too slow because of it.
bool Dashboards::is_too_slow(const Stream& stream, const DashboardSession& session) const {
  const std::size_t most = limits_.max_outbound;
  if (stream.bytes <= most) return false;
  const bool progresses = std::chrono::steady_clock::now() - session.progress() < stall_limit;
  if (progresses && waiting_bytes() < burst * most) return false;
  return bytes_behind(stream, session, most) > most;
}

} // namespace nvrhub::net
