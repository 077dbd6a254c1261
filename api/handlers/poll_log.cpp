#include "api/handlers/poll_log.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "api/query/query.hpp"

namespace nvrhub::api {

namespace {

constexpr std::chrono::seconds limit{5};
constexpr std::chrono::milliseconds interval{50};

class Polling : public std::enable_shared_from_this<Polling> {
public:
  Polling(Context& context, Executor executor, Respond respond, LogPoll poll)
      : context_(context), timer_(executor), respond_(std::move(respond)), poll_(std::move(poll)) {}

  void check() {
    post_to_reader(context_, [self = shared_from_this()] {
      if (auto answer = self->answer()) return self->respond_(std::move(*answer));
      self->timer_.expires_after(interval);
      self->timer_.async_wait([self](const auto& stopped) {
        if (!stopped) self->check();
      });
    });
  }

private:
  std::optional<Response> answer() {
    try {
      if (auto found = poll_.check()) return found;
      const bool is_stopping = context_.draining;
      if (is_stopping || std::chrono::steady_clock::now() >= until_) return poll_.give_up(is_stopping);
      return std::nullopt;
    } catch (HttpError& error) {
      return std::move(error.response);
    }
  }

  Context& context_;
  boost::asio::steady_timer timer_; // used by one thread at a time: each step begins the next
  const Respond respond_;
  const LogPoll poll_;
  const std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + limit;
};

} // namespace

void poll_log(Context& context, Executor executor, Respond respond, LogPoll poll) {
  std::make_shared<Polling>(context, executor, std::move(respond), std::move(poll))->check();
}

} // namespace nvrhub::api
