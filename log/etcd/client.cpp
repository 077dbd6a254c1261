#include "log/etcd/client.hpp"

#include <utility>

#include "log/etcd/messages.hpp"
#include "log/etcd/methods.hpp"

namespace nvrhub::log::etcd {
namespace {

// A member hashes the password, which is slow on purpose. Shorter attempts would only make it hash more of them.
constexpr std::chrono::milliseconds authenticate_attempt{5000};

} // namespace

Client::Client(boost::asio::io_context& io, Members members, Credentials credentials, std::chrono::milliseconds attempt)
    : io_(io), members_(std::move(members)), attempt_(attempt), credentials_(std::move(credentials)) {}

Client::~Client() {
  if (channel_) channel_->abandon();
}

void Client::call(std::string_view method, std::string request, std::chrono::milliseconds limit, OnAnswer done) {
  const CallId id = ++last_id_;
  Call& call = calls_.try_emplace(id, io_).first->second;
  call.method = method;
  call.request = std::move(request);
  call.done = std::move(done);
  if (limit != forever) call.deadline = BootClock::now() + limit;
  attempt(id);
}

void Client::attempt(CallId id) {
  Call& call = calls_.at(id);
  if (!token() && call.method != methods::authenticate) return authenticate(id);
  if (!channel_ || channel_->is_closed()) channel_ = Channel::connect(io_, members_, current_);
  const std::shared_ptr<Channel> channel = channel_; // a failing send() makes this client leave it
  call.channel = channel;
  call.answer.reset();
  call.sent = BootClock::now();
  const std::optional<StreamId> stream =
      channel->open(call.method, {false, token_},
                    {[this, id](std::string_view message) { calls_.at(id).answer = message; },
                     [this, id](const GrpcStatus& status) { ended(id, status); }});
  if (!stream) { // it takes no more calls: the next attempt finds it closed
    call.timer.start(std::chrono::nanoseconds(0), [this, id, channel] {
      channel->close("the member takes no more calls");
      attempt(id);
    });
    return;
  }
  call.stream = *stream;
  const auto limit = call.method == methods::authenticate ? authenticate_attempt : patience(call.method).now();
  call.timer.start(limit, [this, id, limit] {
    Call& late = calls_.at(id);
    if (late.channel == channel_) patience(late.method).not_answered(); // once for all calls at this member
    late.channel->cancel(late.stream);
    failed(id, {StatusCode::deadline_exceeded,
                late.channel->endpoint().to_string() + ": no answer within " + std::to_string(limit.count()) + " ms"});
  });
  channel->send(*stream, call.request, true);
}

Patience& Client::patience(const std::string& method) {
  return patience_.try_emplace(method, attempt_, members_.endpoints.size()).first->second;
}

std::optional<std::string> Client::token() const {
  if (!credentials_.user.empty() && token_.empty()) return std::nullopt;
  return token_;
}

void Client::authenticate(CallId id) {
  waiting_.push_back(id);
  if (waiting_.size() > 1) return;
  const std::string request = encode_authenticate(credentials_.user, credentials_.password);
  // One attempt: each waiting call repeats it within its own limit.
  call(methods::authenticate, request, std::chrono::milliseconds(0), [this](const auto& answer) {
    const Result<std::string> token = answer ? decode_authenticate(answer->message) : std::string();
    GrpcStatus status{StatusCode::internal, "etcd sends no token"};
    if (!answer) status = answer.error();
    if (token) token_ = *token;
    for (const CallId waiting : std::exchange(waiting_, {})) {
      if (!calls_.contains(waiting)) continue;
      token_.empty() ? failed(waiting, status) : attempt(waiting);
    }
  });
}

bool Client::is_token_refused(const GrpcStatus& status) const {
  // A token ends with its time, with its member, and with each change of users and roles.
  if (token_.empty()) return false;
  return status.code == StatusCode::unauthenticated ||
         (status.code == StatusCode::invalid_argument && status.message.find("auth store is old") != std::string::npos);
}

void Client::ended(CallId id, const GrpcStatus& status) {
  Call& call = calls_.at(id);
  if (status.code != StatusCode::ok) return failed(id, status);
  patience(call.method).answered(BootClock::now() - call.sent);
  if (!call.answer) return failed(id, {StatusCode::internal, "the member ended the call without an answer"});
  finish(id, Answer{std::move(*call.answer), call.sent});
}

void Client::failed(CallId id, const GrpcStatus& status) {
  Call& call = calls_.at(id);
  const bool is_refused = is_token_refused(status);
  if (is_refused) drop_token();
  if (!is_refused && !is_transient(status.code)) return finish(id, tl::unexpected(status));
  const std::chrono::milliseconds pause = call.backoff.next();
  // First the timer, so that leave(), which ends all calls of the channel, finds this one waiting.
  call.timer.start(pause, [this, id] { attempt(id); });
  const std::shared_ptr<Channel> channel = std::exchange(call.channel, nullptr);
  const bool is_over = call.deadline && BootClock::now() + pause > *call.deadline;
  leave(channel, status.message);
  if (is_over) finish(id, tl::unexpected(status));
}

void Client::finish(CallId id, const tl::expected<Answer, GrpcStatus>& result) {
  const auto call = calls_.extract(id);
  call.mapped().done(result);
}

void Client::leave(const std::shared_ptr<Channel>& channel, const std::string& reason) {
  if (!channel || channel != channel_) return;
  channel_ = nullptr;
  current_ = (current_ + 1) % members_.endpoints.size();
  channel->close("left for the next member: " + reason);
}

} // namespace nvrhub::log::etcd
