#include <catch2/catch.hpp>

#include "log/etcd/endpoint.hpp"
#include "log/etcd/health_poller.hpp"
#include "log/etcd/keys.hpp"
#include "log/etcd/version.hpp"

using namespace nvrhub::log;
using namespace nvrhub::log::etcd;

TEST_CASE("a cluster is named by its members and a prefix", "[log][etcd]") {
  const auto cluster = parse_cluster("http://e1:2379,http://[::1]:2380,http://10.0.0.3:1/site/fleet");
  REQUIRE(cluster);
  CHECK(cluster->prefix == "site/fleet");
  REQUIRE(cluster->endpoints.size() == 3);
  CHECK(cluster->endpoints[0].host == "e1");
  CHECK(cluster->endpoints[0].port == 2379);
  CHECK(cluster->endpoints[1].host == "::1");
  CHECK(cluster->endpoints[1].to_string() == "[::1]:2380");
  CHECK(!cluster->is_tls);
  CHECK(parse_cluster("https://e1:2379,https://e2:2379/fleet")->is_tls);
}

TEST_CASE("a wrong name of a cluster is refused with what is expected", "[log][etcd]") {
  for (const char* text : {"", "e1:2379/fleet", "http://e1:2379", "http://e1:2379/", "http://e1/fleet",
                           "http://e1:0/fleet", "http://e1:65536/fleet", "http://e1:2379,/fleet", "ftp://e1:2379/fleet",
                           "http://:2379/fleet", "http://e1:2379/fleet/", "http://user@e1:2379/fleet",
                           "http://e1:1,https://e2:1/fleet", "http://e1:23x/fleet"}) {
    INFO(text);
    const auto cluster = parse_cluster(text);
    REQUIRE(!cluster);
    CHECK(cluster.error().code == Errc::invalid);
  }
  std::string many = "http://e:1";
  for (int i = 0; i < 16; ++i)
    many += ",http://e:1";
  CHECK(!parse_cluster(many + "/fleet"));
}

TEST_CASE("keys name the origin that they belong to", "[log][etcd]") {
  const Keys keys("fleet");
  const Origin origin{"node-1.example", 0x123456789abcdef0};
  CHECK(keys.log_of(origin) == "fleet/log/node-1.example/123456789abcdef0");
  const auto log = keys.parse(keys.log_of(origin));
  REQUIRE(log);
  CHECK(log->kind == Keys::Kind::log);
  CHECK(log->origin == origin);
  const auto node = keys.parse(keys.node_of(origin));
  REQUIRE(node);
  CHECK(node->kind == Keys::Kind::node);
  for (const char* key :
       {"", "fleet/trimmed", "fleet/log/", "fleet/log/a", "fleet/log/a/1", "fleet/log//123456789abcdef0",
        "fleet/log/a/123456789abcdefg", "fleet/log/a b/123456789abcdef0", "other/log/a/123456789abcdef0",
        "fleet/log/a/123456789abcdef0/x"}) {
    INFO(key);
    CHECK(!keys.parse(key));
  }
}

TEST_CASE("an alarm of etcd says what to do", "[log][etcd]") {
  CHECK_THAT(describe_alarm("memberID:1 alarm:NOSPACE "), Catch::Contains("etcdctl alarm disarm"));
  CHECK_THAT(describe_alarm("memberID:1 alarm:CORRUPT "), Catch::Contains("differ"));
  CHECK(describe_alarm("something new") == "something new");
}

TEST_CASE("versions of etcd that lose data are refused, others warned about", "[log]") {
  for (const char* version : {"3.3.27", "2.3.8", "3.5.0", "3.5.2"})
    CHECK_THAT(judge_version(version).refusal, Catch::Contains(version));
  for (const char* version : {"3.4.0", "3.4.23", "3.5.3", "3.5.5"}) {
    CHECK(judge_version(version).refusal.empty());
    CHECK_THAT(judge_version(version).warning, Catch::Contains(version));
  }
  for (const char* version : {"3.5.6", "3.5.21", "3.6.0-rc.1", "3.6.4", "4.0.0", "", "3", "3.x.1", "not a version"}) {
    CHECK(judge_version(version).refusal.empty());
    CHECK(judge_version(version).warning.empty());
  }
}
