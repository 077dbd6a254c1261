#include "log/etcd/protobuf.hpp"

namespace nvrhub::log::etcd {
namespace {

constexpr std::uint64_t max_field_number = (std::uint64_t{1} << 29) - 1;

std::uint64_t tag_of(std::uint32_t field, WireType type) {
  return std::uint64_t{field} << 3 | static_cast<std::uint64_t>(type);
}

tl::unexpected<Error> malformed_field(const char* what) {
  return tl::unexpected(Error{Errc::malformed, std::string("malformed Protobuf message: ") + what});
}

} // namespace

void ProtobufWriter::varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>((value & 0x7f) | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void ProtobufWriter::number(std::uint32_t field, std::uint64_t value) {
  if (value != 0) always(field, value);
}

void ProtobufWriter::always(std::uint32_t field, std::uint64_t value) {
  varint(tag_of(field, WireType::varint));
  varint(value);
}

void ProtobufWriter::bytes(std::uint32_t field, std::string_view value) {
  if (!value.empty()) message(field, value);
}

void ProtobufWriter::message(std::uint32_t field, std::string_view encoded) {
  varint(tag_of(field, WireType::length_delimited));
  varint(encoded.size());
  out_.append(encoded);
}

std::optional<std::uint64_t> ProtobufReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) return std::nullopt;
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ProtobufReader::fixed(std::size_t size) {
  if (rest_.size() < size) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= std::uint64_t{static_cast<std::uint8_t>(rest_[i])} << (8 * i);
  rest_.remove_prefix(size);
  return value;
}

Result<std::optional<ProtobufField>> ProtobufReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::optional<std::uint64_t> tag = varint();
  if (!tag || *tag >> 3 == 0 || *tag >> 3 > max_field_number) return malformed_field("bad tag");
  ProtobufField field;
  field.number = static_cast<std::uint32_t>(*tag >> 3);
  field.type = static_cast<WireType>(*tag & 7);
  std::optional<std::uint64_t> value;
  switch (field.type) {
  case WireType::varint:
  case WireType::length_delimited:
    value = varint();
    break;
  case WireType::fixed64:
    value = fixed(8);
    break;
  case WireType::fixed32:
    value = fixed(4);
    break;
  default:
    return malformed_field("unknown wire type");
  }
  if (!value) return malformed_field("bad number");
  field.value = *value;
  if (field.type != WireType::length_delimited) return field;
  if (*value > rest_.size()) return malformed_field("a length beyond its end");
  field.bytes = rest_.substr(0, static_cast<std::size_t>(*value));
  rest_.remove_prefix(field.bytes.size());
  return field;
}

} // namespace nvrhub::log::etcd
