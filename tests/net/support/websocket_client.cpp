#include "net/support/websocket_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "net/support/frame_sequence.hpp"

namespace nvrhub::net::test {

namespace {

constexpr timeval patience{.tv_sec = 60, .tv_usec = 0};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("WebSocket client: " + what);
}

} // namespace

WebSocketClient::WebSocketClient(std::uint16_t port, std::string_view path, Options options)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), answers_pings_(options.answers_pings) {
  const int descriptor = socket_.descriptor();
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (const int bytes = options.receive_buffer; bytes > 0)
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) fail("cannot connect");
  send_bytes("GET " + std::string(path) +
             " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  if (const std::string head = receive_head(); !head.starts_with("HTTP/1.1 101 ")) fail("no upgrade: " + head);
}

std::string WebSocketClient::receive_head() {
  std::size_t end = std::string::npos;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!wait_for(received_.size() + 1)) fail("no answer to the upgrade");
  }
  const std::string head = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  return head;
}

void WebSocketClient::send_frame(unsigned opcode, std::string_view payload) {
  send_bytes(client_frame(opcode, payload));
}

void WebSocketClient::send_bytes(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return; // receive() reports it
    if (sent < 0) fail("the server read nothing for a minute");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool WebSocketClient::wait_for(std::size_t size) {
  std::array<char, 64 * 1024> buffer;
  while (received_.size() < size) {
    const ssize_t count = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) fail("the server sent nothing for a minute");
    if (count <= 0) return false;
    received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return true;
}

std::string WebSocketClient::receive() {
  const auto byte = [this](std::size_t index) { return static_cast<unsigned char>(received_[index]); };
  for (;;) {
    if (!wait_for(2)) return "end";
    const unsigned opcode = byte(0) & 0x0FU;
    if ((byte(0) & 0xF0U) != 0x80U || byte(1) > 127) fail("a frame in parts, with an extension or masked");
    std::size_t size = byte(1);
    const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    const std::size_t head = 2 + length_bytes;
    if (!wait_for(head)) return "end";
    if (length_bytes > 0) size = 0;
    for (std::size_t i = 0; i < length_bytes; ++i)
      size = size << 8U | byte(2 + i);
    if (!wait_for(head + size)) return "end";
    const std::string payload = received_.substr(head, size);
    received_.erase(0, head + size);
    if (opcode == 1) return payload;
    if (opcode == 8 && size < 2) return "close";
    if (opcode == 8) {
      send_frame(8, payload);
      const auto code = static_cast<unsigned char>(payload[0]) << 8U | static_cast<unsigned char>(payload[1]);
      return "close " + std::to_string(code);
    }
    if (opcode == 9 && !answers_pings_) return "ping";
    if (opcode == 9) send_frame(10, payload);
  }
}

std::uint64_t number_of(const std::string& message, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  const std::size_t at = message.find(key);
  if (at == std::string::npos) fail("no " + key + " in " + message.substr(0, 200));
  return std::stoull(message.substr(at + key.size()));
}

} // namespace nvrhub::net::test
