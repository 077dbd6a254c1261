#include "notify/notifier.hpp"

#include <catch2/catch.hpp>

#include <deque>

#include "notify/support/messages.hpp"

using namespace nvrhub::notify;
using namespace nvrhub::notify::testing;

namespace {

Channel webhook_named(const std::string& name) {
  Webhook webhook;
  webhook.url = Secret("https://" + name + ".example");
  Channel channel;
  channel.name = name;
  channel.settings = webhook;
  return channel;
}

/// A notifier with requests that wait for an answer of the test.
struct World {
  explicit World(std::vector<Channel> channels) {
    Notifier::Hooks hooks;
    hooks.load = [this](const std::string&, const std::string& id) -> std::optional<MessageView> {
      if (id == "gone") return std::nullopt;
      MessageView view = message_of({nvr_alert()});
      view.message.id = id;
      return view;
    };
    hooks.send = [this](Request request, Client::Callback callback) {
      sent.emplace_back(std::move(request), std::move(callback));
    };
    hooks.post = [](const std::function<void()>& function) { function(); };
    hooks.report = [this](const std::string& channel, const Outbox::Report& report) {
      reports.push_back(channel + " " + report.id + (report.delivered ? " delivered" : " dropped"));
    };
    hooks.now = [this] { return now; };
    notifier = std::make_unique<Notifier>(std::move(channels), std::move(hooks), 1);
  }
  /// Answers the oldest request.
  void answer(int status) {
    auto [request, callback] = std::move(sent.front());
    sent.pop_front();
    Outcome outcome;
    outcome.status = status;
    outcome.delivered = status == 200;
    outcome.error = outcome.delivered ? "" : "no";
    callback(outcome);
    notifier->advance(now);
  }
  void go(nvrhub::fleet::WallMillis time) {
    now += time;
    notifier->advance(now);
  }
  std::string url(std::size_t index) const { return sent.at(index).first.url.reveal(); }

  nvrhub::fleet::WallMillis now = noon;
  std::deque<std::pair<Request, Client::Callback>> sent;
  std::vector<std::string> reports;
  std::unique_ptr<Notifier> notifier;
};

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("notifier: a channel that does not answer delays no other") {
  World world({webhook_named("dead"), webhook_named("fine")});
  for (const char* id : {"a", "b"}) {
    CHECK(world.notifier->add("dead", id, noon));
    CHECK(world.notifier->add("fine", id, noon));
  }
  world.go(0);
  REQUIRE(world.sent.size() == 2);
  CHECK(world.url(0) == "https://dead.example");
  world.sent.pop_front(); // never answered
  world.answer(200);
  world.answer(200);
  CHECK(world.reports == Texts{"fine a delivered", "fine b delivered"});
  CHECK(world.sent.empty());
}

TEST_CASE("notifier: a failed message is sent again with the same id, before the next one") {
  World world({webhook_named("ops")});
  world.notifier->add("ops", "a", noon);
  world.notifier->add("ops", "b", noon);
  world.go(0);
  world.answer(500);
  CHECK(world.sent.empty());
  REQUIRE(world.notifier->next_deadline());
  world.go(1'000);
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent.front().first.headers.front() == "webhook-id: a");
  world.answer(200);
  world.answer(200);
  CHECK(world.reports == Texts{"ops a delivered", "ops b delivered"});
}

TEST_CASE("notifier: a message that is gone is dropped, and an unknown channel refused") {
  World world({webhook_named("ops")});
  world.notifier->add("ops", "gone", noon);
  world.notifier->add("ops", "b", noon);
  CHECK_FALSE(world.notifier->add("removed", "a", noon));
  world.go(0);
  world.answer(200);
  CHECK(world.reports == Texts{"ops gone dropped", "ops b delivered"});
}

TEST_CASE("notifier: Alertmanager members, one of which is enough, and the repetition each minute") {
  Alertmanager settings;
  settings.urls = {Secret("http://one"), Secret("http://two")};
  Channel channel;
  channel.name = "am";
  channel.settings = settings;
  World world({channel, webhook_named("ops")});
  world.notifier->add("am", "a", noon);
  world.go(0);
  REQUIRE(world.sent.size() == 2);
  world.answer(500);
  CHECK(world.reports.empty());
  world.answer(200);
  CHECK(world.reports == Texts{"am a delivered"});
  world.go(59'999);
  CHECK(world.sent.empty());
  world.go(1);
  REQUIRE(world.sent.size() == 2);
  CHECK(world.url(1) == "http://two/api/v2/alerts");
  world.answer(500);
  world.answer(500);
  CHECK(world.reports.size() == 1);
  world.notifier->resend("ops", nvr_alert()); // no Alertmanager: no effect
  CHECK(world.notifier->next_deadline() == noon + 120'000);
}

TEST_CASE("notifier: an answer after its end has no effect") {
  World world({webhook_named("ops")});
  world.notifier->add("ops", "a", noon);
  world.go(0);
  world.notifier.reset();
  world.sent.front().second(Outcome{});
  CHECK(world.reports.empty());
}
