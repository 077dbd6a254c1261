#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log/error.hpp"

namespace nvrhub::log::etcd {

/// gRPC's status codes that matter here; others are kept as numbers.
enum class StatusCode : std::uint8_t {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  internal = 13,
  unavailable = 14,
  unauthenticated = 16,
};

struct GrpcStatus {
  StatusCode code = StatusCode::unknown;
  std::string message;
};

/// The same call may succeed later or at another member.
bool is_transient(StatusCode code);
/// `what` names the call.
Error to_error(const GrpcStatus& status, std::string_view what);
/// A `grpc-status` header; `unknown` if it is no number.
StatusCode parse_status(std::string_view value);

/// A message with gRPC's prefix: a byte for compression, four for the length.
std::string frame_message(std::string_view message);

/// Cuts the messages out of a stream's bytes. ERRORS: `malformed` for a compressed message or one over max_message.
class MessageAssembler {
public:
  /// A watch response is at most as long as etcd's --max-request-bytes (1.5 MB by default).
  static constexpr std::size_t max_message = std::size_t{8} << 20;

  Result<void> add(std::string_view bytes, std::vector<std::string>& messages);

private:
  std::string buffer_;
};

} // namespace nvrhub::log::etcd
