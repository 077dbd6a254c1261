#include "notify/support/receiver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace nvrhub::notify::testing {

void Receiver::Peer::say(const std::string& text) const {
  (void)::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
}

std::string Receiver::Peer::hear(const std::string& end) const {
  std::string text;
  do {
    char c = 0;
    if (::recv(socket_, &c, 1, 0) != 1) return "";
    text += c;
  } while (!text.ends_with(end));
  return text;
}

void Receiver::Peer::hang() const {
  std::array<char, 1024> ignored{};
  while (::recv(socket_, ignored.data(), ignored.size(), 0) > 0) {
  }
}

Receiver::Receiver(std::function<void(const Peer&)> serve) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, serve = std::move(serve)] {
    while (true) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      current_ = socket;
      ++connections_;
      if (!stopping_) serve(Peer(socket));
      current_ = -1;
      ::close(socket);
    }
  });
}

Receiver::~Receiver() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  if (const int socket = current_; socket >= 0) ::shutdown(socket, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::function<void(const Receiver::Peer&)> http_answer(const std::string& head, const std::string& body) {
  return [=](const Receiver::Peer& peer) {
    const std::string header = peer.hear("\r\n\r\n");
    const std::string field = "Content-Length: ";
    const std::size_t at = header.find(field);
    for (std::size_t left = at == std::string::npos ? 0 : std::stoul(header.substr(at + field.size())); left > 0;
         --left)
      peer.hear("");
    peer.say("HTTP/1.1 " + head + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n" + body);
    peer.hang();
  };
}

} // namespace nvrhub::notify::testing
