#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

namespace nvrhub::cluster {

enum class Errc : std::uint8_t {
  cancelled,      // the caller gave up
  unavailable,    // etcd did not answer in time
  refused,        // etcd refuses the call, or its version
  not_founded,    // there is no cluster in etcd
  no_data,        // the data directory is empty
  other_cluster,  // the data belong to another cluster, or to none
  too_far_behind, // the log does not have what follows the data any more
  log_too_short,  // the log ends before what the data have applied
  clock,          // the clock of this node is wrong, or those of all others
  fenced,         // the lease of this node has ended
  store,          // of the data directory
};

/// `message` is for people: it states what to do.
struct Error {
  Errc code = Errc::unavailable;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::make_unexpected(Error{code, std::move(message)});
}

} // namespace nvrhub::cluster
