#include "app/cli/streams.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include <unistd.h>

namespace nvrhub::app {

namespace {

/// The cause of a failed read or write of a standard stream, if errno (`cause`) is one. It may also be stale.
std::string reason(int cause) {
  constexpr std::array causes{EBADF, EPIPE, ENOSPC, EDQUOT, EFBIG, EIO, EAGAIN, EISDIR};
  if (std::find(causes.begin(), causes.end(), cause) == causes.end()) return "";
  return std::string(": ") + std::strerror(cause);
}

} // namespace

std::optional<std::string> output_error() {
  int cause = std::cout.good() ? 0 : errno; // of the write that failed earlier
  if (std::cout.good()) {
    std::cout.flush();
    cause = errno;
  }
  if (std::fflush(stdout) == 0 && std::cout.good() && std::ferror(stdout) == 0) {
    // Network file systems report a full disk when the file is closed.
    const int copy = ::dup(STDOUT_FILENO);
    if (copy < 0 || ::close(copy) == 0) return std::nullopt;
    cause = errno;
  }
  return "cannot write to stdout" + reason(cause);
}

int checked_exit_code(int code) {
  if (std::ferror(stdin) != 0) {
    std::cerr << "nvrhub: cannot read stdin" << reason(errno) << "\n";
    code = std::max(code, 1);
  }
  if (const auto error = output_error()) {
    std::cerr << "nvrhub: " << *error << "\n";
    code = std::max(code, 1);
  }
  return code;
}

} // namespace nvrhub::app
