#include "actors/alerts/deliveries.hpp"

#include "actors/alerts/alert_records.hpp"
#include "actors/alerts/alert_view.hpp"
#include "store/records/tables.hpp"
#include "store/try.hpp"

namespace nvrhub::actors {

namespace {

constexpr fleet::Seq lazy_position = 1'000; // events after which the position is written although nothing was sent

} // namespace

Deliveries::Deliveries(Options options, Hooks hooks)
    : options_(std::move(options)), hooks_(std::move(hooks)), grouping_(options_.grouping) {
  for (const notify::Channel& channel : options_.channels)
    names_.push_back(channel.name);
  notify::Notifier::Hooks its;
  its.load = [this](const std::string& channel, const std::string& id) {
    return load(alert_key::message(channel, id));
  };
  its.send = hooks_.send;
  its.post = hooks_.post;
  its.report = [this](const std::string& channel, const notify::Outbox::Report& what) { report(channel, what); };
  its.now = hooks_.now;
  notifier_ = std::make_unique<notify::Notifier>(options_.channels, std::move(its), options_.seed);
}

store::Result<void> Deliveries::restore(const store::Snapshot& snapshot, fleet::Seq head) {
  NVRHUB_LET(stored, snapshot.alert(alert_key::sent));
  if (!stored) { // what fired before there was a channel is nobody's message
    position_ = last_ = head;
    records_[std::string(alert_key::sent)] = encode_sent({head, {}});
    return {};
  }
  const auto sent = decode_sent(*stored);
  if (!sent) return store::fail(store::Errc::corrupt, "record \"s\" of table alerts cannot be decoded");
  position_ = last_ = sent->seq;
  grouping_.restore(sent->times);
  NVRHUB_TRY(snapshot.each_alert(alert_key::done, [&](std::string_view key, std::string&&) { done_.emplace(key); }));
  NVRHUB_TRY(snapshot.each_event(position_, head, 0, [&](fleet::Event&& event) {
    add(event);
    return true;
  }));
  return resend_firing(snapshot);
}

std::optional<notify::AlertView> Deliveries::linked_view(std::string_view json) const {
  auto view = view_of(json);
  if (view && !options_.page_url.empty()) view->link = options_.page_url + "#/alerts/" + view->id;
  return view;
}

/// Alertmanagers forget what they do not hear of.
store::Result<void> Deliveries::resend_firing(const store::Snapshot& snapshot) {
  NVRHUB_LET(record, snapshot.alert(alert_key::channels));
  const auto channels = record ? decode_names(*record) : std::nullopt; // to which the masks of the alerts refer
  if (!channels) return {};
  return snapshot.each_alert(alert_key::alerts, [&](std::string_view key, std::string&& bytes) {
    const auto stored = decode_stored_alert(key, bytes);
    const auto view = stored ? linked_view(stored->json) : std::nullopt;
    if (!view || view->state != alerts::State::firing) return;
    for (std::size_t i = 0; i < channels->size(); ++i) {
      if ((stored->alert.announced >> i & 1U) != 0) notifier_->resend((*channels)[i], *view);
    }
  });
}

void Deliveries::add(const fleet::Event& event) {
  if (event.seq <= last_) return;
  last_ = event.seq;
  const auto transition = transition_of(event.detail, names_);
  if (!transition || transition->announce == 0) return;
  items_.emplace(Item{transition->alert.id, transition->change, transition->at}, event.seq);
  grouping_.add(*transition, names_);
}

void Deliveries::advance(fleet::WallMillis now) {
  grouping_.advance(now);
  take_messages();
  if (auto snapshot = hooks_.snapshot()) { // else the store is being reopened: messages wait
    snapshot_ = &*snapshot;
    notifier_->advance(now);
    snapshot_ = nullptr;
  }
  move_position();
}

void Deliveries::take_messages() {
  for (alerts::Message& message : grouping_.take_messages()) {
    std::string key = alert_key::message(message.channel, message.id);
    if (done_.contains(key)) continue;
    if (!notifier_->add(message.channel, message.id, message.at)) continue; // its table was removed
    messages_.emplace(std::move(key), std::move(message));
  }
}

std::optional<fleet::WallMillis> Deliveries::next_deadline() const {
  const auto closing = grouping_.next_deadline();
  const auto sending = notifier_->next_deadline();
  if (!closing || !sending) return closing ? closing : sending;
  return std::min(*closing, *sending);
}

/// Alerts are read from the log when they are sent: a message may wait for days.
std::optional<notify::MessageView> Deliveries::load(const std::string& key) const {
  const auto message = messages_.find(key);
  if (message == messages_.end() || snapshot_ == nullptr) return std::nullopt;
  notify::MessageView view{message->second, {}, {}, false};
  if (!options_.page_url.empty()) view.link = options_.page_url + "#/alerts";
  std::erase_if(view.message.items, [&](const alerts::Message::Item& item) {
    const auto seq = items_.find({item.alert, item.change, item.at});
    const auto event = seq == items_.end() ? std::nullopt
                                           : store::load<fleet::Event>(snapshot_->txn(), store::Table::events,
                                                                       store::event_key(seq->second))
                                                 .value_or(std::nullopt);
    auto alert = event ? linked_view(event->detail) : std::nullopt;
    if (!alert) return true;
    if (const auto id = snapshot_->id_of(alert->hostname).value_or(std::nullopt)) {
      if (const auto nvr = snapshot_->nvr_summary(*id).value_or(std::nullopt))
        alert->device_name = nvr->first.device_name;
    }
    view.alerts.push_back(std::move(*alert));
    return false;
  });
  return view;
}

void Deliveries::report(const std::string& channel, const notify::Outbox::Report& report) {
  std::string key = alert_key::message(channel, report.id);
  messages_.erase(key);
  records_[key] = "";
  done_.insert(std::move(key));
  if (!report.delivered)
    dropped_.push_back("a message of channel " + channel + " was dropped after " + std::to_string(report.attempts) +
                       " attempts: " + report.reason);
  move_position();
}

void Deliveries::move_position() {
  if (!messages_.empty() || !grouping_.is_idle() || last_ == position_) return;
  if (done_.empty() && last_ - position_ < lazy_position) return;
  position_ = last_;
  records_[std::string(alert_key::sent)] = encode_sent({position_, grouping_.sent_times()});
  for (const std::string& key : std::exchange(done_, {}))
    records_[key] = std::nullopt;
  items_.clear();
}

} // namespace nvrhub::actors
