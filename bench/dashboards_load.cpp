#include "dashboards.hpp"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <sys/epoll.h>
#include <utility>

#include "client.hpp"

namespace bench {

namespace {

constexpr std::string_view prefix = "CHANGE-";
constexpr std::size_t cameras = 4;

std::string status(std::string_view first) {
  std::string list = R"({"cameras":[)";
  for (std::size_t i = 0; i < cameras; ++i) {
    list += (i == 0 ? R"({"name":"CAM-)" : R"(,{"name":"CAM-)") + std::to_string(i) + R"(","status":")" +
            std::string(i == 0 ? first : "online") + "\"}";
  }
  return list + "]}";
}

} // namespace

Changes::Changes(std::uint16_t port, std::size_t nvrs) : sent_(nvrs), online_(nvrs) {
  for (std::size_t i = 0; i < nvrs; ++i) {
    const int fd = open_websocket(port, "/ws");
    send_all(fd, frame(R"({"type":"auth","hostname":")" + std::string(prefix) + std::to_string(i) +
                       R"(","systemStatus":)" + status("offline") + "}"));
    sockets_.push_back(fd);
  }
  for (const int fd : sockets_) // each auth waits for a sync: answers are read after all were sent, so they share syncs
    read_until(fd, "auth_ok");
}

void Changes::start(double rate) {
  over_ = false;
  count_ = 0;
  thread_ = std::thread([this, rate] {
    const std::string reports[] = {frame(R"({"type":"heartbeat","systemStatus":)" + status("online") + "}"),
                                   frame(R"({"type":"heartbeat","systemStatus":)" + status("offline") + "}")};
    const auto gap = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
    Clock::time_point due = Clock::now();
    for (std::size_t i = 0; !over_; i = (i + 1) % sockets_.size(), due += gap) {
      std::this_thread::sleep_until(due);
      sent_[i] = Clock::now().time_since_epoch().count();
      send_all(sockets_[i], reports[online_[i] ? 1 : 0]);
      online_[i] = !online_[i];
      ++count_;
    }
  });
}

std::size_t Changes::stop() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
  return count_;
}

double Changes::age_ms(std::string_view hostname) const {
  std::size_t index = 0;
  if (!hostname.starts_with(prefix)) return -1;
  hostname.remove_prefix(prefix.size());
  std::from_chars(hostname.data(), hostname.data() + hostname.size(), index);
  if (index >= sent_.size()) return -1;
  const Clock::time_point sent{Clock::duration(sent_[index].load())};
  return std::chrono::duration<double, std::milli>(Clock::now() - sent).count();
}

Readers::Readers(std::uint16_t port, std::size_t count, std::size_t stalled, std::size_t sampled,
                 const Changes& changes)
    : dashboards_(count), stalled_(stalled), changes_(changes) {
  for (std::size_t i = 0; i < count; ++i) {
    dashboards_[i].fd = open_websocket(port, "/ws/dashboard");
    dashboards_[i].sampled = i + sampled >= count && i >= stalled;
    fcntl(dashboards_[i].fd, F_SETFL, O_NONBLOCK);
  }
}

Readers::~Readers() {
  stop();
  for (const Dashboard& dashboard : dashboards_)
    close(dashboard.fd);
}

void Readers::send(const std::string& text) {
  const std::string bytes = frame(text);
  for (const Dashboard& dashboard : dashboards_)
    send_all(dashboard.fd, bytes);
}

void Readers::start() {
  thread_ = std::thread([this] { run(); });
}

void Readers::stop() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

void Readers::until_quiet(std::chrono::milliseconds quiet) const {
  for (std::uint64_t before = ~std::uint64_t{0}; before != total_bytes_;) {
    before = total_bytes_;
    std::this_thread::sleep_for(quiet);
  }
}

void Readers::until_whole() const {
  while (whole_ < dashboards_.size() - stalled_)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::vector<double> Readers::take_latencies() {
  const std::lock_guard lock(mutex_);
  return std::exchange(latencies_, {});
}

void Readers::run() {
  const int poll = epoll_create1(0);
  for (std::size_t i = stalled_; i < dashboards_.size(); ++i) {
    epoll_event want{};
    want.events = EPOLLIN;
    want.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, dashboards_[i].fd, &want);
  }
  std::vector<epoll_event> ready(256);
  std::vector<char> piece(256 * 1024);
  while (!over_) {
    const int count = epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), 50);
    for (int i = 0; i < count; ++i) {
      Dashboard& dashboard = dashboards_[ready[static_cast<std::size_t>(i)].data.u64];
      const ssize_t got = read(dashboard.fd, piece.data(), piece.size());
      if (got == 0 || (got < 0 && errno != EAGAIN)) die("the server closed a dashboard");
      if (got > 0) take(dashboard, {piece.data(), static_cast<std::size_t>(got)});
    }
  }
  close(poll);
}

/// Parses frame headers and the first bytes of each payload.
void Readers::take(Dashboard& dashboard, std::string_view bytes) {
  total_bytes_ += bytes.size();
  while (!bytes.empty()) {
    if (!dashboard.in_payload) {
      dashboard.head += bytes.front();
      bytes.remove_prefix(1);
      const std::string& head = dashboard.head;
      const auto byte = [&head](std::size_t i) { return static_cast<std::uint8_t>(head[i]); };
      const unsigned length = head.size() > 1 ? byte(1) & 0x7FU : 0;
      const std::size_t size = length == 127 ? 10 : length == 126 ? 4 : 2;
      if (head.size() < size) continue;
      dashboard.left = size == 2 ? length : 0;
      for (std::size_t i = 2; i < size; ++i)
        dashboard.left = dashboard.left << 8 | byte(i);
      dashboard.in_payload = true;
      dashboard.head.clear();
      dashboard.bytes += dashboard.left;
    }
    const auto part = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(dashboard.left, bytes.size())));
    if (dashboard.head.size() < 64) dashboard.head.append(part.substr(0, 64));
    if (dashboard.sampled) dashboard.payload += part;
    dashboard.left -= part.size();
    bytes.remove_prefix(part.size());
    if (dashboard.left == 0) end_frame(dashboard);
  }
}

void Readers::end_frame(Dashboard& dashboard) {
  ++dashboard.frames;
  dashboard.in_payload = false;
  const bool is_page = dashboard.head.starts_with(R"({"type":"snapshot")");
  if (is_page) {
    ++dashboard.pages;
    if (dashboard.head.find(R"("last":true)") != std::string::npos) {
      dashboard.last_page = Clock::now();
      ++whole_;
    }
  }
  dashboard.head.clear();
  if (!dashboard.sampled) return;
  const std::string payload = std::exchange(dashboard.payload, {});
  if (is_page) return;
  constexpr std::string_view mark = R"("hostname":")";
  const std::lock_guard lock(mutex_);
  for (std::size_t at = payload.find(mark); at != std::string::npos; at = payload.find(mark, at + 1)) {
    const std::size_t name = at + mark.size();
    const double age = changes_.age_ms(std::string_view(payload).substr(name, payload.find('"', name) - name));
    if (age >= 0) latencies_.push_back(age);
  }
}

} // namespace bench
