#include "net/items.hpp"

#include <future>
#include <thread>

#include <catch2/catch.hpp>

#include "store/memory_backend.hpp"

using namespace nvrhub;
using namespace nvrhub::net;

namespace {

Target target(std::string_view text) {
  return parse_target(text).value();
}

/// The field that a refusal names.
template <class F>
std::string refused(F read) {
  try {
    read();
  } catch (const Stop& stop) {
    CHECK(stop.response.status == 400);
    const std::string& body = stop.response.body;
    const std::size_t at = body.find(R"("field":")");
    REQUIRE(at != std::string::npos);
    return body.substr(at + 9, body.find('"', at + 9) - at - 9);
  }
  return "";
}

Items items(const ApiRequest& request) {
  return Items(request, protocol::Csv("a"));
}

void add(Items& to, const std::string& text) {
  to.add([&] { return text; }, [&](protocol::Csv& table) { table.text(text).end_row(); });
}

ApiResponse answer(Items& of, const std::optional<std::string>& next) {
  return of.answer("things", next,
                   [](const std::vector<std::string>& texts, const std::optional<std::string>& its_next) {
                     return std::to_string(texts.size()) + " " + its_next.value_or("none");
                   });
}

} // namespace

TEST_CASE("query: CSV is for those who ask for it and prefer nothing else") {
  for (const char* accept :
       {"text/csv", "TEXT/CSV", " text/csv ; q=0.5", "text/html, text/csv;q=0.9, */*;q=0.1",
        "application/json;q=0.2,text/csv;q=0.3", "text/csv;header=present;q=1", "text/csv, application/json"}) {
    CAPTURE(accept);
    CHECK(wants_csv(accept));
  }
  for (const char* accept :
       {"", "*/*", "text/*", "application/json", "application/json, text/csv;q=0.5", "text/csv;q=0", "text/csvx",
        "x-text/csv", ";,;q=;,", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}) {
    CAPTURE(accept);
    CHECK_FALSE(wants_csv(accept));
  }
}

TEST_CASE("query: times take an offset, whose + a query means as a space") {
  CHECK(time_param(target("/?from=2024-01-15T10:30:00Z"), "from") == 1'705'314'600'000);
  CHECK(time_param(target("/?from=2024-01-15T11:30:00%2B01:00"), "from") == 1'705'314'600'000);
  CHECK(time_param(target("/?from=2024-01-15T11:30:00+01:00"), "from") == 1'705'314'600'000);
  CHECK_FALSE(time_param(target("/"), "from").has_value());
  for (const char* bad :
       {"/?from=", "/?from=now", "/?from=1705314600", "/?from=2024-01-15", "/?from=2024-02-30T00:00:00Z"}) {
    CAPTURE(bad);
    CHECK(refused([&] { time_param(target(bad), "from"); }) == "from");
  }
}

TEST_CASE("query: a range begins before it ends") {
  const fleet::Span open{10, 20};
  CHECK(range_params(target("/"), open) == open);
  CHECK(range_params(target("/?from=1970-01-01T00:00:00.015Z"), open) == fleet::Span{15, 20});
  CHECK(range_params(target("/?to=1970-01-01T00:00:00.011Z"), open) == fleet::Span{10, 11});
  CHECK(refused([&] { range_params(target("/?from=1970-01-01T00:00:00.020Z"), open); }) == "from");
  CHECK(refused([&] { range_params(target("/?to=1970-01-01T00:00:00.010Z"), open); }) == "to");
}

TEST_CASE("query: a cursor is a token and a number") {
  CHECK_FALSE(cursor_param(target("/")).has_value());
  const auto cursor = cursor_param(target("/?cursor=17.4"));
  CHECK((cursor->token == "17" && cursor->number == 4 && number_of(*cursor) == 17 && cursor->text() == "17.4"));
  for (const char* bad : {"/?cursor=", "/?cursor=17", "/?cursor=17.", "/?cursor=17.x", "/?cursor=.", "/?cursor=1.-1"}) {
    CAPTURE(bad);
    CHECK(refused([&] { cursor_param(target(bad)); }) == "cursor");
  }
  CHECK(refused([&] { number_of({"x", 1}); }) == "cursor");
}

TEST_CASE("query: details") {
  CHECK(detail_param(target("/")) == protocol::Detail::camera);
  CHECK(detail_param(target("/?detail=counts")) == protocol::Detail::counts);
  CHECK(refused([] { detail_param(target("/?detail=summary")); }) == "detail");
}

TEST_CASE("query: an answer holds as many items as were asked for") {
  ApiRequest request{"GET", target("/?limit=2"), ""};
  Items some = items(request);
  add(some, "one");
  CHECK_FALSE(some.is_full());
  add(some, "two");
  CHECK(some.is_full());
  CHECK(answer(some, "7.2").body == "2 7.2");
  request.target = target("/?limit=1001");
  CHECK(refused([&] { items(request); }) == "limit");
}

TEST_CASE("query: an answer is full at some megabytes, whatever the limit") {
  for (const char* accept : {"application/json", "text/csv"}) {
    CAPTURE(accept);
    ApiRequest request{"GET", target("/?limit=1000"), ""};
    request.accept = accept;
    Items some = items(request);
    int added = 0;
    for (; !some.is_full(); ++added)
      add(some, std::string(1 << 20, 'x'));
    CHECK(added == 8);
  }
}

TEST_CASE("query: CSV is a file, and says in a header where the next page is") {
  ApiRequest request{"GET", target("/api/v1/events?since=5&q=a%26b&cursor=1.1"), ""};
  request.accept = "text/csv";
  Items some = items(request);
  add(some, "=1");
  const ApiResponse page = answer(some, "9.2");
  CHECK(page.body == "a\r\n'=1\r\n");
  CHECK(page.content_type == "text/csv; charset=utf-8; header=present");
  CHECK(page.disposition == "attachment; filename=\"things.csv\"");
  CHECK(page.link == "<?cursor=9.2&q=a%26b&since=5>; rel=\"next\"");
  Items last = items(request);
  CHECK(answer(last, std::nullopt).link.empty());
}

// ---- on a reader thread ----

namespace {

struct Reading {
  Reading() {
    services.store = std::move(*store::Store::open(store::make_memory_backend()));
    store::Write write;
    fleet::Event event;
    event.kind = fleet::Kind::admin;
    write.events.resize(20, event);
    std::vector<store::Result<fleet::NvrId>> outcomes;
    REQUIRE(services.store->commit({&write, 1}, outcomes));
  }

  int status_of(Query query) {
    std::promise<int> status;
    on_reader(
        services, {"GET", target("/"), ""}, [&](ApiResponse answer) { status.set_value(answer.status); }, query);
    return status.get_future().get();
  }

  IoPool pool{1};
  Services services{pool};
};

/// Looks at every event, which takes several turns.
ApiResponse slow_query(Services& services, const ApiRequest&) {
  int met = 0;
  each_event(services, {0, 20, std::nullopt}, [&](fleet::Event&& event, const Turn&) {
    CHECK(event.seq == static_cast<fleet::Seq>(++met));
    if (met % 5 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(25));
    return true;
  });
  return {met == 20 ? 200 : 500, ""};
}

ApiResponse drained_query(Services& services, const ApiRequest&) {
  int met = 0;
  each_event(services, {0, 20, std::nullopt, true}, [&](fleet::Event&&, const Turn&) {
    services.draining = true;
    CHECK(++met == 1); // the next one would need another turn
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
    return true;
  });
  return {200, ""};
}

ApiResponse lost_query(Services& services, const ApiRequest&) {
  REQUIRE(services.store->prune(1, 10));
  const Turn turn(services);
  or_stop(turn.history().nvr_at(1, 5));
  return {200, ""};
}

} // namespace

TEST_CASE("query: a long one takes turns, and misses nothing between them") {
  Reading reading;
  CHECK(reading.status_of(slow_query) == 200);
  CHECK(reading.services.queries == 0);
}

TEST_CASE("query: a server that stops waits for none") {
  Reading reading;
  CHECK(reading.status_of(drained_query) == 503);
  CHECK(reading.status_of(slow_query) == 503); // does not even begin
}

TEST_CASE("query: history that went away is said to have gone") {
  Reading reading;
  CHECK(reading.status_of(lost_query) == 404);
}

TEST_CASE("query: only so many wait") {
  Reading reading;
  reading.services.queries = 256;
  CHECK(reading.status_of(slow_query) == 503);
  CHECK(reading.services.queries == 256);
}
