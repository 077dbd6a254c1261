#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

namespace nvrhub::log {

enum class Errc : std::uint8_t {
  unavailable, // no member answered, or none has a leader; the same call may succeed later
  refused,     // the engine refuses the call; it will refuse it again
  malformed,   // what a member sent breaks the protocol
  fenced,      // the lease of this origin has ended
  taken,       // the origin has joined before
  invalid,     // the caller's argument
};

/// `message` is for people: it names the member and what was asked of it.
struct Error {
  Errc code = Errc::unavailable;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

} // namespace nvrhub::log
