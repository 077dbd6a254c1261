#include "log/etcd/messages.hpp"
#include "log/etcd/protobuf.hpp"

namespace nvrhub::log::etcd {
namespace {

std::string encode_put(const PutRequest& request) {
  ProtobufWriter out;
  out.bytes(1, request.key);
  out.bytes(2, request.value);
  out.number(3, request.lease);
  return out.take();
}

std::string encode_erase(std::string_view key) {
  ProtobufWriter out;
  out.bytes(1, key);
  return out.take();
}

std::string encode_compare(const Compare& compare) {
  ProtobufWriter out;
  out.number(2, static_cast<std::uint64_t>(compare.target)); // field 1, the result, is EQUAL: 0
  out.bytes(3, compare.key);
  // A oneof: version is field 4, create_revision 5, mod_revision 6.
  out.always(4 + static_cast<std::uint32_t>(compare.target), compare.equals);
  out.bytes(64, compare.range_end);
  return out.take();
}

/// A RequestOp: range is field 1 of its oneof, put 2, delete_range 3.
std::string encode_operation(std::uint32_t field, std::string_view request) {
  ProtobufWriter out;
  out.message(field, request);
  return out.take();
}

} // namespace

RangeRequest one_key(std::string key) {
  RangeRequest request;
  request.key = std::move(key);
  request.keys_only = true;
  return request;
}

RangeRequest keys_under(std::string prefix, std::uint64_t limit) {
  RangeRequest request;
  request.range_end = prefix_end(prefix);
  request.key = std::move(prefix);
  request.limit = limit;
  request.keys_only = true;
  return request;
}

std::string encode(const RangeRequest& request) {
  ProtobufWriter out;
  out.bytes(1, request.key);
  out.bytes(2, request.range_end);
  out.number(3, request.limit);
  out.number(8, request.keys_only ? 1 : 0);
  out.number(11, request.max_mod_revision);
  return out.take();
}

std::string encode(const TxnRequest& request) {
  ProtobufWriter out;
  for (const Compare& compare : request.compare)
    out.message(1, encode_compare(compare));
  for (const PutRequest& put : request.put)
    out.message(2, encode_operation(2, encode_put(put)));
  for (const std::string& key : request.erase)
    out.message(2, encode_operation(3, encode_erase(key)));
  for (const RangeRequest& range : request.otherwise)
    out.message(3, encode_operation(1, encode(range)));
  return out.take();
}

std::string encode_compaction(Revision revision) {
  ProtobufWriter out;
  out.number(1, revision);
  return out.take();
}

std::string encode_lease_grant(LeaseId id, std::uint64_t seconds) {
  ProtobufWriter out;
  out.number(1, seconds);
  out.number(2, id);
  return out.take();
}

std::string encode_lease_id(LeaseId id) {
  ProtobufWriter out;
  out.number(1, id);
  return out.take();
}

std::string encode_watch_create(std::string_view key, std::string_view range_end, Revision start) {
  ProtobufWriter create;
  create.bytes(1, key);
  create.bytes(2, range_end);
  create.number(3, start);
  create.number(8, 1); // fragment: no response is larger than what one request may be
  ProtobufWriter out;
  out.message(1, create.take());
  return out.take();
}

std::string encode_watch_progress() {
  ProtobufWriter out;
  out.message(3, {});
  return out.take();
}

std::string encode_authenticate(std::string_view user, std::string_view password) {
  ProtobufWriter out;
  out.bytes(1, user);
  out.bytes(2, password);
  return out.take();
}

std::string prefix_end(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff')
    prefix.pop_back();
  if (prefix.empty()) return std::string(1, '\0'); // etcd: to the last key
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

} // namespace nvrhub::log::etcd
