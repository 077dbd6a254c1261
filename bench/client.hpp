#pragma once

// Shared code of the load programs. They use plain sockets, so the load costs little compared with the server.

#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <netinet/tcp.h>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace bench {

[[noreturn]] inline void die(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

/// CPU time of a process, user and system: its own, exact, plus that of the children it has waited for, in ticks.
struct ProcessTimes {
  int parent = 0;
  double seconds = 0;
};

inline ProcessTimes process_times(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stat, line);
  ProcessTimes times;
  const std::size_t name_end = line.rfind(')'); // the name may contain any character, including )
  if (name_end == std::string::npos) return times;
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 17 && fields >> field; ++i) {
    if (i == 4) times.parent = std::stoi(field);
    if (i >= 16) times.seconds += std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  clockid_t clock{};
  timespec own{};
  if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &own) == 0)
    times.seconds += static_cast<double>(own.tv_sec) + static_cast<double>(own.tv_nsec) / 1e9;
  return times;
}

/// CPU time used so far by the process and its descendants: a peer may be a script, its server and its database.
inline double cpu_seconds(int pid) {
  std::multimap<int, std::pair<int, double>> children; // by parent
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const int child = std::atoi(entry.path().filename().c_str());
    if (child == 0) continue;
    const ProcessTimes times = process_times(child);
    children.emplace(times.parent, std::pair(child, times.seconds));
  }
  double seconds = process_times(pid).seconds;
  for (std::vector<int> left{pid}; !left.empty();) {
    const auto [first, last] = children.equal_range(left.back());
    left.pop_back();
    for (auto child = first; child != last; ++child) {
      seconds += child->second.second;
      left.push_back(child->second.first);
    }
  }
  return seconds;
}

struct ProcessMemory {
  double resident = 0; // KB
  double own = 0;      // KB of it that are anonymous
};

inline ProcessMemory memory_of(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  ProcessMemory memory;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) memory.resident = std::atof(line.c_str() + 6);
    if (line.starts_with("RssAnon:")) memory.own = std::atof(line.c_str() + 8);
  }
  return memory;
}

inline void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

constexpr char mask[4] = {'\x35', '\x5A', '\x11', '\x77'};

/// One masked text frame. Use overwrite() to change its payload later, because changes must be masked as well.
inline std::string frame(const std::string& payload) {
  std::string out{'\x81'};
  if (payload.size() < 126) {
    out += static_cast<char>(0x80U | payload.size());
  } else {
    const bool is_short = payload.size() <= 0xFFFF;
    out += static_cast<char>(0x80 | (is_short ? 126 : 127));
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8)
      out += static_cast<char>(payload.size() >> shift & 0xFF);
  }
  out.append(mask, sizeof mask);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

/// Offset of the payload in frame(payload).
inline std::size_t payload_at(const std::string& payload) {
  return payload.size() < 126 ? 6 : payload.size() <= 0xFFFF ? 8 : 14;
}

/// Writes `text` at offset `at` of the frame's payload.
inline void overwrite(std::string& frame, std::size_t payload, std::size_t at, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    frame[payload + at + i] = static_cast<char>(text[i] ^ mask[(at + i) % 4]);
}

inline std::string read_until(int fd, const std::string& mark) {
  std::string got;
  char piece[4096];
  while (got.find(mark) == std::string::npos) {
    const ssize_t count = read(fd, piece, sizeof piece);
    if (count <= 0) die("the server closed the connection; received: " + got);
    got.append(piece, static_cast<std::size_t>(count));
  }
  return got;
}

inline void send_all(int fd, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t count = write(fd, bytes.data() + at, bytes.size() - at);
    if (count < 0) die("write");
    at += static_cast<std::size_t>(count);
  }
}

inline int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) die("connect");
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

inline std::string upgrade_request(const std::string& path) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

/// Opens a connection and completes the WebSocket upgrade.
inline int open_websocket(std::uint16_t port, const std::string& path) {
  const int fd = connect_to(port);
  send_all(fd, upgrade_request(path));
  std::string answer; // one byte at a time: the bytes after the header belong to a frame
  for (char byte; !answer.ends_with("\r\n\r\n"); answer += byte) {
    if (read(fd, &byte, 1) != 1) die("the server closed the connection; received: " + answer);
  }
  return fd;
}

} // namespace bench
