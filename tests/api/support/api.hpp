#pragma once

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "actors/support/world.hpp"
#include "api/router.hpp"
#include "api/support/fake_connections.hpp"

namespace nvrhub::api::test {

inline access::GrantPtr grant_of(access::Role role, std::optional<std::vector<std::string>> sites = std::nullopt) {
  return std::make_shared<const access::Grant>(access::Grant{role, "0123abcd", false, std::nullopt, std::move(sites)});
}

/// An API whose fleet is one NVR with two cameras.
class Api {
public:
  explicit Api(Options options = {})
      : context(options, About{"1.2.3", "/nowhere/data.mdb"}, world_.shared, world_.machine().data, connections) {
    context.registry = world_.registry;
    REQUIRE(context.store->record_liveness({.now = world_.machine().wall, .seen = {}})); // as a starting server does
    REQUIRE(call("PUT", "/api/v1/nvrs/NVR-1", R"({"site":"North","cameras":[{"name":"A"},{"name":"B/1 é"}]})").status ==
            201);
  }

  /// `grant`: null for a caller without a valid token.
  Response call_as(const access::GrantPtr& grant, const std::string& method, const std::string& target,
                   const std::string& body = "", const std::string& accept = "") {
    Request request{method, parse_target(target).value(), body};
    request.grant = grant;
    request.accept = accept;
    std::promise<Response> promise;
    auto future = promise.get_future();
    handle(context, io_.get_executor(), std::move(request),
           [&promise](Response response) { promise.set_value(std::move(response)); });
    while (future.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
      world_.run();
      io_.restart();
      io_.poll();
    }
    return future.get();
  }
  Response call(const std::string& method, const std::string& target, const std::string& body = "",
                const std::string& accept = "") {
    return call_as(grant_of(access::Role::admin), method, target, body, accept);
  }

  /// As an older version stored it, whose names were checked less.
  void plant(const std::string& hostname, const std::vector<std::string>& cameras) {
    world_.register_nvr(hostname, cameras);
  }

private:
  actors::test::World world_;
  boost::asio::io_context io_;

public:
  api::test::FakeConnections connections;
  Context context;
};

} // namespace nvrhub::api::test
