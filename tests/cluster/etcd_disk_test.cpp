#include <catch2/catch.hpp>

#include "cluster/etcd_disk.hpp"

using namespace std::chrono_literals;
using nvrhub::cluster::sync_time_in;

namespace {

std::string bucket(const std::string& end, const std::string& count) {
  return "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"" + end + "\"} " + count + "\n";
}

} // namespace

TEST_CASE("the time in which etcd syncs 99 of 100 writes is the end of a bucket") {
  const std::string head = "# HELP of something else\nother_bucket{le=\"0.001\"} 7\n";
  const std::string tail =
      bucket("8.192", "100") + bucket("+Inf", "100") + "etcd_disk_wal_fsync_duration_seconds_sum 1\n";
  CHECK(sync_time_in(head + bucket("0.001", "10") + bucket("0.002", "98") + bucket("0.004", "99") + tail).value() ==
        4ms);
  CHECK(sync_time_in(head + bucket("0.001", "100") + tail).value() == 1ms);
  CHECK(sync_time_in(head + bucket("0.001", "1.2e+06") + bucket("+Inf", "1.2e+06")).value() == 1ms);
}

TEST_CASE("metrics of an etcd whose syncs are slower than all buckets have no such time; without syncs it is short") {
  CHECK(sync_time_in(bucket("0.001", "5") + bucket("8.192", "50") + bucket("+Inf", "100")).value() == std::nullopt);
  CHECK(sync_time_in(bucket("0.001", "0") + bucket("+Inf", "0")).value() == 1ms);
}

TEST_CASE("what are no metrics of etcd is an error") {
  for (const std::string& text : {std::string(), std::string("404 page not found"), bucket("+Inf", "1"),
                                  bucket("x", "1") + bucket("+Inf", "1"), bucket("0.001", "x") + bucket("+Inf", "1"),
                                  std::string("etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\n")}) {
    CAPTURE(text);
    CHECK(!sync_time_in(text));
  }
}
