// Changes over HTTP, as the NVR actor applies them. protocol.md, "HTTP".
#include <catch2/catch.hpp>

#include "actors/support/describe.hpp"
#include "actors/support/world.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using protocol::CloseCode;
using Closes = std::vector<CloseCode>;

namespace {

const OperationDone& done(const Replies& replies) {
  REQUIRE(replies.size() == 1);
  REQUIRE(replies[0].has_value());
  return *replies[0];
}

OperationError refusal(const Replies& replies) {
  REQUIRE(replies.size() == 1);
  REQUIRE_FALSE(replies[0].has_value());
  return replies[0].error();
}

} // namespace

TEST_CASE("operations: ingestion registers, then updates, and never changes a status") {
  World world;
  const auto created = world.ingest("A", {"c1"});
  world.run();
  CHECK(done(*created).created);
  CHECK(done(*created).nvr.id == 1);
  CHECK(done(*created).nvr.device_name == "A");
  CHECK(done(*created).seq == 1);

  world.auth("A", report({{"c1", "online"}}));
  world.run();
  world.new_events();
  Ingest change;
  change.registration.site = "North";
  change.registration.cameras = {{"c1", "10.0.0.1"}, {"c2", std::nullopt}};
  const auto updated = world.operate("A", change);
  world.run();
  CHECK_FALSE(done(*updated).created);
  CHECK(describe(done(*updated).nvr) == "online c1=online c2=offline");
  CHECK(world.new_events() == Texts{"registered A"});
  CHECK(world.state("A") == "online c1=online c2=offline");
  CHECK(world.nvr("A")->site == "North");

  const auto again = world.operate("A", change);
  world.run();
  CHECK(done(*again).seq == 3);
  CHECK(world.new_events().empty());
}

TEST_CASE("operations: a change with more cameras than allowed is refused as a whole") {
  Setup setup;
  setup.settings.max_cameras = 2;
  World world(setup);
  world.register_nvr("A", {"c1"});
  const auto reply = world.ingest("A", {"c2", "c3"});
  world.run();
  CHECK(refusal(*reply) == OperationError::too_many_cameras);
  CHECK(world.state("A") == "offline c1=offline");
  const auto fits = world.ingest("A", {"c1", "c2"});
  world.run();
  CHECK(done(*fits).nvr.cameras.size() == 2);
}

TEST_CASE("operations: unknown NVRs and cameras are refused") {
  World world;
  world.register_nvr("A", {"c1"});
  const auto expect = [&](const char* hostname, const Operation::Change& change, OperationError error) {
    const auto reply = world.operate(hostname, change);
    world.run();
    CHECK(refusal(*reply) == error);
  };
  expect("B", Rename{"C"}, OperationError::not_found);
  expect("B", RemoveNvr{}, OperationError::not_found);
  expect("B", RemoveCamera{"c1"}, OperationError::not_found);
  expect("B", SetNvrStatus{true}, OperationError::not_found);
  expect("B", SetCameraStatus{"c1", fleet::Status::offline()}, OperationError::not_found);
  expect("A", RemoveCamera{"c2"}, OperationError::camera_not_found);
  expect("A", SetCameraStatus{"c2", fleet::Status::offline()}, OperationError::camera_not_found);
  CHECK(world.new_events().empty());
  CHECK(world.nvr_actors() == 0);
}

TEST_CASE("operations: a rename keeps nvr_id, cameras and session") {
  World world;
  world.register_nvr("A", {"c1"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}}));
  world.run();
  world.new_events();
  const auto reply = world.operate("A", Rename{"B"});
  world.run();
  CHECK(done(*reply).nvr.id == 1);
  CHECK(done(*reply).nvr.hostname == "B");
  CHECK(done(*reply).nvr.device_name == "B"); // it was the default
  CHECK(world.state("A") == "none");
  CHECK(world.state("B") == "online c1=online");
  CHECK(socket->closes.empty());
  world.heartbeat(*socket, report({{"c1", "offline"}}));
  world.run();
  CHECK(world.new_events() == Texts{"registered B", "cameras B 1 c1=offline"});

  const SocketPtr old_name = world.auth("A");
  const SocketPtr new_name = world.auth("B");
  world.run();
  CHECK(old_name->closes == Closes{CloseCode::unknown_hostname});
  CHECK(new_name->sessions_started == 1);
  CHECK(socket->closes == Closes{CloseCode::replaced});
  CHECK(world.nvr_actors() == 1);
}

TEST_CASE("operations: removing an NVR closes its session and frees the hostname") {
  World world;
  world.register_nvr("A", {"c1"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}}));
  world.run();
  world.new_events();
  const auto reply = world.operate("A", RemoveNvr{});
  const auto next = world.ingest("A", {"c2"}); // waits for the removal
  world.run();
  CHECK(done(*reply).nvr.id == 1);
  CHECK(socket->closes == Closes{CloseCode::unknown_hostname});
  CHECK(world.new_events() == Texts{"removed A 1", "registered A"});
  CHECK(done(*next).nvr.id == 2); // never reused
  CHECK(world.state("A") == "offline c2=offline");

  world.close(*socket);
  world.run();
  CHECK(world.new_events().empty());
  CHECK(world.nvr_actors() == 0);
}

TEST_CASE("operations: a removed camera is counted, and its later reports are ignored") {
  World world;
  world.register_nvr("A", {"c1", "c2"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  world.run();
  world.new_events();
  const auto reply = world.operate("A", RemoveCamera{"c1"});
  world.run();
  CHECK(describe(done(*reply).nvr) == "online c2=online");
  world.heartbeat(*socket, report({{"c1", "offline"}, {"c2", "offline"}}));
  world.run();
  CHECK(world.new_events() == Texts{"registered A 1", "cameras A 1 c2=offline"});
  CHECK(world.is_clean());
}

TEST_CASE("operations: a write that the store refuses leaves the NVR usable") {
  World world;
  world.register_nvr("A", {"c1", "c2"});
  world.register_nvr("B");
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  world.run();
  world.new_events();
  const auto rename = world.operate("A", Rename{"B"});
  world.run_but_store();
  world.heartbeat(*socket, report({{"c1", "offline"}}), "1"); // waits for the refused write, and is refused with it
  world.run();
  CHECK(refusal(*rename) == OperationError::hostname_taken);
  CHECK_THAT(socket->texts.back(), Catch::Matchers::Contains(R"("code":"rate_limited")"));
  CHECK(socket->closes.empty());
  CHECK(world.new_events().empty());

  world.heartbeat(*socket, report({{"c1", "offline"}}), "2");
  world.run();
  CHECK(world.new_events() == Texts{"cameras A 1 c1=offline"});
  CHECK(socket->texts.back() == ack("2", 4, 1));
  const auto works = world.operate("A", Rename{"C"});
  world.run();
  CHECK(done(*works).nvr.hostname == "C");
  CHECK(world.state("B") == "offline");
  CHECK(world.is_clean());
}

TEST_CASE("operations: a caller that is limited to sites changes only NVRs of these") {
  World world;
  const auto only = [](std::vector<std::string> sites) {
    return std::make_shared<const access::Grant>(
        access::Grant{access::Role::operator_, "0123abcd", false, std::nullopt, std::move(sites)});
  };
  const auto north = only({"North"});
  const auto placed = [](std::optional<std::string> site) {
    Ingest change;
    change.registration.site = std::move(site);
    return change;
  };
  world.register_nvr("N", {"c"});
  world.register_nvr("S", {"c"});
  world.operate("N", placed("North"));
  world.operate("S", placed("South"));
  world.run();
  world.new_events();
  const auto refused = [&](const char* hostname, const Operation::Change& change, const access::GrantPtr& grant) {
    const auto reply = world.operate(hostname, change, grant);
    world.run();
    return refusal(*reply);
  };
  const fleet::Status online = *fleet::Status::parse("online");
  for (const char* hostname : {"S", "unknown"}) { // an NVR of another site is answered as an unknown one
    CAPTURE(hostname);
    CHECK(refused(hostname, RemoveNvr{}, north) == OperationError::not_found);
    CHECK(refused(hostname, RemoveCamera{"c"}, north) == OperationError::not_found);
    CHECK(refused(hostname, Rename{"T"}, north) == OperationError::not_found);
    CHECK(refused(hostname, SetNvrStatus{true}, north) == OperationError::not_found);
    CHECK(refused(hostname, SetCameraStatus{"c", online}, north) == OperationError::not_found);
    CHECK(refused(hostname, placed(std::nullopt), north) == OperationError::other_site);
    CHECK(refused(hostname, placed(""), north) == OperationError::other_site);
    CHECK(refused(hostname, placed("South"), north) == OperationError::other_site);
  }
  CHECK(refused("S", placed("North"), north) == OperationError::hostname_taken);
  CHECK(refused("N", placed("South"), north) == OperationError::other_site);
  CHECK(refused("N", placed(""), north) == OperationError::other_site);
  CHECK(refused("N", Rename{"S"}, north) == OperationError::hostname_taken);
  CHECK(world.new_events().empty());

  const auto done_by = [&](const char* hostname, const Operation::Change& change, const access::GrantPtr& grant) {
    const auto reply = world.operate(hostname, change, grant);
    world.run();
    return done(*reply);
  };
  CHECK(done_by("new", placed("North"), north).created);
  CHECK_FALSE(done_by("N", placed(std::nullopt), north).created);
  CHECK(done_by("N", placed("South"), only({"North", "South"})).nvr.site == "South");
  CHECK(refused("N", placed("North"), north) == OperationError::hostname_taken); // gone to another site
  CHECK(done_by("free", placed(std::nullopt), only({""})).created);              // its site is the empty one
  CHECK(done_by("new", Rename{"newer"}, north).nvr.hostname == "newer");
  CHECK(done_by("newer", RemoveNvr{}, north).seq != 0);
}
