// An NVR actor with one session at a time: auth, reports, acks. protocol.md, "NVR socket".
#include <catch2/catch.hpp>

#include "actors/support/world.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using Catch::Matchers::Contains;
using protocol::CloseCode;
using Closes = std::vector<CloseCode>;

TEST_CASE("NVR: an auth with a report sets the NVR online and its cameras as reported") {
  World world;
  world.register_nvr("A", {"c1", "c2", "c3"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}, {"c2", "video_loss"}}), "7");
  world.run();
  CHECK(world.state("A") == "online c1=online c2=video_loss c3=offline");
  CHECK(world.new_events() == Texts{"nvr_online A 2 c1=online c2=video_loss"});
  CHECK(socket->texts == Texts{auth_ok("A", *socket, 2, 1, "7")});
  CHECK(socket->sessions_started == 1);
  CHECK(socket->closes.empty());
  CHECK(world.publisher->legacy.size() == 1);
}

TEST_CASE("NVR: an auth without a report sets every offline camera online, tagged assumed") {
  World world;
  world.register_nvr("A", {"c1", "c2"});
  SECTION("for the first time") {
    const SocketPtr socket = world.auth("A");
    world.run();
    CHECK(world.new_events() == Texts{"nvr_online A 2 c1=online/assumed c2=online/assumed"});
    CHECK(socket->texts == Texts{auth_ok("A", *socket, 2)});
  }
  SECTION("on a takeover, other statuses stay") {
    world.auth("A", report({{"c1", "video_loss"}}));
    world.run();
    world.new_events();
    const SocketPtr second = world.auth("A");
    world.run();
    CHECK(world.new_events() == Texts{"nvr_online A 1 c2=online/assumed"});
    CHECK(world.state("A") == "online c1=video_loss c2=online/assumed");
  }
}

TEST_CASE("NVR: enrolment `known` refuses an unknown hostname and ignores unknown cameras") {
  World world;
  SECTION("hostname") {
    const SocketPtr socket = world.auth("B", report({{"c1", "online"}}), "\"x\"");
    world.run();
    REQUIRE(socket->texts.size() == 1);
    CHECK_THAT(socket->texts[0], Contains(R"("code":"unknown_hostname")") && Contains("B") && Contains(R"("id":"x")"));
    CHECK(socket->closes == Closes{CloseCode::unknown_hostname});
    CHECK(socket->sessions_started == 0);
    CHECK(socket->waits == Texts{"B"});
    CHECK(world.events().empty());
    CHECK(world.nvr_actors() == 0);
  }
  SECTION("camera") {
    world.register_nvr("A", {"c1"});
    const SocketPtr socket = world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
    world.run();
    CHECK(world.state("A") == "online c1=online");
    CHECK(world.shared->counters.sum(&nvrhub::metrics::ActorCounters::unknown_cameras) == 1);
    CHECK(socket->texts == Texts{auth_ok("A", *socket, 1)});
  }
}

TEST_CASE("NVR: the refusal of an unknown hostname names a registered one that looks the same") {
  World world;
  const auto refusal = [&world](const std::string& hostname) {
    const SocketPtr socket = world.auth(hostname);
    world.run();
    REQUIRE(socket->texts.size() == 1);
    CHECK(socket->closes == Closes{CloseCode::unknown_hostname});
    return socket->texts[0];
  };
  world.register_nvr("Kasse-1");
  CHECK_THAT(refusal("kasse-1"), Contains(R"(a registered NVR is named \"Kasse-1\": hostnames are case-sensitive)"));
  CHECK_THAT(refusal("kasse-2"), !Contains("a registered NVR"));

  world.operate("Kasse-1", Rename{"Kasse-2"});
  world.run();
  CHECK_THAT(refusal("kasse-2"), Contains("Kasse-2"));
  CHECK_THAT(refusal("kasse-1"), !Contains("a registered NVR"));
  world.ingest("Kasse-1");
  world.run();
  world.operate("Kasse-2", Rename{"Kasse-1"}); // taken
  world.run();
  CHECK_THAT(refusal("kasse-2"), Contains("Kasse-2"));

  world.operate("Kasse-2", RemoveNvr{});
  world.run();
  CHECK_THAT(refusal("kasse-2"), !Contains("a registered NVR"));
}

TEST_CASE("NVR: last_seen of a new NVR does not go back with the clock while its first commit is under way") {
  Setup setup;
  setup.settings.enroll_auto = true;
  World world(setup);
  const fleet::WallMillis began = world.machine().wall;
  world.faults().failing_commits = 1;
  const SocketPtr socket = world.auth("B", report({{"c1", "online"}}));
  world.run();
  world.machine().wall = began - 3'600'000;
  world.heartbeat(*socket, report({{"c1", "offline"}}));
  world.run();
  world.pass(250ms);
  CHECK(world.shared->presence.last_seen(1) == began);
  CHECK(world.nvr("B")->last_seen == began);
}

TEST_CASE("NVR: enrolment `auto` creates the NVR and its cameras on first report") {
  Setup setup;
  setup.settings.enroll_auto = true;
  setup.settings.max_cameras = 2;
  World world(setup);
  const SocketPtr socket = world.auth("B", report({{"c1", "online", "10.0.0.1"}, {"c2", "online"}, {"c3", "online"}}));
  world.run();
  CHECK(world.new_events() == Texts{"registered B", "nvr_online B 2 c1=online c2=online"});
  CHECK(world.nvr("B")->find("c1")->ip_address == "10.0.0.1");
  REQUIRE(socket->texts.size() == 1);
  CHECK_THAT(socket->texts[0], Contains(R"("nvr_id":1)") && Contains(R"("skipped":[{"index":2,"name":"c3")"));
  CHECK(world.shared->presence.last_seen(1) == world.machine().wall); // although its nvr_id was assigned by the commit
}

TEST_CASE("NVR: a camera enrolled later is registered before its status event") {
  Setup setup;
  setup.settings.enroll_auto = true;
  World world(setup);
  const SocketPtr socket = world.auth("B");
  world.run();
  world.new_events();
  world.heartbeat(*socket, report({{"c1", "online"}}));
  world.run();
  CHECK(world.new_events() == Texts{"registered B", "cameras B 1 c1=online"});
  CHECK(world.is_clean());
}

TEST_CASE("NVR: a heartbeat changes the cameras of its report, and last_seen") {
  World world;
  world.register_nvr("A", {"c1", "c2"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  world.run();
  world.new_events();
  world.pass(1s);
  world.heartbeat(*socket, report({{"c2", "offline"}}));
  world.run();
  CHECK(world.new_events() == Texts{"cameras A 1 c2=offline"});
  CHECK(world.shared->presence.last_seen(1) == world.machine().wall);
  CHECK(socket->reports_done == 1);
  CHECK(socket->texts.size() == 1); // no id, no ack

  world.pass(1s);
  world.heartbeat(*socket);
  world.run();
  CHECK(world.new_events().empty());
  CHECK(world.shared->presence.last_seen(1) == world.machine().wall);
  CHECK(socket->reports_done == 2);
}

TEST_CASE("NVR: a report is repeatable until something other than a report changes the NVR") {
  World world;
  world.register_nvr("A", {"c1"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}}));
  world.run();
  const auto expect_repeatable = [&] {
    world.heartbeat(*socket, report({{"c1", "online"}}));
    world.run();
    CHECK(socket->repeatable_id == 1);
  };
  expect_repeatable();
  const std::vector<Operation::Change> changes{SetCameraStatus{"c1", fleet::Status::offline()}, SetNvrStatus{false},
                                               RemoveCamera{"c1"}, Rename{"B"}};
  std::string hostname = "A";
  for (const Operation::Change& change : changes) {
    world.operate(hostname, change);
    world.run();
    CHECK(socket->repeatable_id == 0);
    world.ingest(hostname = std::holds_alternative<Rename>(change) ? "B" : "A", {"c1"});
    world.run();
    expect_repeatable();
  }
  world.heartbeat(*socket, report({{"c1", "online"}, {"stranger", "online"}}));
  world.run();
  CHECK(socket->repeatable_id == 0); // unknown cameras are counted in every report
}

TEST_CASE("NVR: a repeat is acked when the report that it repeats is durable") {
  World world;
  world.register_nvr("A", {"c1"});
  const SocketPtr socket = world.auth("A");
  world.run();
  world.heartbeat(*socket, report({{"c1", "offline"}}));
  world.run_but_store();
  caf::anon_send(socket->session->nvr, Report{socket->number, nullptr, "9", true});
  world.run_but_store();
  CHECK(socket->texts.size() == 1);
  world.run();
  CHECK(socket->texts.back() == ack("9", 3, 0));
}

TEST_CASE("NVR: a repeat that arrives after a manual change is decoded by its session and then reconciled") {
  World world;
  world.register_nvr("A", {"c1"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}}));
  world.heartbeat(*socket, report({{"c1", "online"}}));
  world.run();
  world.operate("A", SetCameraStatus{"c1", fleet::Status::offline()});
  world.step(); // the registry hands it on
  const int done = socket->reports_done;
  caf::anon_send(socket->session->nvr, Report{socket->number, nullptr, "9", true});
  world.run();
  CHECK(socket->repeats_to_decode == 1);
  CHECK(socket->reports_done == done); // the session still waits
  CHECK(world.state("A") == "online c1=offline/manual");
  world.heartbeat(*socket, report({{"c1", "online"}}), "9");
  world.run();
  CHECK(socket->repeats_to_decode == 1);
  CHECK(socket->reports_done == done + 1);
  CHECK(socket->texts.back().starts_with(R"({"type":"ack","id":9,)"));
  CHECK(world.state("A") == "online c1=online");
  CHECK(socket->repeatable_id == 1);
}

TEST_CASE("NVR: an unchanged report writes nothing and is acked with the head") {
  World world;
  world.register_nvr("A", {"c1"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}}));
  world.run();
  world.faults().commits = 0;
  world.heartbeat(*socket, report({{"c1", "online"}}), "5");
  world.run();
  CHECK(world.faults().commits == 0);
  CHECK(socket->texts.back() == ack("5", 2, 0));
}

TEST_CASE("NVR: an ack contains the head that includes its report") {
  World world;
  world.register_nvr("A", {"c1"});
  world.register_nvr("B", {"c1"});
  const SocketPtr a = world.auth("A", report({{"c1", "online"}}));
  const SocketPtr b = world.auth("B", report({{"c1", "online"}}));
  world.run();
  world.heartbeat(*a, report({{"c1", "offline"}}), "1");
  world.run_but_store();
  world.heartbeat(*b, report({{"c1", "offline"}}), "2");
  world.run_but_store();
  CHECK(a->texts.size() == 1);
  world.run(); // one commit for both
  CHECK(a->texts.back() == ack("1", 6, 1));
  CHECK(b->texts.back() == ack("2", 6, 1));
}

TEST_CASE("NVR: invalid camera entries are listed in the replies") {
  World world;
  world.register_nvr("A", {"c1"});
  const auto flawed = [] {
    auto made = report({{"c1", "online"}});
    made->skipped.push_back({4, "c9", "status: too long"});
    return made;
  };
  const SocketPtr socket = world.auth("A", flawed());
  world.run();
  world.heartbeat(*socket, flawed(), "1");
  world.run();
  REQUIRE(socket->texts.size() == 2);
  for (const std::string& text : socket->texts) {
    CHECK_THAT(text, Contains(R"("skipped":[{"index":4,"name":"c9","reason":"status: too long"}])"));
  }
}

TEST_CASE("NVR: when its socket closes, the NVR goes offline with the cause of the close") {
  World world;
  world.register_nvr("A", {"c1", "c2"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}}));
  world.run();
  world.new_events();
  const auto [cause, text] = GENERATE(table<fleet::Cause, std::string>({{fleet::Cause::closed, "closed"},
                                                                        {fleet::Cause::timeout, "timeout"},
                                                                        {fleet::Cause::error, "error"},
                                                                        {fleet::Cause::kicked, "kicked"}}));
  world.close(*socket, cause);
  world.run();
  CHECK(world.new_events() == Texts{"nvr_offline A 1 " + text});
  CHECK(world.state("A") == "offline c1=offline/nvr_unreachable c2=offline");
  CHECK(world.nvr_actors() == 0);

  world.heartbeat(*socket, report({{"c1", "online"}}), "1"); // was on its way when the socket closed
  world.run();
  CHECK(world.state("A") == "offline c1=offline/nvr_unreachable c2=offline");
}

TEST_CASE("NVR: after a reconnect a camera that is missing from the report reads offline") {
  World world;
  world.register_nvr("A", {"c1", "c2"});
  const SocketPtr first = world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  world.run();
  world.close(*first);
  world.run();
  world.new_events();
  world.auth("A", report({{"c2", "online"}}));
  world.run();
  CHECK(world.new_events() == Texts{"nvr_online A 1 c2=online"});
  CHECK(world.state("A") == "online c1=offline/nvr_unreachable c2=online");
  CHECK(world.is_clean());
}

TEST_CASE("NVR: a new address is stored without counting as a status change") {
  World world;
  world.register_nvr("A", {"c1"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online", "10.0.0.1"}}));
  world.run();
  CHECK(world.new_events() == Texts{"registered A", "nvr_online A 1 c1=online"});
  world.heartbeat(*socket, report({{"c1", "online", "10.0.0.2"}}), "1");
  world.run();
  CHECK(world.new_events() == Texts{"registered A"});
  CHECK(socket->texts.back() == ack("1", 4, 0));
  CHECK(world.nvr("A")->find("c1")->ip_address == "10.0.0.2");
}
