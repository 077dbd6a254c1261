#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "log/boot_clock.hpp"
#include "log/etcd/backoff.hpp"
#include "log/etcd/channel.hpp"
#include "log/etcd/patience.hpp"
#include "log/timer.hpp"

namespace nvrhub::log::etcd {

/// A user of etcd. Empty: none.
struct Credentials {
  std::string user;
  std::string password;
};

/// Calls of etcd with one answer, at one member after the other: a member that does not answer in time (`attempt`, or
/// longer if all are slow) or that answers with a transient error is left for the next one, and the call is repeated.
/// Therefore every request must be one that may arrive twice. THREADS: the one that runs `io`. OWNERSHIP: the
/// destructor ends all calls without running their handlers.
class Client {
public:
  struct Answer {
    std::string message;
    BootClock::time_point sent; // the attempt that was answered
  };
  using OnAnswer = std::function<void(const tl::expected<Answer, GrpcStatus>&)>;
  static constexpr std::chrono::milliseconds forever = std::chrono::milliseconds::max();

  Client(boost::asio::io_context& io, Members members, Credentials credentials, std::chrono::milliseconds attempt);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// Repeats until an answer, an error that is not transient, or until no attempt can
  /// begin within `limit`.
  void call(std::string_view method, std::string request, std::chrono::milliseconds limit, OnAnswer done);

  /// The user's token for streams that this client does not make; nothing if one is needed and not there yet.
  std::optional<std::string> token() const;
  /// etcd does not take the token any more: the next call fetches another.
  void drop_token() { token_.clear(); }

  const Endpoint& endpoint() const { return members_.endpoints[current_]; }

private:
  using CallId = std::uint64_t;
  struct Call {
    explicit Call(boost::asio::io_context& io) : timer(io) {}

    std::string method;
    std::string request;
    OnAnswer done;
    std::optional<BootClock::time_point> deadline;
    Timer timer; // of the attempt, then of the pause before the next
    Backoff backoff;
    std::shared_ptr<Channel> channel;
    StreamId stream = 0;
    std::optional<std::string> answer;
    BootClock::time_point sent;
  };

  void attempt(CallId id);
  Patience& patience(const std::string& method);
  /// Fetches a token, then attempts the call, and those that come meanwhile.
  void authenticate(CallId id);
  bool is_token_refused(const GrpcStatus& status) const;
  void ended(CallId id, const GrpcStatus& status);
  void failed(CallId id, const GrpcStatus& status);
  void finish(CallId id, const tl::expected<Answer, GrpcStatus>& result);
  /// Leaves the member of this channel, unless that has happened.
  void leave(const std::shared_ptr<Channel>& channel, const std::string& reason);

  boost::asio::io_context& io_;
  const Members members_;
  std::size_t current_ = 0;
  const std::chrono::milliseconds attempt_;
  std::shared_ptr<Channel> channel_;
  std::map<CallId, Call> calls_;
  std::map<std::string, Patience> patience_; // by method: some wait for disks, others do not
  CallId last_id_ = 0;
  const Credentials credentials_;
  std::string token_;
  std::vector<CallId> waiting_; // for a token
};

} // namespace nvrhub::log::etcd
