#include <deque>
#include <functional>
#include <mutex>
#include <string>
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

constexpr std::size_t page_events = 5'000; // looked at

class CatchUpPages final : public Pages, public std::enable_shared_from_this<CatchUpPages> {
public:
  CatchUpPages(Services& services, const actors::PagesWork& work, fleet::Seq since)
      : services_(services), view_(work.view), unconfirmed_(work.unconfirmed), end_(work.seq), told_(since) {}

  State get(std::size_t, actors::Chunk& page, std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    if (failed_) return State::failed;
    if (ready_) {
      page = std::exchange(ready_, nullptr);
      return State::ready;
    }
    if (told_ == end_) return State::end;
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

  /// Null: the log can't be read, or no longer reaches back that far. Up to end_ the log stands still, so each page has
  /// a view of the store of its own.
  actors::Chunk next_page() {
    const auto snapshot = services_.store->snapshot();
    if (!snapshot) return nullptr;
    std::vector<fleet::Event> run;
    std::deque<std::string> texts;
    fleet::Seq last = told_;
    std::size_t bytes = 0;
    bool gap = false;
    const auto read = snapshot->each_event(told_, end_, std::nullopt, [&](fleet::Event&& event) {
      gap = event.seq != last + 1;
      if (gap) return false;
      last = event.seq;
      const std::string& text = texts.emplace_back(protocol::encode_event(
          event, view_.detail, view_.detail == protocol::Detail::counts && unconfirmed_->contains(event.nvr_id)));
      bytes += view_.filter.is_everything() ? text.size() : actors::most_bytes(event, text, view_.detail);
      run.push_back(std::move(event));
      return bytes < actors::run_bytes && run.size() < page_events;
    });
    if (!read || gap || run.empty()) return nullptr;
    const std::string batch =
        view_.filter.is_everything() ? tell_all(run, texts, last) : tell(run, texts, last, *snapshot);
    told_ = last;
    return text_frame(batch);
  }

  std::string tell_all(const std::vector<fleet::Event>& run, const std::deque<std::string>& texts,
                       fleet::Seq last) const {
    std::vector<protocol::Told> told;
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (!texts[i].empty()) told.push_back({run[i].seq, texts[i]});
    }
    return protocol::encode_batch(told_ + 1, last, told);
  }

  std::string tell(const std::vector<fleet::Event>& run, const std::deque<std::string>& texts, fleet::Seq last,
                   const store::Snapshot& snapshot) const {
    fleet::Selection selection(view_.filter);
    for (const fleet::Event& event : run) {
      const bool unconfirmed = unconfirmed_->contains(event.nvr_id); // has not changed meanwhile, where that matters
      selection.add(event, unconfirmed, unconfirmed);
    }
    const actors::Now now{&snapshot, *unconfirmed_, services_.shared->presence};
    protocol::Teller teller(selection, [&](fleet::NvrId id) { return actors::nvr_text(now, id, last, view_.detail); });
    for (std::size_t i = 0; i < run.size(); ++i)
      teller.add(run[i], texts[i]);
    return protocol::encode_batch(told_ + 1, last, teller.told());
  }

  Services& services_;
  const actors::ViewSpec view_;
  const std::shared_ptr<const fleet::IdSet> unconfirmed_;
  const fleet::Seq end_;

  std::mutex mutex_;
  fleet::Seq told_;     // written by the pages thread while nobody may ask
  actors::Chunk ready_; // the page that was asked for
  std::function<void()> wake_;
  bool failed_ = false;
};

} // namespace

std::shared_ptr<Pages> make_catch_up_pages(Services& services, const actors::PagesWork& work, fleet::Seq since) {
  return std::make_shared<CatchUpPages>(services, work, since);
}

} // namespace nvrhub::net
