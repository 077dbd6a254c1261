#include <algorithm>
#include <utility>

#include "net/dashboard/pages.hpp"
#include "net/websocket/send_queue.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::net {

namespace {

// protocol.md: a page has at most 256 KiB, including the JSON around the NVRs. A larger NVR has a page of its own.
constexpr std::size_t page_bytes = 256 * 1024 - 256;

/// Calls `visit(text)` with each NVR that the subscription shows, as JSON, until it returns false.
template <class Visit>
store::Result<void> each_shown(const PagesContext& context, const actors::PageInput& input, Visit visit) {
  const actors::Presence& presence = context.presence;
  const fleet::Filter& filter = input.spec.filter;
  store::PendingOperations::Operation operation(context.store.operations());
  const auto show = [&](fleet::Nvr& nvr) {
    operation.renew();
    nvr.last_seen = std::max(nvr.last_seen, presence.last_seen(nvr.id));
    return visit(protocol::encode_nvr(nvr, input.unconfirmed->contains(nvr.id), input.spec.detail));
  };
  const bool with_cameras = input.spec.detail == protocol::Detail::camera;
  if (with_cameras && filter.is_everything()) {
    return input.snapshot->each_nvr(0, [&](fleet::Nvr&& nvr) { return show(nvr); });
  }
  return input.snapshot->each_nvr_summary(0, [&](fleet::Nvr&& outline, const fleet::NvrSummary& nvr_summary) {
    operation.renew();
    const bool unconfirmed = input.unconfirmed->contains(outline.id);
    if (!filter.matches(outline.hostname, outline.site, nvr_summary, unconfirmed)) return true;
    if (with_cameras) {
      auto nvr = input.snapshot->nvr(outline.id);
      return !nvr || !*nvr || show(**nvr);
    }
    outline.last_seen = presence.last_seen(outline.id);
    return visit(protocol::encode_outline(outline, unconfirmed, nvr_summary, input.spec.detail));
  });
}

} // namespace

void make_snapshot_pages(const PagesContext& context, const actors::PageInput& input, SnapshotPages& pages) {
  std::vector<std::string> page;
  std::size_t bytes = 0;
  std::uint64_t number = 0;
  const auto end_page = [&](bool last) {
    pages.add(text_frame(protocol::encode_snapshot(input.seq, number++, last, page)));
    page.clear();
    bytes = 0;
  };
  const auto walked = each_shown(context, input, [&](std::string&& text) {
    if (!page.empty() && bytes + text.size() + 1 > page_bytes) end_page(false);
    bytes += text.size() + 1;
    page.push_back(std::move(text));
    return !context.draining.load();
  });
  if (!walked || context.draining) return pages.fail();
  end_page(true);
  pages.finish();
}

Pages::State SnapshotPages::get(std::size_t index, actors::Chunk& page, std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (failed_) return State::failed;
  if (index < pages_.size()) {
    page = pages_[index];
    return State::ready;
  }
  if (finished_) return State::end;
  waiting_.push_back(std::move(wake));
  return State::later;
}

void SnapshotPages::add(actors::Chunk page) {
  std::unique_lock lock(mutex_);
  if (failed_) return;
  bytes_ += page->size();
  *sum_ += page->size();
  pages_.push_back(std::move(page));
  wake_all(lock);
}

void SnapshotPages::finish() {
  std::unique_lock lock(mutex_);
  finished_ = true;
  wake_all(lock);
}

void SnapshotPages::fail() {
  std::unique_lock lock(mutex_);
  failed_ = true;
  pages_ = {};
  *sum_ -= std::exchange(bytes_, 0);
  wake_all(lock);
}

bool SnapshotPages::is_finished() const {
  const std::lock_guard lock(mutex_);
  return finished_;
}

std::size_t SnapshotPages::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void SnapshotPages::wake_all(std::unique_lock<std::mutex>& lock) {
  const auto waiting = std::exchange(waiting_, {});
  lock.unlock();
  for (const auto& wake : waiting)
    wake();
}

} // namespace nvrhub::net
