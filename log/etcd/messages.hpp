#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/error.hpp"

/// The messages of etcd's v3 API that the adapter uses, with the fields that it uses. Names and numbers are those of
/// etcd's rpc.proto and kv.proto. Views in responses point into the decoded bytes.
namespace nvrhub::log::etcd {

using Revision = std::uint64_t;
using LeaseId = std::uint64_t;

// ---- requests ----

struct RangeRequest {
  std::string key;
  std::string range_end; // empty: only `key`
  std::uint64_t limit = 0;
  Revision max_mod_revision = 0;
  bool keys_only = false;
};

struct PutRequest {
  std::string key;
  std::string_view value;
  LeaseId lease = 0;
};

struct Compare {
  enum class Target : std::uint8_t { version = 0, create_revision = 1, mod_revision = 2 };
  std::string key;
  Target target = Target::version;
  std::uint64_t equals = 0;
  std::string range_end{}; // not empty: holds if it does for each key from `key` to it, or for an absent one if none is
};

/// If all comparisons hold `put` and `erase` happen, else the ranges are answered.
struct TxnRequest {
  std::vector<Compare> compare;
  std::vector<PutRequest> put;
  std::vector<std::string> erase;
  std::vector<RangeRequest> otherwise;
};

/// A request for one key, without its value.
RangeRequest one_key(std::string key);
/// The keys that begin with `prefix`, without their values: at most `limit`.
RangeRequest keys_under(std::string prefix, std::uint64_t limit);

std::string encode(const RangeRequest& request);
std::string encode(const TxnRequest& request);
std::string encode_compaction(Revision revision);
std::string encode_lease_grant(LeaseId id, std::uint64_t seconds);
std::string encode_lease_id(LeaseId id); // LeaseKeepAliveRequest, LeaseRevokeRequest
std::string encode_watch_create(std::string_view key, std::string_view range_end, Revision start);
std::string encode_watch_progress();
std::string encode_authenticate(std::string_view user, std::string_view password);

// ---- responses ----

struct KeyValue {
  std::string_view key;
  Revision create_revision = 0;
  Revision mod_revision = 0;
  std::uint64_t version = 0;
  std::string_view value;
  LeaseId lease = 0;
};

struct RangeResponse {
  Revision revision = 0; // of the header; 0 in the answer of a transaction's operation
  std::vector<KeyValue> kvs;
  bool more = false;
};

struct TxnResponse {
  Revision revision = 0;
  bool succeeded = false;
  std::vector<RangeResponse> ranges; // of the operations that are ranges, in their order
};

struct LeaseResponse { // of LeaseGrant and LeaseKeepAlive
  LeaseId id = 0;
  std::int64_t seconds = 0; // at most 0: the lease has ended
};

struct StatusResponse {
  Revision revision = 0;
  std::string version;
  std::uint64_t leader = 0; // 0: none
  std::vector<std::string> errors;
};

struct WatchEvent {
  bool deleted = false;
  KeyValue kv;
};

struct WatchResponse {
  Revision revision = 0;
  bool created = false;
  bool canceled = false;
  bool fragment = false; // more events of the same revision follow
  Revision compact_revision = 0;
  std::string_view cancel_reason;
  std::vector<WatchEvent> events;
};

Result<RangeResponse> decode_range(std::string_view message);
Result<TxnResponse> decode_txn(std::string_view message);
Result<LeaseResponse> decode_lease(std::string_view message);
Result<StatusResponse> decode_status(std::string_view message);
Result<WatchResponse> decode_watch(std::string_view message);
/// The token in an AuthenticateResponse.
Result<std::string> decode_authenticate(std::string_view message);

/// The end of the range of all keys that begin with `prefix`: the prefix with its last byte raised.
std::string prefix_end(std::string prefix);

} // namespace nvrhub::log::etcd
