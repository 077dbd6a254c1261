#include "fuzz/support/peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "fuzz/support/must.hpp"

namespace nvrhub::fuzz {

namespace {

constexpr int patience_ms = 15'000;
constexpr unsigned ping = 9;
constexpr unsigned close_frame = 8;

/// libFuzzer looks at the clock in a signal of its own, which interrupts whoever waits.
template <class Call>
ssize_t uninterrupted(Call call) {
  ssize_t result = -1;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

} // namespace

ClientIdentity::ClientIdentity(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  must(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "the server accepts");
}

ClientIdentity::~ClientIdentity() {
  ::close(fd_);
}

void ClientIdentity::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = uninterrupted([&] { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (sent <= 0) return; // the server had enough
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void ClientIdentity::upgrade(std::string_view target) {
  is_websocket_ = true;
  std::string request = "GET ";
  request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ZnV6emVkIGZ1enplZCEhIQ==\r\n\r\n");
  write(request);
}

void ClientIdentity::request(std::string_view method, std::string_view target, std::string_view body) {
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: ");
  request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  write(request);
}

void ClientIdentity::frame(unsigned opcode, bool fin, std::string_view payload) {
  if (opcode == close_frame) rules_.peer_closed();
  std::string bytes(1, static_cast<char>((fin ? 0x80U : 0U) | opcode));
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80U | payload.size());
  } else { // an input is far smaller than 64 KiB
    bytes += static_cast<char>(0x80 | 126);
    bytes += static_cast<char>(payload.size() >> 8);
    bytes += static_cast<char>(payload.size() & 0xFF);
  }
  bytes.append(4, '\0'); // a mask that changes nothing
  bytes.append(payload);
  write(bytes);
}

void ClientIdentity::raw(std::string_view bytes) {
  is_raw_ = true;
  rules_.peer_closed(); // perhaps
  write(bytes);
}

bool ClientIdentity::receive() {
  if (over_) return false;
  pollfd waiting{fd_, POLLIN, 0};
  must(uninterrupted([&] { return ssize_t{::poll(&waiting, 1, patience_ms)}; }) > 0,
       "the server answers, or ends the connection", received_);
  char bytes[16384];
  const ssize_t got = uninterrupted([&] { return ::recv(fd_, bytes, sizeof bytes, 0); });
  if (got <= 0) {
    over_ = true;
    return false;
  }
  received_.append(bytes, static_cast<std::size_t>(got));
  if (is_websocket_) rules_.look(received_);
  return true;
}

void ClientIdentity::sync() {
  if (!is_websocket_ || is_raw_) return; // nothing that the server would answer for certain
  while (!rules_.is_open() && !rules_.saw_close()) {
    if (received_.find("\r\n\r\n") != std::string::npos || !receive()) return; // not granted
  }
  const std::size_t before = rules_.pongs();
  frame(ping, true, "sync");
  while (rules_.pongs() == before && !rules_.saw_close() && receive()) {
  }
}

void ClientIdentity::finish() {
  ::shutdown(fd_, SHUT_WR);
  while (receive()) {
  }
  if (is_websocket_ && rules_.is_open()) return; // judged as it came
  must_be_answers(received_);
}

void ClientIdentity::abort() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

} // namespace nvrhub::fuzz
