#include "notify/outbox.hpp"

#include <algorithm>
#include <array>

namespace nvrhub::notify {

namespace {

constexpr int http_gone = 410, http_too_many = 429, http_unavailable = 503;

bool is_refusal_of_content(int status) {
  constexpr std::array statuses{400, 413, 415, 422, 552, 554};
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

} // namespace

void Outbox::add(std::string id, fleet::WallMillis at) {
  messages_.push_back({std::move(id), at});
  if (is_off_) return drop_all("the channel was turned off by its receiver (410)");
  if (messages_.size() <= settings_.max_messages) return;
  // The first may be in flight.
  const auto oldest = messages_.begin() + (is_in_flight_ ? 1 : 0);
  reports_.push_back({oldest->id, false, oldest->attempts,
                      "more than " + std::to_string(settings_.max_messages) + " messages wait for this channel"});
  messages_.erase(oldest);
}

std::optional<std::string> Outbox::next(fleet::WallMillis now) {
  if (is_in_flight_) return std::nullopt;
  while (!messages_.empty() && now - messages_.front().at >= settings_.lifetime)
    drop_first("it could not be delivered within " + std::to_string(settings_.lifetime / 3'600'000) +
               " hours: " + last_error_);
  if (messages_.empty()) return std::nullopt;
  if (not_before_ > now + std::max(settings_.max_pause, settings_.max_retry_after)) not_before_ = now;
  if (now < not_before_) return std::nullopt;
  is_in_flight_ = true;
  ++messages_.front().attempts;
  return messages_.front().id;
}

void Outbox::complete(const Outcome& outcome, fleet::WallMillis now) {
  if (!is_in_flight_) return;
  is_in_flight_ = false;
  Message& message = messages_.front();
  if (outcome.delivered) {
    reports_.push_back({message.id, true, message.attempts, {}});
    messages_.pop_front();
    failures_ = 0;
    not_before_ = 0;
    last_error_.clear();
    return;
  }
  last_error_ = outcome.error;
  if (outcome.status == http_gone) {
    is_off_ = true;
    return drop_all("the receiver has turned the channel off (410)");
  }
  message.refusals = is_refusal_of_content(outcome.status) ? message.refusals + 1 : 0;
  const bool is_refused = message.refusals >= settings_.max_refusals;
  if (is_refused) {
    drop_first("refused " + std::to_string(settings_.max_refusals) + " times: " + outcome.error);
    failures_ = 0;
  }
  not_before_ = now + pause_after(outcome);
  ++failures_;
}

void Outbox::discard(std::string reason) {
  if (!std::exchange(is_in_flight_, false)) return;
  drop_first(std::move(reason));
}

std::optional<fleet::WallMillis> Outbox::next_deadline() const {
  if (is_in_flight_ || messages_.empty()) return std::nullopt;
  return std::min(not_before_, messages_.front().at + settings_.lifetime);
}

void Outbox::drop_first(std::string reason) {
  reports_.push_back({messages_.front().id, false, messages_.front().attempts, std::move(reason)});
  messages_.pop_front();
}

void Outbox::drop_all(const std::string& reason) {
  while (!messages_.empty())
    drop_first(reason);
}

fleet::WallMillis Outbox::pause_after(const Outcome& outcome) {
  fleet::WallMillis pause = settings_.first_pause;
  for (unsigned i = 0; i < failures_ && pause < settings_.max_pause; ++i)
    pause *= 2;
  pause = std::min(pause, settings_.max_pause);
  pause -= static_cast<fleet::WallMillis>(random() % static_cast<std::uint64_t>(pause / 2 + 1));
  const bool may_ask = outcome.status == http_too_many || outcome.status == http_unavailable;
  if (!may_ask || !outcome.retry_after) return pause;
  // Compared in seconds: a receiver may send any number.
  const auto asked = std::min<std::int64_t>(outcome.retry_after->count(), settings_.max_retry_after / 1000);
  return std::max(pause, asked * 1000);
}

/// SplitMix64.
std::uint64_t Outbox::random() {
  std::uint64_t mixed = random_ += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  return mixed ^ mixed >> 31;
}

} // namespace nvrhub::notify
