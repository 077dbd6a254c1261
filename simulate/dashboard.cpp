#include "simulate/dashboard.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "simulate/nvr/message.hpp"

namespace nvrhub::simulate {

namespace {

// The feed may begin shortly after the upgrade response. Only changes sent after this delay must be shown.
constexpr auto feed_start_delay = std::chrono::milliseconds(100);
constexpr auto open_timeout = std::chrono::seconds(15);

std::string describe(const client::WsEnd& end) {
  switch (end.kind) {
  case client::WsEnd::Kind::refused:
    return fmt::format("the server answered HTTP {}", end.http_status);
  case client::WsEnd::Kind::closed:
    return fmt::format("the server closed with {}", end.close_code);
  case client::WsEnd::Kind::no_connection:
  case client::WsEnd::Kind::broken:
    break;
  }
  return end.error.message();
}

} // namespace

Dashboard::Dashboard(boost::asio::io_context& context, const Target& target, ChangeTracker* tracker,
                     DashboardTotals& totals, std::uint64_t seed, Opened opened)
    : target_(target), tracker_(tracker), totals_(totals), opened_(std::move(opened)), timer_(context), jitter_(seed) {}

void Dashboard::connect() {
  link_ = client::open_ws(timer_.get_executor().context(), target_.server, target_.endpoint,
                          ws_request(dashboard_path, target_.server.token), *this);
}

void Dashboard::hang_up() {
  timer_.cancel();
  if (link_) link_->close(1000);
  link_.reset();
}

void Dashboard::on_open() {
  timer_.expires_after(feed_start_delay);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && link_) start_watching();
  });
}

void Dashboard::start_watching() {
  if (tracker_ != nullptr) tracker_->watching(true);
  if (const auto opened = std::exchange(opened_, nullptr)) opened({});
}

void Dashboard::on_text(std::string_view text) {
  const auto now = Clock::now();
  backoff_.reset();
  ++totals_.messages;
  totals_.bytes += text.size();
  if (tracker_ == nullptr) return;
  const auto in = parse_incoming(text);
  if (in && in->type == Incoming::Type::status_update)
    tracker_->shown(in->hostname, in->seq, in->cameras_updated, in->status, now);
}

void Dashboard::on_end(const client::WsEnd& end) {
  const bool was_open = end.kind == client::WsEnd::Kind::closed || end.kind == client::WsEnd::Kind::broken;
  if (was_open) ++totals_.ends;
  if (was_open && tracker_ != nullptr) ++totals_.measuring_ends;
  if (end.kind == client::WsEnd::Kind::closed) ++totals_.closes[end.close_code];
  if (tracker_ != nullptr) tracker_->watching(false);
  link_.reset();
  if (const auto opened = std::exchange(opened_, nullptr)) return opened(describe(end));
  timer_.expires_after(end.retry_after.value_or(backoff_.next(jitter_.uniform())));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) connect();
  });
}

Dashboards::Dashboards(const Target& target, unsigned count, ChangeTracker& tracker)
    : work_(context_.get_executor()), waiting_for_(std::max(1u, count)) {
  const auto opened = [this](const std::string& problem) {
    if (promised_ || (problem.empty() && --waiting_for_ > 0)) return;
    promised_ = true;
    promise_.set_value(problem);
  };
  for (std::size_t i = 0; i < waiting_for_; ++i)
    dashboards_.push_back(
        std::make_unique<Dashboard>(context_, target, i == 0 ? &tracker : nullptr, totals_, i, opened));
}

Dashboards::~Dashboards() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

std::string Dashboards::open() {
  boost::asio::post(context_, [this] {
    for (const auto& dashboard : dashboards_)
      dashboard->connect();
  });
  thread_ = std::thread([this] { context_.run(); });
  auto opened = promise_.get_future();
  if (opened.wait_for(open_timeout) == std::future_status::timeout) return "no response to the WebSocket upgrade";
  return opened.get();
}

DashboardTotals Dashboards::hang_up(TimePoint until) {
  boost::asio::post(context_, [this] {
    for (const auto& dashboard : dashboards_)
      dashboard->hang_up();
    work_.reset();
  });
  while (!context_.stopped() && Clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  context_.stop();
  thread_.join();
  return totals_;
}

} // namespace nvrhub::simulate
