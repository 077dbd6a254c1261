#include "protocol/encode/filtered_event_encoder.hpp"

#include <catch2/catch.hpp>

#include "fleet/changes.hpp"

using namespace nvrhub::protocol;
using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

/// A FilteredEventEncoder of the problems of one run, with the run's own texts.
class Telling {
public:
  explicit Telling(std::vector<Event> run) : run_(std::move(run)) {
    filter_.problems = true;
    for (const Event& event : run_)
      selection_.add(event, false, false);
  }

  /// `text`: of each event.
  std::vector<std::string> texts(std::string_view text) {
    FilteredEventEncoder encoder(selection_, [this](NvrId id) {
      ++asked;
      return nvr_text + (nvr_text.empty() ? "" : std::to_string(id));
    });
    for (const Event& event : run_)
      encoder.add(event, text);
    std::vector<std::string> found;
    seqs.clear();
    for (const EncodedEvent& encoded : encoder.events()) {
      found.emplace_back(encoded.text);
      seqs.push_back(encoded.seq);
    }
    return found;
  }

  std::string nvr_text = "NVR ";
  std::vector<Seq> seqs;
  int asked = 0;

private:
  std::vector<Event> run_;
  Filter filter_;
  Selection selection_{filter_};
};

Event dated(Event event) {
  event.at = 1'705'314'600'000;
  return event;
}

} // namespace

TEST_CASE("events that pass are unchanged, hidden ones are omitted") {
  Telling run({change(1, 1, down, partly), change(2, 2, well, well), change(3, 1, partly, down)});
  CHECK(run.texts("{}") == std::vector<std::string>{"{}", "{}"});
  CHECK(run.seqs == std::vector<Seq>{1, 3});
  CHECK(run.asked == 0);
}

TEST_CASE("an event without text at the requested detail is omitted") {
  CHECK(Telling({change(1, 1, down, partly)}).texts("").empty());
}

TEST_CASE("an NVR that enters is sent whole, whatever the text of its event") {
  for (const char* text : {"{}", ""}) {
    Telling run({change(1, 7, well, partly), dated(change(2, 7, partly, down))});
    CHECK(run.texts(text) ==
          std::vector<std::string>{R"({"seq":2,"timestamp":"2024-01-15T10:30:00.000Z","kind":"entered","nvr_id":7,)"
                                   R"("hostname":"NVR-7","nvr":NVR 7})"});
    CHECK(run.seqs == std::vector<Seq>{2});
    CHECK(run.asked == 1);
  }
}

TEST_CASE("an NVR that leaves has one `left`, whatever the text of its event") {
  for (const char* text : {"{}", ""}) {
    Telling run({change(1, 7, down, well), dated(change(2, 7, well, well))});
    CHECK(run.texts(text) ==
          std::vector<std::string>{
              R"({"seq":2,"timestamp":"2024-01-15T10:30:00.000Z","kind":"left","nvr_id":7,"hostname":"NVR-7"})"});
    CHECK(run.seqs == std::vector<Seq>{2});
    CHECK(run.asked == 0);
  }
}

TEST_CASE("an NVR that can't be read does not enter") {
  Telling run({change(1, 7, well, down)});
  run.nvr_text = "";
  CHECK(run.texts("{}").empty());
}

TEST_CASE("texts stay valid, however many are added") {
  std::vector<Event> many;
  for (NvrId id = 1; id <= 200; ++id)
    many.push_back(change(id, id, down, well));
  Telling run(std::move(many));
  const std::vector<std::string> texts = run.texts("{}");
  REQUIRE(texts.size() == 200);
  for (std::size_t i = 0; i < texts.size(); ++i)
    CHECK(texts[i].ends_with(R"("hostname":"NVR-)" + std::to_string(i + 1) + "\"}"));
}
