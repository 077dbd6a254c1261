#include "alerts/grouping.hpp"
#include "alerts/support/harness.hpp"

using namespace alerts_test;

namespace {

constexpr std::size_t sites = 40;
constexpr std::size_t nvrs = 9'500;

std::string site_of(std::size_t i) {
  return "site-" + std::to_string(i % sites);
}

/// 9,500 NVRs of 40 sites with 32 cameras each; the cameras are never asked for.
struct Storm {
  Engine engine;
  Grouping grouping;
  fleet::Seq seq = 0;
  std::vector<Message> messages;
  std::size_t logged = 0;
  std::size_t asked = 0;

  Storm() {
    engine.restore({{0, start, 0, start}, {}}, {default_rules(), {"mail"}}, {}, [](const auto& visit) {
      for (std::size_t i = 0; i < nvrs; ++i) {
        fleet::Nvr nvr;
        nvr.id = static_cast<fleet::NvrId>(i + 1);
        nvr.hostname = "nvr-" + std::to_string(i);
        nvr.site = site_of(i);
        nvr.online = true;
        visit(nvr);
      }
    });
  }

  void apply(fleet::Kind kind, std::size_t i, fleet::WallMillis at) {
    fleet::Event event;
    event.seq = ++seq;
    event.at = start + at;
    event.kind = kind;
    event.nvr_id = static_cast<fleet::NvrId>(i + 1);
    event.after = {true, kind == fleet::Kind::nvr_online, kind == fleet::Kind::nvr_online ? 32U : 0U, 0, 0};
    engine.apply(event, [&]() -> std::optional<fleet::Nvr> {
      ++asked;
      return std::nullopt;
    });
    collect();
  }
  void at(fleet::WallMillis time) {
    engine.advance(start + time);
    collect();
    grouping.advance(start + time);
    for (Message& message : grouping.take_messages())
      messages.push_back(std::move(message));
  }
  void collect() {
    for (const Transition& transition : engine.take_transitions()) {
      if (is_logged(transition.change)) ++logged;
      if (transition.announce != 0) grouping.add(transition, engine.channels());
    }
    for (Message& message : grouping.take_messages())
      messages.push_back(std::move(message));
  }
};

} // namespace

TEST_CASE("9,500 NVRs of 40 sites that fall within a second make at most 40 messages") {
  Storm storm;
  for (std::size_t i = 0; i < nvrs; ++i)
    storm.apply(fleet::Kind::nvr_offline, i, static_cast<fleet::WallMillis>(i * 1'000 / nvrs));
  storm.at(hour);
  CHECK(storm.messages.size() == sites);
  CHECK(storm.logged == sites + nvrs);
  CHECK(storm.engine.alerts() == sites + nvrs);
  CHECK(storm.asked == 0);
  for (const Message& message : storm.messages)
    CHECK(message.items.size() == 1);

  // A bit more than half return: the sites are no longer down, and the rest is announced once.
  storm.messages.clear();
  std::size_t returned = 0;
  for (std::size_t i = 0; i < nvrs; ++i) {
    if (i / sites % 2 == 1 && i < nvrs - sites) continue;
    ++returned;
    storm.apply(fleet::Kind::nvr_online, i, hour);
  }
  storm.at(3 * hour);
  CHECK(storm.messages.size() == sites);
  std::size_t announced = 0;
  std::size_t resolved = 0;
  for (const Message& message : storm.messages) {
    CHECK(message.kind == MessageKind::mixed);
    for (const Message::Item& item : message.items)
      ++(item.change == Change::resolved ? resolved : announced);
  }
  CHECK(resolved == sites); // the NVRs that returned were never announced
  CHECK(announced == nvrs - returned);
}
