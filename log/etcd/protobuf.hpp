#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log/error.hpp"

namespace nvrhub::log::etcd {

/// Writes the fields of one Protobuf message. A field with its default value is left out, as proto3 does; those inside
/// a `oneof` must be sent, which `always` does.
class ProtobufWriter {
public:
  void number(std::uint32_t field, std::uint64_t value);
  void always(std::uint32_t field, std::uint64_t value);
  void bytes(std::uint32_t field, std::string_view value);
  /// A message in a message; sent even if it is empty.
  void message(std::uint32_t field, std::string_view encoded);

  std::string take() { return std::move(out_); }

private:
  void varint(std::uint64_t value);

  std::string out_;
};

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

struct ProtobufField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0; // of a varint or a fixed number
  std::string_view bytes;  // of a length-delimited field; points into the message
};

/// Reads the fields of one message in their order. ERRORS: `malformed` for a length beyond the end, a number longer
/// than 64 bits, field 0 and the groups of proto2.
class ProtobufReader {
public:
  explicit ProtobufReader(std::string_view message) : rest_(message) {}

  /// The next field; nothing at the end.
  Result<std::optional<ProtobufField>> next();

private:
  std::optional<std::uint64_t> varint();
  std::optional<std::uint64_t> fixed(std::size_t size);

  std::string_view rest_;
};

} // namespace nvrhub::log::etcd
