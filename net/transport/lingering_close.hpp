#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "net/reactor/io_pool.hpp"

namespace nvrhub::net {

/// Reads and drops what the peer still sends, until it closes: closing a socket with unread bytes resets it, and the
/// peer then loses the answer that it has not read yet (RFC 9112, 9.6). `owner` keeps the socket alive and bounds the
/// time, by closing the socket. `goes_on` is called with the number of bytes after each read; false ends it.
///
/// THREADS: called and running on the socket's I/O thread.
template <class Owner, class GoesOn>
void drop_until_closed(Socket& socket, std::shared_ptr<Owner> owner, GoesOn goes_on) {
  socket.async_wait(
      Socket::wait_read, [&socket, owner = std::move(owner), goes_on](const boost::system::error_code& failed) mutable {
        if (failed || IoThread::current() == nullptr) return;
        const std::span<char> buffer = IoThread::current()->read_buffer();
        boost::system::error_code error;
        socket.non_blocking(true, error);
        const std::size_t bytes = socket.read_some(boost::asio::buffer(buffer.data(), buffer.size()), error);
        if (error && error != boost::asio::error::would_block) return;
        if (goes_on(bytes)) drop_until_closed(socket, std::move(owner), goes_on);
      });
}

} // namespace nvrhub::net
