#include "protocol/codes.hpp"

namespace nvrhub::protocol {

std::string_view to_string(ErrorCode code) {
  switch (code) {
  case ErrorCode::bad_json:
    return "bad_json";
  case ErrorCode::bad_message:
    return "bad_message";
  case ErrorCode::not_authenticated:
    return "not_authenticated";
  case ErrorCode::unknown_hostname:
    return "unknown_hostname";
  case ErrorCode::unauthorized:
    return "unauthorized";
  case ErrorCode::too_large:
    return "too_large";
  case ErrorCode::rate_limited:
    return "rate_limited";
  case ErrorCode::shutting_down:
    return "shutting_down";
  }
  return "?";
}

std::string_view reason(CloseCode code) {
  switch (code) {
  case CloseCode::going_away:
    return "server shutting down; come back";
  case CloseCode::invalid_utf8:
    return "a text frame is not UTF-8";
  case CloseCode::too_large:
    return "message too large";
  case CloseCode::try_again_later:
    return "too many connections; come back later";
  case CloseCode::bad_messages:
    return "too many bad messages";
  case CloseCode::unauthorized:
    return "token missing, wrong or revoked";
  case CloseCode::unknown_hostname:
    return "hostname unknown or removed";
  case CloseCode::silent:
    return "silent for too long";
  case CloseCode::replaced:
    return "replaced by a newer session of this hostname";
  case CloseCode::too_slow:
    return "rate limited or too slow to read";
  }
  return "?";
}

} // namespace nvrhub::protocol
