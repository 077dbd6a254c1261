#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <boost/asio/post.hpp>

#include "actors/view.hpp"
#include "fleet/selection.hpp"
#include "net/outbound.hpp"
#include "net/pages.hpp"
#include "net/services.hpp"
#include "protocol/tell.hpp"

namespace nvrhub::net {

namespace {

constexpr std::size_t page_bytes = 128 * 1024; // of events' text
constexpr std::size_t page_events = 5'000;     // looked at

class CatchUpPages final : public Pages, public std::enable_shared_from_this<CatchUpPages> {
public:
  CatchUpPages(Services& services, const actors::PagesWork& work, fleet::Seq since)
      : services_(services), work_(work), selection_(work_.view.filter), told_(since) {}

  /// With a filter the whole run decides what is told of an NVR. Not later: the snapshot must not wait for the reader.
  void prepare() {
    if (is_everything()) {
      work_.snapshot.reset();
    } else {
      boost::asio::post(*services_.pages, [wanted = weak_from_this()] {
        if (const auto self = wanted.lock()) self->select();
      });
    }
  }

  State get(std::size_t, actors::Chunk& page, std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    if (failed_) return State::failed;
    if (ready_) {
      page = std::exchange(ready_, nullptr);
      return State::ready;
    }
    if (told_ == work_.seq) return State::end;
    wake_ = std::move(wake);
    boost::asio::post(*services_.pages, [self = shared_from_this()] { self->make_page(); });
    return State::later;
  }

private:
  void make_page() {
    actors::Chunk page = services_.draining ? nullptr : next_page();
    std::unique_lock lock(mutex_);
    failed_ = page == nullptr;
    ready_ = std::move(page);
    const auto wake = std::exchange(wake_, nullptr);
    lock.unlock();
    wake();
  }

  /// Null: the log can't be read, or no longer reaches back that far.
  actors::Chunk next_page() {
    if (!selected_ && !is_everything()) return nullptr;
    const auto snapshot = services_.store->snapshot();
    if (!snapshot) return nullptr;

    std::deque<std::string> texts;
    protocol::Teller teller(selection_, [this](fleet::NvrId id) { return entering_[id]; });
    std::vector<protocol::Told> everything;
    fleet::Seq last = told_;
    std::size_t bytes = 0;
    bool gap = false;
    const auto read = snapshot->each_event(told_, work_.seq, std::nullopt, [&](fleet::Event&& event) {
      gap = event.seq != last + 1;
      if (gap) return false;
      last = event.seq;
      const std::string& text = texts.emplace_back(protocol::encode_event(event, work_.view.detail));
      bytes += text.size();
      if (!is_everything()) {
        teller.add(event, text);
      } else if (!text.empty()) {
        everything.push_back({event.seq, text});
      }
      return bytes < page_bytes && texts.size() < page_events;
    });
    if (!read || gap || last == told_) return nullptr;
    std::string frames;
    for (const std::string& batch :
         protocol::encode_batches(told_ + 1, last, is_everything() ? everything : teller.told()))
      append_text_frame(frames, batch);
    told_ = last;
    return std::make_shared<const std::string>(std::move(frames));
  }

  void select() {
    const fleet::IdSet& unconfirmed = *work_.unconfirmed;
    const auto read = work_.snapshot->each_event(told_, work_.seq, std::nullopt, [&](const fleet::Event& event) {
      const bool was = unconfirmed.contains(event.nvr_id);
      selection_.add(event, was, was);
      return !services_.draining.load();
    });
    const actors::Now now{work_.snapshot.get(), unconfirmed, services_.shared->presence};
    selection_.each_entering([&](fleet::NvrId id) { entering_[id] = actors::nvr_text(now, id, work_.view.detail); });
    selected_ = read.has_value() && !services_.draining;
    work_.snapshot.reset(); // up to work_.seq the log stands still: no need to pin a view of the store any longer
  }

  bool is_everything() const { return work_.view.filter.is_everything(); }

  Services& services_;
  actors::PagesWork work_;
  fleet::Selection selection_;                             // the reader thread's, like what follows
  std::unordered_map<fleet::NvrId, std::string> entering_; // as they are at work_.seq
  bool selected_ = false;

  std::mutex mutex_;
  fleet::Seq told_;     // written by the reader thread while nobody may ask
  actors::Chunk ready_; // the page that was asked for
  std::function<void()> wake_;
  bool failed_ = false;
};

} // namespace

std::shared_ptr<Pages> make_catch_up_pages(Services& services, const actors::PagesWork& work, fleet::Seq since) {
  auto pages = std::make_shared<CatchUpPages>(services, work, since);
  pages->prepare();
  return pages;
}

} // namespace nvrhub::net
