#include "net/transport/plain_socket.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include <boost/asio/error.hpp>

namespace nvrhub::net {

namespace {

boost::system::error_code last_error() {
  return {errno, boost::system::system_category()};
}

} // namespace

std::size_t PlainSocket::receive(int descriptor, std::span<char> into, boost::system::error_code& error) {
  ssize_t count = -1;
  do {
    count = ::recv(descriptor, into.data(), into.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  error = count > 0    ? boost::system::error_code{}
          : count == 0 ? boost::system::error_code(boost::asio::error::eof)
                       : last_error();
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t PlainSocket::send(int descriptor, std::span<iovec> from, boost::system::error_code& error) {
  msghdr message{};
  message.msg_iov = from.data();
  message.msg_iovlen = from.size();
  ssize_t count = -1;
  do {
    count = ::sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  error = count < 0 ? last_error() : boost::system::error_code{};
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t PlainSocket::unread_bytes() const {
  int bytes = 0;
  return ::ioctl(descriptor_, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

void PlainSocket::shutdown_send() const {
  ::shutdown(descriptor_, SHUT_WR);
}

void PlainSocket::close() {
  if (is_open()) ::close(std::exchange(descriptor_, -1));
}

} // namespace nvrhub::net
