// The floor that nvrhub is compared with: the minimum that a server of the seed's protocol can do. One epoll thread,
// hand-written framing, simdjson, state in memory, nothing durable, no limits, no protection against attacks. With
// `drop` it reads frames and parses only the small ones. Usage: floor PORT [drop]
#include <arpa/inet.h>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/epoll.h>
#include <unordered_set>
#include <vector>

#include <openssl/evp.h>

#include "client.hpp"
#include "in_memory.hpp"

using namespace bench;

namespace {

struct Connection {
  int fd = -1;
  bool upgraded = false;
  bool dashboard = false;
  InMemory::Nvr* nvr = nullptr;
  std::string rest; // bytes of an incomplete frame
};

class Floor {
public:
  Floor(std::uint16_t port, bool drop) : drop_(drop) {
    const int yes = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || listen(listener_, 4096) != 0)
      die("listen");
    watch(listener_, nullptr);
  }

  [[noreturn]] void run() {
    std::vector<epoll_event> ready(512);
    for (;;) {
      const int count = epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), -1);
      for (int i = 0; i < count; ++i) {
        auto* connection = static_cast<Connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
        connection != nullptr ? read_from(*connection) : accept_one();
      }
    }
  }

private:
  void watch(int fd, Connection* connection) const {
    epoll_event want{};
    want.events = EPOLLIN;
    want.data.ptr = connection;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &want);
  }

  void accept_one() {
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    auto* connection = new Connection;
    connection->fd = fd;
    watch(fd, connection);
  }

  void read_from(Connection& connection) {
    std::size_t have = connection.rest.size();
    std::memcpy(buffer_.get(), connection.rest.data(), have);
    const ssize_t count = recv(connection.fd, buffer_.get() + have, size - have, 0);
    if (count <= 0) {
      dashboards_.erase(&connection);
      if (connection.nvr != nullptr) broadcast(InMemory::update(*connection.nvr, "offline", 0));
      close(connection.fd);
      delete &connection;
      return;
    }
    have += static_cast<std::size_t>(count);
    const std::size_t used = connection.upgraded ? take_frames(connection, have) : upgrade(connection, have);
    connection.rest.assign(buffer_.get() + used, have - used);
  }

  std::size_t upgrade(Connection& connection, std::size_t have) {
    const std::string_view request(buffer_.get(), have);
    const std::size_t end = request.find("\r\n\r\n");
    const std::size_t key = request.find("Sec-WebSocket-Key: ");
    if (end == std::string_view::npos || key == std::string_view::npos) return 0;
    std::string text(request.substr(key + 19, request.find("\r\n", key) - key - 19));
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char hash[20];
    unsigned char accept[32];
    EVP_Digest(text.data(), text.size(), hash, nullptr, EVP_sha1(), nullptr);
    EVP_EncodeBlock(accept, hash, sizeof hash);
    send_bytes(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Accept: " +
                               std::string(reinterpret_cast<char*>(accept)) + "\r\n\r\n");
    connection.upgraded = true;
    connection.dashboard = request.starts_with("GET /ws/dashboard");
    if (connection.dashboard) dashboards_.insert(&connection);
    return end + 4;
  }

  std::size_t take_frames(Connection& connection, std::size_t have) {
    auto* bytes = reinterpret_cast<unsigned char*>(buffer_.get());
    std::size_t at = 0;
    while (have - at >= 6) {
      std::size_t head = 6;
      std::size_t length = bytes[at + 1] & 0x7FU;
      if (length == 126) {
        if (have - at < 8) break;
        length = static_cast<std::size_t>(bytes[at + 2]) << 8U | bytes[at + 3];
        head = 8;
      } else if (length == 127) {
        die("unsupported frame of more than 64 KiB");
      }
      if (have - at < head + length) break;
      const bool is_text = (bytes[at] & 0xFU) == 1;
      if (is_text && !(drop_ && length > 200 && connection.nvr != nullptr)) {
        unmask(bytes + at + head, length, bytes + at + head - 4);
        take(connection, {buffer_.get() + at + head, length});
      }
      at += head + length;
    }
    return at;
  }

  static void unmask(unsigned char* bytes, std::size_t length, const unsigned char* mask) {
    std::uint32_t key = 0;
    std::memcpy(&key, mask, 4);
    const std::uint64_t wide = static_cast<std::uint64_t>(key) << 32U | key;
    std::size_t i = 0;
    for (; i + 8 <= length; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + i, 8);
      word ^= wide;
      std::memcpy(bytes + i, &word, 8);
    }
    for (; i < length; ++i)
      bytes[i] = static_cast<unsigned char>(bytes[i] ^ mask[i % 4]);
  }

  void take(Connection& connection, std::string_view text) {
    const InMemory::Answers answers =
        fleet_.take(connection.nvr, text); // the buffer has room for the padding after every text
    if (!answers.update.empty()) broadcast(answers.update);
    if (!answers.auth_ok.empty()) send_bytes(connection, text_frame(answers.auth_ok));
    if (!answers.ack.empty()) send_bytes(connection, text_frame(answers.ack));
  }

  void broadcast(const std::string& update) {
    if (dashboards_.empty()) return;
    const std::string frame = text_frame(update);
    for (const Connection* dashboard : dashboards_)
      send_bytes(*dashboard, frame);
  }

  static std::string text_frame(const std::string& text) {
    std::string out{'\x81'};
    if (text.size() < 126) {
      out += static_cast<char>(text.size());
    } else {
      out += {126, static_cast<char>(text.size() >> 8), static_cast<char>(text.size() & 0xFF)};
    }
    return out + text;
  }

  static void send_bytes(const Connection& connection, const std::string& bytes) {
    (void)!send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  static constexpr std::size_t size = 512 * 1024;
  int poll_ = epoll_create1(0);
  int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  bool drop_;
  std::unique_ptr<char[]> buffer_{new char[size + simdjson::SIMDJSON_PADDING]};
  InMemory fleet_;
  std::unordered_set<Connection*> dashboards_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  raise_descriptor_limit();
  Floor floor(static_cast<std::uint16_t>(std::atoi(argv[1])), argc > 2);
  std::printf("listening on %s\n", argv[1]);
  std::fflush(stdout);
  floor.run();
}
