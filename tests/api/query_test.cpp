#include "api/query/list_response.hpp"

#include <future>
#include <thread>

#include <catch2/catch.hpp>

#include "api/support/fake_connections.hpp"
#include "store/memory_backend.hpp"

using namespace nvrhub;
using namespace nvrhub::api;

namespace {

Target target(std::string_view text) {
  return parse_target(text).value();
}

/// The field that the error names.
template <class F>
std::string refused(F read) {
  try {
    read();
  } catch (const HttpError& error) {
    CHECK(error.response.status == 400);
    const std::string& body = error.response.body;
    const std::size_t at = body.find(R"("field":")");
    REQUIRE(at != std::string::npos);
    return body.substr(at + 9, body.find('"', at + 9) - at - 9);
  }
  return "";
}

ListResponse response(const Request& request) {
  return ListResponse(request, protocol::Csv("a"));
}

void add(ListResponse& to, const std::string& text) {
  to.add([&] { return text; }, [&](protocol::Csv& table) { table.text(text).end_row(); });
}

Response answer(ListResponse& of, const std::optional<std::string>& next) {
  return of.answer("things", next,
                   [](const std::vector<std::string>& texts, const std::optional<std::string>& its_next) {
                     return std::to_string(texts.size()) + " " + its_next.value_or("none");
                   });
}

} // namespace

TEST_CASE("query: CSV is sent to clients that accept it and prefer nothing else") {
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

TEST_CASE("query: a time may have an offset whose + was decoded to a space") {
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

TEST_CASE("query: a page holds as many items as requested") {
  Request request{"GET", target("/?limit=2"), ""};
  ListResponse some = response(request);
  add(some, "one");
  CHECK_FALSE(some.is_full());
  add(some, "two");
  CHECK(some.is_full());
  CHECK(answer(some, "7.2").body == "2 7.2");
  request.target = target("/?limit=1001");
  CHECK(refused([&] { response(request); }) == "limit");
}

TEST_CASE("query: a page is full at 8 MiB, whatever the limit") {
  for (const char* accept : {"application/json", "text/csv"}) {
    CAPTURE(accept);
    Request request{"GET", target("/?limit=1000"), ""};
    request.accept = accept;
    ListResponse some = response(request);
    int added = 0;
    for (; !some.is_full(); ++added)
      add(some, std::string(1 << 20, 'x'));
    CHECK(added == 8);
  }
}

TEST_CASE("query: CSV is a file download with the next page in a Link header") {
  Request request{"GET", target("/api/v1/events?since=5&q=a%26b&cursor=1.1"), ""};
  request.accept = "text/csv";
  ListResponse some = response(request);
  add(some, "=1");
  const Response page = answer(some, "9.2");
  CHECK(page.body == "a\r\n'=1\r\n");
  CHECK(page.content_type == "text/csv; charset=utf-8; header=present");
  CHECK(page.disposition == "attachment; filename=\"things.csv\"");
  CHECK(page.link == "<?cursor=9.2&q=a%26b&since=5>; rel=\"next\"");
  ListResponse last = response(request);
  CHECK(answer(last, std::nullopt).link.empty());
}

// ---- on a reader thread ----

namespace {

struct Reading {
  Reading() {
    store::Write write;
    fleet::Event event;
    event.kind = fleet::Kind::admin;
    write.events.resize(20, event);
    std::vector<store::Result<fleet::NvrId>> outcomes;
    REQUIRE(context.store->commit({&write, 1}, outcomes));
  }

  int status_of(Query query) {
    std::promise<int> status;
    on_reader(
        context, {"GET", target("/"), ""}, [&](Response answer) { status.set_value(answer.status); }, query);
    return status.get_future().get();
  }

  api::test::FakeConnections connections;
  Context context{{},
                  {},
                  std::make_shared<actors::Shared>(),
                  std::move(*store::Store::open(store::make_memory_backend())),
                  connections};
};

/// Reads every event, which takes several slices.
Response slow_query(Context& context, const Request&) {
  int met = 0;
  each_event(context, {0, 20, std::nullopt}, [&](fleet::Event&& event, const SnapshotSlice&) {
    CHECK(event.seq == static_cast<fleet::Seq>(++met));
    if (met % 5 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(25));
    return true;
  });
  return {met == 20 ? 200 : 500, ""};
}

Response drained_query(Context& context, const Request&) {
  int met = 0;
  each_event(context, {0, 20, std::nullopt, true}, [&](fleet::Event&&, const SnapshotSlice&) {
    context.draining = true;
    CHECK(++met == 1); // the next one would need another slice
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
    return true;
  });
  return {200, ""};
}

Response lost_query(Context& context, const Request&) {
  REQUIRE(context.store->prune(1, 10));
  const SnapshotSlice slice(context);
  value_or_throw(slice.history().nvr_at(1, 5));
  return {200, ""};
}

} // namespace

TEST_CASE("query: a long query uses several slices and misses nothing between them") {
  Reading reading;
  CHECK(reading.status_of(slow_query) == 200);
  CHECK(reading.context.queries == 0);
}

TEST_CASE("query: a stopping server does not wait for queries") {
  Reading reading;
  CHECK(reading.status_of(drained_query) == 503);
  CHECK(reading.status_of(slow_query) == 503); // is not started
}

TEST_CASE("query: history that was pruned is reported as such") {
  Reading reading;
  CHECK(reading.status_of(lost_query) == 404);
}

TEST_CASE("query: the number of waiting queries is limited") {
  Reading reading;
  reading.context.queries = 256;
  CHECK(reading.status_of(slow_query) == 503);
  CHECK(reading.context.queries == 256);
}
