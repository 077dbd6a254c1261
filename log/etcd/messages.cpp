#include "log/etcd/messages.hpp"

#include "log/etcd/protobuf.hpp"

namespace nvrhub::log::etcd {
namespace {

// Two bytes make an element of a list that takes a hundred in memory.
constexpr std::size_t max_fields = std::size_t{1} << 16;

/// Calls `take` for each field; what it returns is an error of the field's content.
template <class Take>
Result<void> each_field(std::string_view message, Take take) {
  ProtobufReader reader(message);
  for (std::size_t count = 0;; ++count) {
    Result<std::optional<ProtobufField>> field = reader.next();
    if (!field) return tl::unexpected(std::move(field.error()));
    if (!*field) return {};
    if (count == max_fields) return tl::unexpected(Error{Errc::malformed, "a Protobuf message with too many fields"});
    if (Result<void> taken = take(**field); !taken) return taken;
  }
}

/// Stores what a nested message decodes to by `set`.
template <class T, class Set>
Result<void> nested(Result<T> decoded, Set set) {
  if (!decoded) return tl::unexpected(std::move(decoded.error()));
  set(std::move(*decoded));
  return {};
}

/// The revision in a ResponseHeader.
Result<void> take_header(std::string_view message, Revision& revision) {
  return each_field(message, [&](const ProtobufField& field) -> Result<void> {
    if (field.number == 3) revision = field.value;
    return {};
  });
}

Result<KeyValue> decode_key_value(std::string_view message) {
  KeyValue kv;
  const Result<void> read = each_field(message, [&](const ProtobufField& field) -> Result<void> {
    switch (field.number) {
    case 1:
      kv.key = field.bytes;
      break;
    case 2:
      kv.create_revision = field.value;
      break;
    case 3:
      kv.mod_revision = field.value;
      break;
    case 4:
      kv.version = field.value;
      break;
    case 5:
      kv.value = field.bytes;
      break;
    case 6:
      kv.lease = field.value;
      break;
    default:
      break;
    }
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return kv;
}

Result<WatchEvent> decode_event(std::string_view message) {
  WatchEvent event;
  const Result<void> read = each_field(message, [&](const ProtobufField& field) -> Result<void> {
    if (field.number == 1) event.deleted = field.value == 1;
    if (field.number != 2) return {};
    return nested(decode_key_value(field.bytes), [&](KeyValue kv) { event.kv = kv; });
  });
  if (!read) return tl::unexpected(read.error());
  return event;
}

} // namespace

Result<RangeResponse> decode_range(std::string_view message) {
  RangeResponse response;
  const Result<void> read = each_field(message, [&](const ProtobufField& field) -> Result<void> {
    switch (field.number) {
    case 1:
      return take_header(field.bytes, response.revision);
    case 2:
      return nested(decode_key_value(field.bytes), [&](KeyValue kv) { response.kvs.push_back(kv); });
    case 3:
      response.more = field.value != 0;
      return {};
    default:
      return {};
    }
  });
  if (!read) return tl::unexpected(read.error());
  return response;
}

Result<TxnResponse> decode_txn(std::string_view message) {
  TxnResponse response;
  const auto take_operation = [&](const ProtobufField& field) -> Result<void> {
    if (field.number != 1) return {}; // a put or a deletion
    return nested(decode_range(field.bytes), [&](RangeResponse range) { response.ranges.push_back(std::move(range)); });
  };
  const Result<void> read = each_field(message, [&](const ProtobufField& field) -> Result<void> {
    switch (field.number) {
    case 1:
      return take_header(field.bytes, response.revision);
    case 2:
      response.succeeded = field.value != 0;
      return {};
    case 3:
      return each_field(field.bytes, take_operation);
    default:
      return {};
    }
  });
  if (!read) return tl::unexpected(read.error());
  return response;
}

Result<LeaseResponse> decode_lease(std::string_view message) {
  LeaseResponse response;
  const Result<void> read = each_field(message, [&](const ProtobufField& field) -> Result<void> {
    if (field.number == 2) response.id = field.value;
    if (field.number == 3) response.seconds = static_cast<std::int64_t>(field.value);
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return response;
}

Result<StatusResponse> decode_status(std::string_view message) {
  StatusResponse response;
  const Result<void> read = each_field(message, [&](const ProtobufField& field) -> Result<void> {
    switch (field.number) {
    case 1:
      return take_header(field.bytes, response.revision);
    case 2:
      response.version = field.bytes;
      return {};
    case 4:
      response.leader = field.value;
      return {};
    case 8:
      response.errors.emplace_back(field.bytes);
      return {};
    default:
      return {};
    }
  });
  if (!read) return tl::unexpected(read.error());
  return response;
}

Result<WatchResponse> decode_watch(std::string_view message) {
  WatchResponse response;
  const Result<void> read = each_field(message, [&](const ProtobufField& field) -> Result<void> {
    switch (field.number) {
    case 1:
      return take_header(field.bytes, response.revision);
    case 3:
      response.created = field.value != 0;
      return {};
    case 4:
      response.canceled = field.value != 0;
      return {};
    case 5:
      response.compact_revision = field.value;
      return {};
    case 6:
      response.cancel_reason = field.bytes;
      return {};
    case 7:
      response.fragment = field.value != 0;
      return {};
    case 11:
      return nested(decode_event(field.bytes), [&](WatchEvent event) { response.events.push_back(event); });
    default:
      return {};
    }
  });
  if (!read) return tl::unexpected(read.error());
  return response;
}

Result<std::string> decode_authenticate(std::string_view message) {
  std::string token;
  const Result<void> read = each_field(message, [&](const ProtobufField& field) -> Result<void> {
    if (field.number == 2) token = field.bytes;
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return token;
}

} // namespace nvrhub::log::etcd
