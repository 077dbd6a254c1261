#include "client/backoff.hpp"

#include <algorithm>
#include <cstdint>

namespace nvrhub::client {

using std::chrono::milliseconds;

namespace {

constexpr unsigned first_ms = 500;
constexpr unsigned last_doubling = 6; // 32 s

milliseconds between(unsigned low, unsigned high, double share) {
  return milliseconds(low + static_cast<unsigned>(share * (high - low + 1)));
}

} // namespace

milliseconds Backoff::next(double share) {
  const unsigned ceiling = first_ms << std::min(failures_, last_doubling);
  ++failures_;
  return between(ceiling / 2, ceiling, share);
}

milliseconds Backoff::after_refusal(double share) {
  return between(60'000, 120'000, share);
}

milliseconds Backoff::after_hint(milliseconds retry_after, double share) {
  const auto spread = static_cast<unsigned>(std::clamp<std::int64_t>(retry_after.count() / 2, first_ms, 60'000));
  return retry_after + between(0, spread, share);
}

Reconnect reconnect_after_close(unsigned code) {
  switch (code) {
  case 1007: // not UTF-8
  case 1009: // message too large
  case 4400: // too many bad messages
  case 4409: // replaced by a newer session
    return Reconnect::never;
  case 4401: // token
  case 4403: // hostname
    return Reconnect::later;
  default:
    return Reconnect::soon;
  }
}

} // namespace nvrhub::client
