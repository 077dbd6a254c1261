#include "simulate/measure/latency.hpp"

#include <chrono>

#include <catch2/catch.hpp>

using nvrhub::simulate::Latency;
using namespace std::chrono_literals;

namespace {

Latency from_to(int first_ms, int last_ms) {
  Latency latency;
  for (int ms = first_ms; ms <= last_ms; ++ms)
    latency.record(std::chrono::milliseconds(ms));
  return latency;
}

} // namespace

TEST_CASE("an empty histogram has percentiles of 0") {
  const Latency latency;
  CHECK(latency.count() == 0);
  CHECK(latency.percentile(0.5) == 0);
  CHECK(latency.max() == 0);
}

TEST_CASE("percentiles are accurate to one bin, the maximum is exact") {
  const Latency latency = from_to(1, 1000);
  CHECK(latency.count() == 1000);
  CHECK(latency.percentile(0.5) == Approx(0.500).epsilon(0.02));
  CHECK(latency.percentile(0.9) == Approx(0.900).epsilon(0.02));
  CHECK(latency.percentile(0.99) == Approx(0.990).epsilon(0.02));
  CHECK(latency.percentile(0.999) == Approx(0.999).epsilon(0.02));
  CHECK(latency.percentile(1) == 1.0);
  CHECK(latency.max() == 1.0);
}

TEST_CASE("one slow answer among a thousand shows in p99.9 and not in p99") {
  Latency latency;
  for (int i = 0; i < 998; ++i)
    latency.record(200us);
  latency.record(5s);
  latency.record(5s);
  CHECK(latency.percentile(0.99) == Approx(200e-6).epsilon(0.02));
  CHECK(latency.percentile(0.999) == Approx(5).epsilon(0.02));
}

TEST_CASE("values outside the axis count at its ends") {
  Latency latency;
  latency.record(10ns);
  latency.record(-5ms); // a negative difference of clocks
  latency.record(500s);
  CHECK(latency.count() == 3);
  CHECK(latency.percentile(0.5) == Approx(1e-6));
  CHECK(latency.percentile(1) == 500);
}

TEST_CASE("histograms add up, and since() returns the newer part") {
  Latency all = from_to(1, 100);
  const Latency earlier = all;
  all += from_to(901, 1000);
  CHECK(all.count() == 200);
  CHECK(all.percentile(0.5) == Approx(0.1).epsilon(0.02));
  const Latency recent = all.since(earlier);
  CHECK(recent.count() == 100);
  CHECK(recent.percentile(0.01) == Approx(0.901).epsilon(0.02));
  CHECK(earlier.count() == 100);
}
