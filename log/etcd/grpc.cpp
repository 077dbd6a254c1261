#include "log/etcd/grpc.hpp"

#include <charconv>

namespace nvrhub::log::etcd {
namespace {

constexpr std::size_t message_prefix = 5;

std::size_t message_length(std::string_view prefix) {
  std::size_t length = 0;
  for (std::size_t i = 1; i < message_prefix; ++i)
    length = length << 8 | static_cast<std::uint8_t>(prefix[i]);
  return length;
}

} // namespace

bool is_transient(StatusCode code) {
  switch (code) {
  case StatusCode::cancelled:
  case StatusCode::unknown:
  case StatusCode::deadline_exceeded:
  case StatusCode::resource_exhausted: // the quota, or too many requests
  case StatusCode::aborted:
  case StatusCode::internal:
  case StatusCode::unavailable:
    return true;
  default:
    return false;
  }
}

Error to_error(const GrpcStatus& status, std::string_view what) {
  return {is_transient(status.code) ? Errc::unavailable : Errc::refused,
          std::string(what) + ": " + status.message + " (gRPC status " + std::to_string(int(status.code)) + ")"};
}

StatusCode parse_status(std::string_view value) {
  std::uint8_t code = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), code);
  if (error != std::errc() || end != value.data() + value.size()) return StatusCode::unknown;
  return static_cast<StatusCode>(code);
}

std::string frame_message(std::string_view message) {
  std::string out;
  out.reserve(message_prefix + message.size());
  out.push_back('\0');
  for (unsigned shift = 32; shift > 0; shift -= 8)
    out.push_back(static_cast<char>(message.size() >> (shift - 8)));
  out.append(message);
  return out;
}

Result<void> MessageAssembler::add(std::string_view bytes, std::vector<std::string>& messages) {
  buffer_.append(bytes);
  std::size_t begin = 0;
  while (buffer_.size() - begin >= message_prefix) {
    const std::string_view rest = std::string_view(buffer_).substr(begin);
    if (rest.front() != '\0') return tl::unexpected(Error{Errc::malformed, "a compressed gRPC message"});
    const std::size_t length = message_length(rest);
    if (length > max_message) {
      return tl::unexpected(Error{Errc::malformed, "a gRPC message of " + std::to_string(length) + " bytes; at most " +
                                                       std::to_string(max_message) + " are accepted"});
    }
    if (rest.size() - message_prefix < length) break;
    messages.emplace_back(rest.substr(message_prefix, length));
    begin += message_prefix + length;
  }
  buffer_.erase(0, begin);
  return {};
}

} // namespace nvrhub::log::etcd
