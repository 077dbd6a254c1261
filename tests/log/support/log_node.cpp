#include "log/support/log_node.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <catch2/catch.hpp>

namespace nvrhub::tests {
namespace {

using namespace std::chrono_literals;

constexpr auto hang = 60s;

} // namespace

void run_until(boost::asio::io_context& io, const std::function<bool()>& done) {
  const auto begin = std::chrono::steady_clock::now();
  while (!done()) {
    if (std::chrono::steady_clock::now() - begin > hang) throw std::runtime_error("what the test waits for never came");
    io.restart();
    io.run_one_for(50ms);
  }
}

LogNode::LogNode(boost::asio::io_context& context, log::etcd::Options options) : io(context) {
  auto log = log::etcd::make_etcd_log(context, std::move(options));
  REQUIRE(log);
  log_ = std::move(*log);
}

log::etcd::Options LogNode::options(const std::string& node, std::vector<log::etcd::Endpoint> endpoints) {
  static std::uint64_t boots = 0;
  log::etcd::Options options;
  options.cluster = {std::move(endpoints), false, "fleet"};
  options.origin = {node, ++boots};
  options.lease = 60s; // longer than any test: only some tests are about its end
  return options;
}

void LogNode::join_and_follow() {
  REQUIRE(join("announcement of a node"));
  follow(0);
}

void LogNode::follow(log::Position after) {
  log_->follow(after, [this](const log::Delivery& delivery) {
    if (const auto* entry = std::get_if<log::Entry>(&delivery)) {
      entries.push_back({entry->position, entry->origin.node, entry->number, std::string(entry->bytes)});
    } else if (const auto* node = std::get_if<log::Joined>(&delivery)) {
      joined.push_back(node->origin);
    } else if (const auto* gone = std::get_if<log::Vanished>(&delivery)) {
      vanished.push_back(gone->origin);
    } else {
      too_far_behind = std::get<log::TooFarBehind>(delivery).trimmed;
    }
  });
}

void LogNode::append(const std::string& bytes) {
  log_->append(bytes, [this](const log::Log::AppendResult& result) { results.push_back(result); });
}

void LogNode::retry() {
  log_->retry([this](const log::Log::AppendResult& result) { results.push_back(result); });
}

log::Log::AppendResult LogNode::append_and_wait(const std::string& bytes) {
  const std::size_t before = results.size();
  append(bytes);
  run_until(io, [&] { return results.size() > before; });
  return results.back();
}

log::Log::AppendResult LogNode::retry_and_wait() {
  const std::size_t before = results.size();
  retry();
  run_until(io, [&] { return results.size() > before; });
  return results.back();
}

log::Position LogNode::append_surely(const std::string& bytes) {
  log::Log::AppendResult result = append_and_wait(bytes);
  while (!result && result.error().kind == log::AppendError::Kind::unknown)
    result = retry_and_wait();
  if (!result) FAIL(result.error().text);
  return *result;
}

log::Result<void> LogNode::wait_for(const std::function<void(log::Log::OnDone)>& call) {
  std::optional<log::Result<void>> result;
  call([&](const log::Result<void>& done) { result = done; });
  run_until(io, [&] { return result.has_value(); });
  return *result;
}

log::Result<void> LogNode::trim(log::Position upto) {
  return wait_for([&](log::Log::OnDone done) { log_->trim(upto, std::move(done)); });
}

log::Result<void> LogNode::join(const std::string& announcement) {
  return wait_for([&](log::Log::OnDone done) { log_->join(announcement, std::move(done)); });
}

log::Result<void> LogNode::found(const std::string& identity) {
  return wait_for([&](log::Log::OnDone done) { log_->found(identity, std::move(done)); });
}

log::Result<std::optional<log::Founded>> LogNode::identity() {
  std::optional<log::Result<std::optional<log::Founded>>> result;
  log_->identity([&](const auto& identity) { result = identity; });
  run_until(io, [&] { return result.has_value(); });
  return *result;
}

log::Result<void> LogNode::leave() {
  return wait_for([&](log::Log::OnDone done) { log_->leave(std::move(done)); });
}

log::Result<std::vector<log::Member>> LogNode::members() {
  std::optional<log::Result<std::vector<log::Member>>> result;
  log_->members([&](const auto& members) { result = members; });
  run_until(io, [&] { return result.has_value(); });
  return *result;
}

bool LogNode::has_vanished(const std::string& node) const {
  return std::any_of(vanished.begin(), vanished.end(), [&](const log::Origin& origin) { return origin.node == node; });
}

} // namespace nvrhub::tests
