#include "alerts/grouping.hpp"
#include "alerts/support/harness.hpp"

using namespace alerts_test;

namespace {

const std::vector<std::string> channels{"mail", "pager"};

Transition announced(AlertId id, fleet::WallMillis at, const std::string& site = "North", ChannelMask mask = 1,
                     Change change = Change::fired, Severity severity = Severity::critical) {
  Transition transition;
  transition.change = change;
  transition.at = start + at;
  transition.alert.id = id;
  transition.site = site;
  transition.severity = severity;
  transition.announce = mask;
  return transition;
}

std::vector<AlertId> ids(const Message& message) {
  std::vector<AlertId> all;
  for (const Message::Item& item : message.items)
    all.push_back(item.alert);
  return all;
}

} // namespace

TEST_CASE("transitions of one channel, site and severity within 10 seconds are one message") {
  Grouping grouping;
  grouping.add(announced(1, 0), channels);
  grouping.add(announced(2, 9'999), channels);
  grouping.add(announced(3, 10'000), channels);
  CHECK(grouping.next_deadline() == start + 20'000);
  grouping.advance(start + hour);
  const auto messages = grouping.take_messages();
  REQUIRE(messages.size() == 2);
  CHECK(ids(messages[0]) == std::vector<AlertId>{1, 2});
  CHECK(messages[0].at == start + 10'000);
  CHECK(messages[0].kind == MessageKind::firing);
  CHECK(ids(messages[1]) == std::vector<AlertId>{3});
  CHECK_FALSE(grouping.next_deadline().has_value());
}

TEST_CASE("other channels, sites and severities are other messages") {
  Grouping grouping;
  grouping.add(announced(1, 0, "North", 3), channels);
  grouping.add(announced(2, 0, "South"), channels);
  grouping.add(announced(3, 0, "North", 1, Change::fired, Severity::info), channels);
  grouping.add(announced(4, 0, "North", 0), channels); // not announced
  grouping.advance(start + hour);
  const auto messages = grouping.take_messages();
  REQUIRE(messages.size() == 4);
  CHECK((messages[0].channel == "mail" && ids(messages[0]) == std::vector<AlertId>{1}));
  CHECK((messages[1].channel == "mail" && messages[1].severity == Severity::info));
  CHECK((messages[2].channel == "mail" && messages[2].site == "South"));
  CHECK((messages[3].channel == "pager" && ids(messages[3]) == std::vector<AlertId>{1}));
  CHECK(messages[0].id != messages[3].id);
}

TEST_CASE("the kind of a message follows from its items") {
  const std::vector<std::pair<std::vector<Change>, MessageKind>> rows{
      {{Change::fired, Change::announced}, MessageKind::firing},
      {{Change::resolved, Change::resolved}, MessageKind::resolved},
      {{Change::reminded}, MessageKind::reminder},
      {{Change::fired, Change::resolved}, MessageKind::mixed}};
  for (const auto& [changes, kind] : rows) {
    Grouping grouping;
    for (const Change change : changes)
      grouping.add(announced(1, 0, "North", 1, change), channels);
    grouping.advance(start + minute);
    CHECK(grouping.take_messages().at(0).kind == kind);
  }
}

TEST_CASE("the same transitions give the same message ids, whenever the clock is read") {
  std::vector<std::vector<Message>> runs(2);
  for (std::size_t run = 0; run < 2; ++run) {
    Grouping grouping;
    for (fleet::WallMillis i = 0; i < 50; ++i) {
      grouping.add(announced(static_cast<AlertId>(i + 1), i * 3'000, i % 2 == 0 ? "North" : "South"), channels);
      if (run == 1) grouping.advance(start + i * 3'000 + 2'500);
    }
    grouping.advance(start + hour);
    runs[run] = grouping.take_messages();
  }
  CHECK(runs[0].size() > 20);
  CHECK(runs[0] == runs[1]);
}

TEST_CASE("a copy continues as its original") {
  Grouping grouping;
  grouping.add(announced(1, 0), channels);
  Grouping copy = grouping;
  for (Grouping* each : {&grouping, &copy}) {
    each->add(announced(2, 5'000), channels);
    each->advance(start + minute);
  }
  CHECK(grouping.take_messages() == copy.take_messages());
}

TEST_CASE("what exceeds the rate of a channel is merged into one digest") {
  Grouping grouping({10'000, 3});
  for (AlertId id = 1; id <= 10; ++id)
    grouping.add(announced(id, static_cast<fleet::WallMillis>(id) * minute, "North", 1, Change::fired,
                           id == 9 ? Severity::critical : Severity::warning),
                 channels);
  grouping.add(announced(9, 11 * minute, "North", 1, Change::resolved), channels);
  grouping.add(announced(1, 11 * minute, "North", 2), channels); // another channel has a rate of its own
  grouping.advance(start + hour);
  auto messages = grouping.take_messages();
  REQUIRE(messages.size() == 4);
  CHECK(messages[3].channel == "pager");

  CHECK(grouping.next_deadline() == start + hour + minute + 10'000); // an hour after the first
  grouping.add(announced(20, hour + minute), channels);
  grouping.advance(start + 2 * hour);
  messages = grouping.take_messages();
  REQUIRE(messages.size() == 2);
  const Message& digest = messages[0];
  CHECK(digest.kind == MessageKind::digest);
  CHECK(digest.severity == Severity::critical);
  CHECK(digest.at == start + hour + minute + 10'000);
  CHECK(ids(digest) == std::vector<AlertId>{4, 5, 6, 7, 8, 9, 10});
  CHECK(digest.items[5].change == Change::resolved); // the last of each
}

TEST_CASE("no hour has more messages of a channel than its rate") {
  Grouping grouping({10'000, 5});
  std::vector<Message> messages;
  std::size_t items = 0;
  for (fleet::WallMillis i = 0; i < 2'000; ++i)
    grouping.add(announced(static_cast<AlertId>(i + 1), i * 11'000), channels);
  grouping.advance(start + 24 * hour);
  messages = grouping.take_messages();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    items += messages[i].items.size();
    if (i >= 5) CHECK(messages[i].at - messages[i - 5].at >= hour);
  }
  CHECK(items == 2'000);
}
