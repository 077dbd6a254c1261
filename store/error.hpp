#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

namespace nvrhub::store {

enum class Errc : std::uint8_t {
  io,         // the disk or the LMDB environment failed; the same call may succeed later
  corrupt,    // a record or a page is damaged
  malformed,  // a write breaks the rules of store.hpp
  fenced,     // the write has an older session than an earlier write
  stale,      // the NVR has changed since the write was drafted
  not_found,  // no such NVR, or pruned history
  taken,      // another NVR has the hostname, or the target path exists
  locked,     // another process uses the directory
  schema,     // written by another version of nvrhub
  permission, // the directory is missing or cannot be read or written
};

/// `message` is for people: it names the file, table or record and states what to do.
struct Error {
  Errc code = Errc::io;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

} // namespace nvrhub::store
