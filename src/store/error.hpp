#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

namespace nvrhub::store {

enum class Errc : std::uint8_t {
  io,         // the disk or the environment failed; the same call may succeed later
  corrupt,    // a record or a page is not what was written
  fenced,     // the write carries an older session than one before it
  not_found,  // no such NVR
  taken,      // the hostname belongs to another NVR
  locked,     // another server has the directory
  schema,     // written by a newer nvrhub
  permission, // the directory can't be read or written
};

/// What went wrong, with a message for a person that names the file, table or record and says what to do.
struct Error {
  Errc code = Errc::io;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

} // namespace nvrhub::store
