#include "log/etcd/health_poller.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "log/etcd/methods.hpp"
#include "log/etcd/version.hpp"

namespace nvrhub::log::etcd {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 1s;
constexpr auto answer_limit = 1s;

} // namespace

HealthPoller::HealthPoller(boost::asio::io_context& io, Client& client, const Keys& keys,
                           std::function<Position()> followed, std::function<void()> on_set_back)
    : client_(client), keys_(keys), followed_(std::move(followed)), on_set_back_(std::move(on_set_back)), timer_(io) {
  poll();
}

void HealthPoller::poll() {
  client_.call(methods::status, {}, answer_limit, [this](const auto& answer) {
    timer_.start(poll_interval, [this] { poll(); });
    health_.endpoint = client_.endpoint().to_string();
    if (!answer) return failed(to_error(answer.error(), "etcd does not answer").message);
    const Result<StatusResponse> status = decode_status(answer->message);
    if (!status) return failed(status.error().message);
    take(*status);
    if (status->revision < followed_()) confirm_end();
  });
}

void HealthPoller::confirm_end() {
  RangeRequest request;
  request.key = keys_.identity();
  client_.call(methods::range, encode(request), answer_limit, [this, followed = followed_()](const auto& answer) {
    if (!answer) return;
    const Result<RangeResponse> range = decode_range(answer->message);
    if (range && range->revision < followed) on_set_back_();
  });
}

void HealthPoller::check_version(Log::OnDone done) {
  client_.call(methods::status, {}, Client::forever, [this, done = std::move(done)](const auto& answer) {
    if (!answer) return done(tl::unexpected(Error{Errc::refused, to_error(answer.error(), "etcd's status").message}));
    const Result<StatusResponse> status = decode_status(answer->message);
    if (!status) return done(tl::unexpected(status.error()));
    take(*status);
    std::string refusal = judge_version(status->version).refusal;
    if (!refusal.empty()) return done(tl::unexpected(Error{Errc::refused, std::move(refusal)}));
    done({});
  });
}

void HealthPoller::take(const StatusResponse& status) {
  health_.has_leader = status.leader != 0;
  health_.version = status.version;
  health_.warning = judge_version(status.version).warning;
  health_.head = std::max(health_.head, status.revision);
  health_.problem = health_.has_leader ? "" : "etcd has no leader: fewer than a majority of its members are connected";
  for (const std::string& error : status.errors) {
    if (!health_.problem.empty()) health_.problem += "; ";
    health_.problem += describe_alarm(error);
  }
}

void HealthPoller::failed(const std::string& problem) {
  health_.has_leader = false;
  health_.problem = problem;
}

std::string describe_alarm(const std::string& error) {
  if (error.find("NOSPACE") != std::string::npos) {
    return "etcd has reached its quota and refuses writes and leases: trim, defragment or raise --quota-backend-bytes, "
           "then run `etcdctl alarm disarm` (" +
           error + ")";
  }
  if (error.find("CORRUPT") != std::string::npos) {
    return "etcd reports that its members' data differ: see its guide on data corruption (" + error + ")";
  }
  return error;
}

} // namespace nvrhub::log::etcd
