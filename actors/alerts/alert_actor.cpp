#include "actors/alerts/alert_actor.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "actors/alerts/alert_records.hpp"
#include "protocol/encode/alerts.hpp"
#include "store/history/history.hpp"

namespace nvrhub::actors {

namespace {

constexpr fleet::WallMillis kept_when_over =
    30 * std::int64_t{86'400'000};                    // maintenance windows: for who asks what was
constexpr std::chrono::milliseconds max_delay{1'000}; // of a timer on a busy machine, and of a clock that is corrected

/// Whether a caller that may see `allowed` may change what concerns `sites` (nullopt: all sites).
bool are_within(const Sites& sites, const Sites& allowed) {
  if (!allowed) return true;
  return sites && std::all_of(sites->begin(), sites->end(), [&](const std::string& site) {
           return std::binary_search(allowed->begin(), allowed->end(), site);
         });
}

} // namespace

void AlertState::init(Self self, SharedPtr shared, std::shared_ptr<const store::Store> store, StoreActor writer,
                      AlertOptions options) {
  self_ = self;
  shared_ = std::move(shared);
  store_ = std::move(store);
  writer_ = std::move(writer);
  options_ = std::move(options);
  for (const notify::Channel& channel : options_.channels)
    channels_.push_back(channel.name);
  Deliveries::Hooks hooks;
  hooks.send = options_.send;
  // Weak: the actor is not kept by a request in flight.
  hooks.post = [weak = caf::actor_cast<caf::weak_actor_ptr>(self_)](std::function<void()> function) {
    if (const auto actor = weak.lock())
      caf::anon_send(caf::actor_cast<AlertActor>(actor),
                     Posted{std::make_shared<const std::function<void()>>(std::move(function))});
  };
  hooks.now = shared_->now;
  hooks.snapshot = [store = store_] { return store->snapshot(); };
  deliveries_.emplace(Deliveries::Options{options_.channels, options_.grouping, options_.page_url,
                                          static_cast<std::uint64_t>(self_->clock().now().time_since_epoch().count())},
                      std::move(hooks));
  stored_at_ = looked_at_ = self_->clock().now();
  looked_now_ = shared_->now();
  shared_->settings.in_cluster ? self_->send(writer_, AskLead{}) : on(Lead{});
}

void AlertState::on(const Lead&) {
  self_->send(writer_, FollowCommits{}); // before the store is read: no event is missed
  catch_up();
}

// ---- events ----

void AlertState::on(const Committed& message) {
  const auto& events = *message.events;
  note_pause();
  if (!restored_ || events.front().seq > engine_.position().seq + 1) return catch_up();
  const store::PendingOperations::Operation operation(store_->operations());
  const store::Result<store::Snapshot> snapshot = store_->snapshot();
  for (const fleet::Event& event : events) {
    if (event.seq > engine_.position().seq) apply(event, snapshot ? &*snapshot : nullptr);
  }
  deliver();
  flush();
  schedule();
}

/// `snapshot` contains the event.
void AlertState::apply(const fleet::Event& event, const store::Snapshot* snapshot) {
  engine_.apply(event, [&]() -> std::optional<fleet::Nvr> {
    if (snapshot == nullptr) return std::nullopt;
    return store::History(*snapshot).nvr_at(event.nvr_id, event.seq).value_or(std::nullopt);
  });
  if (event.kind == fleet::Kind::alert && restored_) deliveries_->add(event);
  take_transitions();
}

/// Restores the engine if that has not succeeded yet, and applies all committed events that it has not seen.
void AlertState::catch_up() {
  const auto done = restore();
  if (done) {
    warned_ = false;
    flush();
  } else if (!std::exchange(warned_, true)) {
    shared_->log(Level::error, "alerts", "the alerts cannot be read from the store and wait: " + done.error().message);
  }
  schedule();
}

void AlertState::on(const AdvanceAlerts& message) {
  if (message.number != timer_) return;
  if (!restored_) return catch_up();
  // The process did not run. An I/O thread measures for how long; until then nothing is decided.
  const bool is_late = self_->clock().now() - timer_due_ > max_delay;
  if (is_late && !std::exchange(was_late_, true)) return wake_in(max_delay);
  was_late_ = false;
  ask_time();
}

/// Events may be on their way that happened before now: the engine gets the time only up to which it has seen all.
/// While commits fail that time stands still.
void AlertState::ask_time() {
  if (std::exchange(asked_, true)) return;
  self_->send(writer_, AskWatermark{now()});
}

void AlertState::on(const Watermark& message) {
  asked_ = false;
  note_pause();
  watermark_ = message.at;
  confirm_returned();
  engine_.advance(watermark_);
  for (const ChangeAlerts& change : std::exchange(changes_, {}))
    apply(change);
  take_transitions();
  deliver();
  flush(!replies_.empty());
  schedule();
}

void AlertState::on(const Posted& message) {
  (*message.function)();
  take_deliveries();
  deliver();
  flush();
  schedule();
}

/// Groups close only up to a time before which nothing can be decided any longer: what was decided is durable.
void AlertState::deliver() {
  if (!restored_ || channels_.empty() || writing_ || !events_.empty() || shared_->degraded) return;
  const store::PendingOperations::Operation operation(store_->operations());
  deliveries_->advance(engine_.position().now);
  take_deliveries();
}

void AlertState::take_deliveries() {
  for (auto& [key, value] : deliveries_->take_records())
    records_[key] = std::move(value);
  for (const std::string& why : deliveries_->take_dropped()) {
    fleet::Event& event = events_.emplace_back();
    event.kind = fleet::Kind::admin;
    event.at = now();
    event.detail = why;
    shared_->log(Level::error, "alerts", why);
  }
}

/// What the process missed while it did not run counts for no condition, nor does time that the server's clock skipped.
void AlertState::note_pause() {
  const auto paused = shared_->paused.load();
  const fleet::WallMillis stopped = (paused - std::exchange(paused_, paused)).count();
  const fleet::WallMillis now = shared_->now();
  const auto steady = self_->clock().now();
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady - std::exchange(looked_at_, steady)).count();
  const fleet::WallMillis skipped = now - std::exchange(looked_now_, now) - passed;
  const fleet::WallMillis lost = std::max(stopped, skipped > max_delay.count() ? skipped : 0);
  if (lost <= 0 || !restored_) return;
  engine_.unobserved(now - lost, now);
  take_transitions();
}

void AlertState::confirm_returned() {
  for (const fleet::NvrId id : shared_->presence.take_confirmed(Presence::Reader::alerts))
    engine_.confirmed(id, watermark_);
}

void AlertState::schedule() {
  if (asked_) return; // the watermark continues
  std::chrono::milliseconds wait = restored_ ? options_.position_interval : options_.retry;
  if (restored_) {
    if (self_->clock().now() < grace_ends_) wait = std::min(wait, options_.confirm_interval);
    for (const auto& next : {engine_.next_deadline(), deliveries_->next_deadline()}) {
      if (!next) continue;
      wait = std::min(wait, std::chrono::milliseconds(std::max<fleet::WallMillis>(*next - shared_->now(), 0)));
    }
  }
  wake_in(wait);
}

void AlertState::wake_in(std::chrono::milliseconds wait) {
  timer_due_ = self_->clock().now() + wait;
  self_->delayed_send(self_, wait, AdvanceAlerts{++timer_});
}

// ---- writes ----

void AlertState::take_transitions() {
  for (const alerts::Transition& transition : engine_.take_transitions()) {
    const std::string json = protocol::encode_alert(transition, engine_.channels());
    auto& record = records_[alert_key::alert(transition.rule, transition.alert.subject)];
    record = transition.erased ? std::nullopt : std::optional(encode_stored_alert(transition.alert, json));
    if (!alerts::is_logged(transition.change)) continue;
    fleet::Event& event = events_.emplace_back();
    event.kind = fleet::Kind::alert;
    event.at = transition.at;
    event.hostname = transition.hostname;
    event.site = transition.site;
    event.detail = json;
  }
}

bool AlertState::position_is_due() const {
  const fleet::Seq seq = engine_.position().seq;
  if (seq == stored_seq_) return false;
  return seq - stored_seq_ >= options_.position_events ||
         self_->clock().now() - stored_at_ >= options_.position_interval;
}

/// Writes what was decided, unless a write is in flight: what is decided meanwhile goes with the next one.
void AlertState::flush(bool urgent) {
  if (writing_ || (records_.empty() && events_.empty() && replies_.empty() && !position_is_due())) return;
  auto job = std::make_shared<WriteJob>();
  job->urgent = urgent || !replies_.empty();
  job->write.events = std::exchange(events_, {});
  for (auto& [key, value] : std::exchange(records_, {}))
    job->write.alerts.push_back({key, std::move(value)});
  job->write.alerts.push_back({std::string(alert_key::position), encode_position(engine_.position())});
  stored_seq_ = engine_.position().seq;
  stored_at_ = self_->clock().now();
  written_replies_ = std::exchange(replies_, {});
  writing_ = true;
  if (job->urgent) shared_->commit_gate.announce();
  self_->send(writer_, std::move(job));
}

void AlertState::on(const Written& message) {
  writing_ = false;
  const store::Result<fleet::NvrId>& outcome = message.job->outcome;
  if (!outcome && outcome.error().code !=
                      store::Errc::io) // a fault of this program or damage to the store: what is in memory goes on
    shared_->log(Level::error, "alerts", "a write of alerts was refused: " + outcome.error().message);
  for (const Reply& reply : std::exchange(written_replies_, {}))
    (*reply)(outcome ? AlertsResult{} : tl::make_unexpected(AlertsError::unavailable));
  deliver();
  flush();
  schedule();
}

// ---- changes ----

void AlertState::on(const ChangeAlerts& message) {
  if (!restored_) return (*message.reply)(tl::make_unexpected(AlertsError::unavailable));
  changes_.push_back(message);
  ask_time();
}

void AlertState::apply(const ChangeAlerts& message) {
  const AlertsResult changed = std::visit([this](const auto& its) { return change(its); }, *message.change);
  changed ? replies_.push_back(message.reply) : (*message.reply)(changed);
}

AlertsResult AlertState::change(const SetRules& change) {
  if (!configure(change.rules)) return tl::make_unexpected(AlertsError::unavailable);
  records_[std::string(alert_key::rules)] = protocol::encode_alert_rules(rules_);
  return {};
}

AlertsResult AlertState::change(const PutWindow& change) {
  const alerts::MaintenanceWindow& window = change.window;
  forget_windows(watermark_ - kept_when_over);
  if (windows_.size() >= alerts::max_windows) forget_windows(watermark_);
  if (!windows_.contains(window.id) && windows_.size() >= alerts::max_windows)
    return tl::make_unexpected(AlertsError::too_many);
  windows_[window.id] = window;
  alerts::MaintenanceWindow content = window;
  content.id.clear();
  records_[alert_key::window(window.id)] = protocol::encode_maintenance(content);
  set_windows();
  return {};
}

AlertsResult AlertState::change(const EndWindow& change) {
  const auto window = windows_.find(change.id);
  if (window == windows_.end() || !are_within(window->second.filter.sites, change.sites))
    return tl::make_unexpected(AlertsError::not_found);
  windows_.erase(window);
  records_[alert_key::window(change.id)] = std::nullopt;
  set_windows();
  return {};
}

/// Removes windows that were over at that time.
void AlertState::forget_windows(fleet::WallMillis at) {
  std::erase_if(windows_, [&](const auto& entry) {
    if (!entry.second.was_over(at)) return false;
    records_[alert_key::window(entry.first)] = std::nullopt;
    return true;
  });
}

void AlertState::set_windows() {
  std::vector<alerts::MaintenanceWindow> all;
  for (const auto& [id, window] : windows_)
    all.push_back(window);
  engine_.set_maintenance(std::move(all), watermark_);
}

AlertsResult AlertState::change(const Acknowledge& change) {
  const alerts::Alert* const alert = engine_.find(change.id);
  if (alert == nullptr || !are_within(std::vector{std::string(engine_.site_of(*alert))}, change.sites))
    return tl::make_unexpected(AlertsError::not_found);
  const alerts::Subject subject = alert->subject;
  if (!engine_.acknowledge(rules_[alert->rule].name, subject, change.id, {change.who, change.note, watermark_}))
    return tl::make_unexpected(AlertsError::not_found);
  return {};
}

AlertActor::behavior_type alert(AlertState::Self self, SharedPtr shared, std::shared_ptr<const store::Store> store,
                                StoreActor writer, AlertOptions options) {
  self->state.init(self, std::move(shared), std::move(store), std::move(writer), std::move(options));
  return {
      [=](const Committed& message) { self->state.on(message); },
      [=](const Written& message) { self->state.on(message); },
      [=](const Watermark& message) { self->state.on(message); },
      [=](const ChangeAlerts& message) { self->state.on(message); },
      [=](const AdvanceAlerts& message) { self->state.on(message); },
      [=](const Posted& message) { self->state.on(message); },
      [=](const Lead& message) { self->state.on(message); },
  };
}

} // namespace nvrhub::actors
