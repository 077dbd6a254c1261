#include "fuzz/support/test_client.hpp"

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

constexpr int timeout_ms = 15'000;
constexpr unsigned ping = 9;
constexpr unsigned close_frame = 8;

/// Repeats a system call that a signal interrupts: libFuzzer uses a timer signal.
template <class Call>
ssize_t uninterrupted(Call call) {
  ssize_t result = -1;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

} // namespace

TestClient::TestClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  must(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "the server accepts");
}

TestClient::~TestClient() {
  ::close(fd_);
}

void TestClient::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = uninterrupted([&] { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (sent <= 0) return; // the server closed the connection
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void TestClient::upgrade(std::string_view target) {
  is_websocket_ = true;
  std::string request = "GET ";
  request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ZnV6emVkIGZ1enplZCEhIQ==\r\n\r\n");
  write(request);
}

void TestClient::request(std::string_view method, std::string_view target, std::string_view body) {
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: ");
  request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  write(request);
}

void TestClient::frame(unsigned opcode, bool fin, std::string_view payload) {
  if (opcode == close_frame) rules_.client_closed();
  std::string bytes(1, static_cast<char>((fin ? 0x80U : 0U) | opcode));
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80U | payload.size());
  } else { // an input is far smaller than 64 KiB
    bytes += static_cast<char>(0x80 | 126);
    bytes += static_cast<char>(payload.size() >> 8);
    bytes += static_cast<char>(payload.size() & 0xFF);
  }
  bytes.append(4, '\0'); // a mask of zeros: the payload stays as it is
  bytes.append(payload);
  write(bytes);
}

void TestClient::raw(std::string_view bytes) {
  is_raw_ = true;
  rules_.client_closed(); // the bytes may be a close frame
  write(bytes);
}

bool TestClient::receive() {
  if (closed_) return false;
  pollfd waiting{fd_, POLLIN, 0};
  must(uninterrupted([&] { return ssize_t{::poll(&waiting, 1, timeout_ms)}; }) > 0,
       "the server responds or closes the connection within 15 s", received_);
  char bytes[16384];
  const ssize_t got = uninterrupted([&] { return ::recv(fd_, bytes, sizeof bytes, 0); });
  if (got <= 0) {
    closed_ = true;
    return false;
  }
  received_.append(bytes, static_cast<std::size_t>(got));
  if (is_websocket_) rules_.check(received_);
  return true;
}

void TestClient::sync() {
  if (!is_websocket_ || is_raw_) return; // a response is not certain
  while (!rules_.is_open() && !rules_.saw_close()) {
    if (received_.find("\r\n\r\n") != std::string::npos || !receive()) return; // upgrade refused
  }
  const std::size_t before = rules_.pongs();
  frame(ping, true, "sync");
  while (rules_.pongs() == before && !rules_.saw_close() && receive()) {
  }
}

void TestClient::finish() {
  ::shutdown(fd_, SHUT_WR);
  while (receive()) {
  }
  if (is_websocket_ && rules_.is_open()) return; // receive() has checked it
  must_be_valid_responses(received_);
}

void TestClient::abort() {
  const linger reset{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

} // namespace nvrhub::fuzz
