#include "store/entry/replicated.hpp"
#include "store/records/tables.hpp"
#include "store/support/directories.hpp"

using namespace nvrhub::test;

namespace {

const ClusterId one = "0123456789abcdef";
const ClusterId two = "fedcba9876543210";

std::optional<ClusterId> cluster_of(const Store& store) {
  return good(good(store.snapshot()).cluster());
}

/// The epoch and the cluster of a directory that a node opens, or a single server.
std::pair<Epoch, std::optional<ClusterId>> opened(const fs::path& path, bool by_node) {
  DirectoryOptions options;
  options.keep_epoch_of_cluster = by_node;
  const auto directory = good(Directory::open(path, options));
  return {good(good(directory->store().snapshot()).epoch()), cluster_of(directory->store())};
}

} // namespace

TEST_CASE("cluster: data become those of one cluster, once") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  CHECK(cluster_of(*store) == std::nullopt);
  CHECK(store->set_cluster("0123456789ABCDEF").error().code == Errc::malformed);
  CHECK(store->set_cluster("").error().code == Errc::malformed);
  good(store->set_cluster(one));
  good(store->set_cluster(one));
  const Error taken = store->set_cluster(two).error();
  CHECK(taken.code == Errc::taken);
  CHECK_THAT(taken.message, Catch::Contains(one));
  CHECK(cluster_of(*store) == one);
  require_clean(*store);
}

TEST_CASE("cluster: the identity is replicated, and check reads it") {
  auto backend = make_memory_backend();
  Backend& tables = *backend;
  const auto store = good(Store::open(std::move(backend)));
  const auto other = good(Store::open(make_memory_backend()));
  good(store->set_cluster(one));
  CHECK(good(first_difference(good(store->snapshot()).txn(), good(other->snapshot()).txn())).has_value());
  good(other->set_cluster(one));
  CHECK(good(first_difference(good(store->snapshot()).txn(), good(other->snapshot()).txn())) == std::nullopt);
  {
    const auto txn = good(tables.begin_write());
    good(save(*txn, Table::meta, meta::cluster, ClusterRecord{"no identity"}));
    good(txn->commit());
  }
  const CheckReport report = check(good(store->snapshot()));
  REQUIRE(report.problems.size() == 1);
  CHECK_THAT(report.problems[0], Catch::Contains("cluster"));
}

TEST_CASE("cluster: a copy that a node opens keeps epoch and cluster, another one leaves both") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const auto single = opened(path, true); // of no cluster yet
  CHECK(single.second == std::nullopt);
  fs::copy(path, scratch / "before", fs::copy_options::recursive);
  CHECK(opened(scratch / "before", true).first != single.first);
  good(good(Directory::open(path))->store().set_cluster(one));
  CHECK(opened(path, false) == std::pair(single.first, std::optional(one))); // no copy
  fs::copy(path, scratch / "copy", fs::copy_options::recursive);
  fs::copy(path, scratch / "other", fs::copy_options::recursive);
  CHECK(opened(scratch / "copy", true) == std::pair(single.first, std::optional(one)));
  const auto [epoch, cluster] = opened(scratch / "other", false);
  CHECK(epoch != single.first);
  CHECK(cluster == std::nullopt);
}
