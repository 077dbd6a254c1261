#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <sys/uio.h>

#include <boost/system/error_code.hpp>

namespace nvrhub::net {

/// A TCP socket that Asio has released. Never blocks.
/// OWNERSHIP: owns its descriptor.
class PlainSocket {
public:
  PlainSocket() = default;
  explicit PlainSocket(int descriptor) : descriptor_(descriptor) {}
  PlainSocket(PlainSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  PlainSocket& operator=(PlainSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~PlainSocket() { close(); }

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  /// Returns the bytes read; `error` is eof at the end, would_block if there are none now.
  std::size_t read_some(std::span<char> into, boost::system::error_code& error) const {
    return receive(descriptor_, into, error);
  }
  /// Returns the bytes written; `error` is would_block if none can be written now.
  std::size_t write_some(std::span<iovec> from, boost::system::error_code& error) const {
    return send(descriptor_, from, error);
  }
  std::size_t unread_bytes() const;
  void shutdown_send() const;
  void close();

  /// The same for a descriptor that Asio still owns.
  static std::size_t receive(int descriptor, std::span<char> into, boost::system::error_code& error);
  static std::size_t send(int descriptor, std::span<iovec> from, boost::system::error_code& error);

private:
  int descriptor_ = -1;
};

} // namespace nvrhub::net
