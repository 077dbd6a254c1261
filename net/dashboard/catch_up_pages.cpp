#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include <boost/asio/post.hpp>

#include "actors/fanout/event_batcher.hpp"
#include "fleet/selection.hpp"
#include "net/dashboard/pages.hpp"
#include "net/websocket/send_queue.hpp"
#include "protocol/encode/filtered_event_encoder.hpp"

namespace nvrhub::net {

namespace {

constexpr std::size_t page_events = 5'000; // read per page

class CatchUpPages final : public Pages, public std::enable_shared_from_this<CatchUpPages> {
public:
  CatchUpPages(const PagesContext& context, const actors::PageInput& input, fleet::Seq since)
      : context_(context), spec_(input.spec), unconfirmed_(input.unconfirmed), end_(input.seq), sent_(since) {}

  State get(std::size_t, actors::Chunk& page, std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    if (failed_) return State::failed;
    if (ready_) {
      page = std::exchange(ready_, nullptr);
      return State::ready;
    }
    if (sent_ == end_) return State::end;
    wake_ = std::move(wake);
    boost::asio::post(context_.pool, [self = shared_from_this()] { self->make_page(); });
    return State::later;
  }

private:
  void make_page() {
    actors::Chunk page = context_.draining ? nullptr : next_page();
    std::unique_lock lock(mutex_);
    failed_ = page == nullptr;
    ready_ = std::move(page);
    const auto wake = std::exchange(wake_, nullptr);
    lock.unlock();
    wake();
  }

  /// Null: the log can't be read, or its old events were pruned. The log up to end_ does not change, so each page can
  /// use a snapshot of its own.
  actors::Chunk next_page() {
    const store::PendingOperations::Operation operation(context_.store.operations());
    const auto snapshot = context_.store.snapshot();
    if (!snapshot) return nullptr;
    std::vector<fleet::Event> run;
    std::deque<std::string> texts;
    fleet::Seq last = sent_;
    std::size_t bytes = 0;
    bool gap = false;
    const auto read = snapshot->each_event(sent_, end_, std::nullopt, [&](fleet::Event&& event) {
      gap = event.seq != last + 1;
      if (gap) return false;
      last = event.seq;
      const bool is_hidden = event.kind == fleet::Kind::alert && !spec_.shows_alert(event);
      const std::string& text =
          texts.emplace_back(is_hidden ? std::string()
                                       : protocol::encode_event(event, spec_.detail,
                                                                spec_.detail == protocol::Detail::counts &&
                                                                    unconfirmed_->contains(event.nvr_id)));
      bytes += spec_.filter.is_everything() ? text.size() : actors::max_bytes(event, text, spec_.detail);
      run.push_back(std::move(event));
      return bytes < actors::run_bytes && run.size() < page_events;
    });
    if (!read || gap || run.empty()) return nullptr;
    const std::string batch =
        spec_.filter.is_everything() ? encode_all(run, texts, last) : encode_filtered(run, texts, last, *snapshot);
    sent_ = last;
    return text_frame(batch);
  }

  std::string encode_all(const std::vector<fleet::Event>& run, const std::deque<std::string>& texts,
                         fleet::Seq last) const {
    std::vector<protocol::EncodedEvent> events;
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (!texts[i].empty()) events.push_back({run[i].seq, texts[i]});
    }
    return protocol::encode_batch(sent_ + 1, last, events);
  }

  std::string encode_filtered(const std::vector<fleet::Event>& run, const std::deque<std::string>& texts,
                              fleet::Seq last, const store::Snapshot& snapshot) const {
    fleet::Selection selection(spec_.filter);
    for (const fleet::Event& event : run) {
      const bool unconfirmed = unconfirmed_->contains(event.nvr_id); // has not changed meanwhile, where that matters
      selection.add(event, unconfirmed, unconfirmed);
    }
    const actors::FleetView now{&snapshot, *unconfirmed_, context_.presence};
    protocol::FilteredEventEncoder encoder(
        selection, [&](fleet::NvrId id) { return actors::nvr_text(now, id, last, spec_.detail); });
    for (std::size_t i = 0; i < run.size(); ++i)
      encoder.add(run[i], texts[i]);
    return protocol::encode_batch(sent_ + 1, last, encoder.events());
  }

  const PagesContext& context_;
  const actors::SubscriptionSpec spec_;
  const std::shared_ptr<const fleet::IdSet> unconfirmed_;
  const fleet::Seq end_;

  std::mutex mutex_;
  fleet::Seq sent_;     // up to this event; written by the pages thread, while get() is not called
  actors::Chunk ready_; // the requested page
  std::function<void()> wake_;
  bool failed_ = false;
};

} // namespace

std::shared_ptr<Pages> make_catch_up_pages(const PagesContext& context, const actors::PageInput& input,
                                           fleet::Seq since) {
  return std::make_shared<CatchUpPages>(context, input, since);
}

} // namespace nvrhub::net
