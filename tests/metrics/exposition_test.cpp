#include "metrics/exposition.hpp"

#include <thread>

#include <catch2/catch.hpp>

#include "metrics/net_counters.hpp"
#include "metrics/process_stats.hpp"

using namespace nvrhub;
using namespace nvrhub::metrics;

TEST_CASE("exposition: families in order, with help, type and labels") {
  Exposition out;
  out.counter("a_total", "One.", 7);
  out.gauges("b", "Two.", {{{{"kind", "x"}}, 1}, {{{"kind", "quote \" back \\ line \n"}}, 2}});
  out.gauge("c", "Three.", 0.5);
  CHECK(out.text() == "# HELP a_total One.\n# TYPE a_total counter\na_total 7\n"
                      "# HELP b Two.\n# TYPE b gauge\nb{kind=\"x\"} 1\n"
                      "b{kind=\"quote \\\" back \\\\ line \\n\"} 2\n"
                      "# HELP c Three.\n# TYPE c gauge\nc 0.5\n");
}

namespace {

constexpr std::array<std::uint64_t, 2> bounds{1'000, 5'000};
struct Counters {
  Histogram<bounds> us;
};

} // namespace

TEST_CASE("exposition: a histogram merges the observations of all threads, in base units") {
  PerThread<Counters> all;
  Exposition none;
  none.histograms("h_seconds", "Time.");
  none.histogram(all, &Counters::us, 1e6);
  CHECK(none.text() == "# HELP h_seconds Time.\n# TYPE h_seconds histogram\nh_seconds_count 0\nh_seconds_sum 0\n"
                       "h_seconds_bucket{le=\"0.001\"} 0\nh_seconds_bucket{le=\"0.005\"} 0\n"
                       "h_seconds_bucket{le=\"+Inf\"} 0\n");

  for (const std::uint64_t us : {500, 1'000, 2'000})
    all.local().us.observe(us);
  std::thread([&all] { all.local().us.observe(9'000); }).join();
  Exposition out;
  out.histograms("h_seconds", "Time.");
  out.histogram(all, &Counters::us, 1e6, {{"route", "/"}});
  CHECK(out.text() == "# HELP h_seconds Time.\n# TYPE h_seconds histogram\nh_seconds_count{route=\"/\"} 4\n"
                      "h_seconds_sum{route=\"/\"} 0.0125\nh_seconds_bucket{route=\"/\",le=\"0.001\"} 2\n"
                      "h_seconds_bucket{route=\"/\",le=\"0.005\"} 3\nh_seconds_bucket{route=\"/\",le=\"+Inf\"} 4\n");
}

TEST_CASE("exposition: answers are counted by status, all other statuses together") {
  RouteCounters route;
  route.count(200, 10);
  route.count(404, 10);
  route.count(418, 10);
  route.count(599, 10);
  CHECK(route.answers[index_in(http_statuses, 200)].value() == 1);
  CHECK(route.answers[index_in(http_statuses, 404)].value() == 1);
  CHECK(route.answers.back().value() == 2);
  CHECK(route.us.bucket(0).value() == 4);
}

TEST_CASE("exposition: process statistics have plausible values") {
  const ProcessStats before = process_stats();
  CHECK(before.resident_bytes > 0);
  CHECK(before.virtual_bytes >= before.resident_bytes);
  CHECK(before.open_descriptors >= 3);
  CHECK(before.max_descriptors >= before.open_descriptors);
  CHECK(before.threads >= 1);
  std::size_t threads = 0;
  std::thread([&] { threads = process_stats().threads; }).join();
  CHECK(threads == before.threads + 1);
  CHECK(process_stats().start_seconds == before.start_seconds);
}
