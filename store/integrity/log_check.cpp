#include "store/integrity/log_check.hpp"

#include <algorithm>
#include <set>

#include "store/commit/origins.hpp"

namespace nvrhub::store {

namespace {

void check_links(ReadTxn& txn, const LogRecord& log, CheckCollector& collector) {
  std::uint64_t links = 0;
  ChainLink last;
  collector.each<ChainRecord>(txn, Table::chain, [&](std::string_view key, const ChainRecord& record) {
    const auto position = seq_of_key(key);
    collector.require(position && *position != 0, [&] { return describe(Table::chain, key) + " has no position"; });
    last = {position.value_or(0), record.hash};
    ++links;
  });
  collector.require(links == std::min(log.entries, max_links), [&] {
    return "table chain has " + std::to_string(links) + " links of " + std::to_string(log.entries) + " entries";
  });
  collector.require(last == log.last, [] { return "table chain does not end with the last entry that was applied"; });
}

void check_origins(ReadTxn& txn, const LogRecord& log, CheckCollector& collector) {
  std::set<OriginNumber> numbers;
  std::set<OriginNumber> live;
  collector.each<OriginState>(txn, Table::origins, [&](std::string_view key, const OriginState& state) {
    collector.require(origin_of_key(key).has_value(),
                      [&] { return describe(Table::origins, key) + " is no name of an origin"; });
    collector.require(state.number != 0 && state.number < log.next_origin && numbers.insert(state.number).second, [&] {
      return describe(Table::origins, key) + " has the number " + std::to_string(state.number) +
             ", which is not allocated or that of another origin";
    });
    collector.require(std::max(state.joined_position, state.lost_position) <= log.last.position, [&] {
      return describe(Table::origins, key) + " has a position after the last entry that was applied";
    });
    if (state.joined && !state.lost) live.insert(state.number);
  });
  collector.each<PartRecord>(txn, Table::parts, [&](std::string_view key, const PartRecord&) {
    collector.require(key.size() == 2 * id_bytes && live.contains(static_cast<OriginNumber>(number_at(key, id_bytes))),
                      [&] { return describe(Table::parts, key) + " belongs to no origin that has joined"; });
  });
}

void check_cluster(ReadTxn& txn, CheckCollector& collector) {
  const auto cluster = collector.ok(load<ClusterRecord>(txn, Table::meta, meta::cluster));
  collector.require(!cluster || !*cluster || is_cluster_id((*cluster)->id),
                    [] { return "the identity of the cluster is not 16 hex digits"; });
}

} // namespace

OriginNumber check_replicated_log(ReadTxn& txn, CheckCollector& collector) {
  const LogRecord log = collector.ok(load_log(txn)).value_or(LogRecord{});
  check_cluster(txn, collector);
  check_links(txn, log, collector);
  check_origins(txn, log, collector);
  return log.next_origin;
}

} // namespace nvrhub::store
