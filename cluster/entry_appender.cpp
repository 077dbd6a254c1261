#include "cluster/entry_appender.hpp"

#include <utility>

namespace nvrhub::cluster {

void EntryAppender::append(std::string entry) {
  if (is_stopped_) return;
  waiting_.push_back(std::move(entry));
  start_next();
}

void EntryAppender::stop() {
  is_stopped_ = true;
  waiting_.clear();
}

void EntryAppender::start_next() {
  if (is_appending_ || waiting_.empty()) return;
  is_appending_ = true;
  std::string entry = std::move(waiting_.front());
  waiting_.pop_front();
  log_.append(std::move(entry), [this](const auto& result) { answered(result); });
}

void EntryAppender::answered(const log::Log::AppendResult& result) {
  using Kind = log::AppendError::Kind;
  // Also after stop(): whether the entry is in the log is then decided by what is delivered.
  if (!result && result.error().kind == Kind::unknown && !is_stopped_) {
    return log_.retry([this](const auto& again) { answered(again); });
  }
  is_appending_ = false;
  if (is_stopped_) return;
  if (result) return start_next();
  stop();
  result.error().kind == Kind::refused ? on_refused_() : on_invalid_(result.error().text);
}

} // namespace nvrhub::cluster
