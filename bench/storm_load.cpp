#include "storm.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>

#include "client.hpp"

namespace bench {

namespace {

constexpr std::string_view prefix = "STORM-";
constexpr auto before_retry = std::chrono::milliseconds(100);

} // namespace

Watch::Watch(std::uint16_t port, std::size_t nvrs, bool tls)
    : link_(open_link(port, "/ws/dashboard", tls)), events_(nvrs) {
  expect("online");
  thread_ = std::thread([this] { run(); });
}

Watch::~Watch() {
  over_ = true;
  shutdown(link_.fd, SHUT_RDWR);
  thread_.join();
  close_link(link_);
}

void Watch::expect(const std::string& status) {
  const std::lock_guard lock(mutex_);
  mark_ = R"("status":")" + status + '"';
  std::fill(events_.begin(), events_.end(), 0U);
  shown_ = 0;
}

void Watch::until_all(std::chrono::seconds patience) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, patience, [this] { return shown_ == events_.size(); })) return;
  die("timeout: the dashboard received " + std::to_string(shown_) + " of " + std::to_string(events_.size()) + " NVRs");
}

Clock::time_point Watch::all_at() const {
  const std::lock_guard lock(mutex_);
  return all_at_;
}

std::size_t Watch::shown() const {
  const std::lock_guard lock(mutex_);
  return shown_;
}

std::pair<unsigned, unsigned> Watch::events_each() const {
  const std::lock_guard lock(mutex_);
  const auto [least, most] = std::minmax_element(events_.begin(), events_.end());
  return {*least, *most};
}

void Watch::run() {
  std::string got;
  std::vector<char> piece(256 * 1024);
  for (;;) {
    const ssize_t count = read_some(link_, piece.data(), piece.size());
    if (count <= 0 && over_) return;
    if (count <= 0) die("the server closed the dashboard");
    got.append(piece.data(), static_cast<std::size_t>(count));
    std::size_t at = 0;
    while (got.size() - at >= 4) { // server frames are not masked; an update is shorter than 64 KiB
      const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(got[at + i]); };
      const bool wide = byte(1) == 126;
      const std::size_t head = wide ? 4 : 2;
      const std::size_t length = wide ? static_cast<std::size_t>(byte(2) << 8 | byte(3)) : byte(1);
      if (got.size() - at < head + length) break;
      take(std::string_view(got).substr(at + head, length));
      at += head + length;
    }
    got.erase(0, at);
  }
}

void Watch::take(std::string_view update) {
  const std::size_t at = update.find(prefix);
  const std::lock_guard lock(mutex_);
  if (at == std::string_view::npos || update.find(mark_) == std::string_view::npos) return;
  std::size_t index = 0;
  std::from_chars(update.data() + at + prefix.size(), update.data() + update.size(), index);
  if (index >= events_.size() || ++events_[index] > 1 || ++shown_ < events_.size()) return;
  all_at_ = Clock::now();
  changed_.notify_all();
}

Fleet::Fleet(std::uint16_t port, std::size_t nvrs, std::size_t cameras, Way way)
    : port_(port), way_(way), system_status_(R"({"status":"online","cameras":[)"), nvrs_(nvrs),
      poll_(epoll_create1(0)) {
  for (std::size_t i = 0; i < cameras; ++i) {
    system_status_ += (i == 0 ? R"({"name":"CAM-)" : R"(,{"name":"CAM-)") + std::to_string(100 + i) +
                      R"(","ip_address":"192.168.0.)" + std::to_string(i % 250) + R"(","status":"online"})";
  }
  system_status_ += "]}";
}

std::string Fleet::auth(std::size_t index) const {
  return frame(R"({"type":"auth","hostname":")" + std::string(prefix) + std::to_string(index) + R"(","systemStatus":)" +
               system_status_ + "}");
}

void Fleet::begin(std::size_t index) {
  Nvr& nvr = nvrs_[index];
  nvr.link.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (nvr.link.fd < 0) die("socket");
  const int yes = 1;
  setsockopt(nvr.link.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(nvr.link.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) die("connect");
  nvr.step = Step::connecting;
  nvr.got.clear();
  epoll_event want{};
  want.events = EPOLLOUT;
  want.data.u64 = index;
  epoll_ctl(poll_, EPOLL_CTL_ADD, nvr.link.fd, &want);
}

bool Fleet::go_on(std::size_t index) {
  Nvr& nvr = nvrs_[index];
  if (nvr.step == Step::connecting) {
    int failed = 0;
    socklen_t size = sizeof failed;
    getsockopt(nvr.link.fd, SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed != 0) return false;
    epoll_event want{};
    want.events = EPOLLIN;
    want.data.u64 = index;
    epoll_ctl(poll_, EPOLL_CTL_MOD, nvr.link.fd, &want);
    if (way_.tls) {
      SSL_SESSION* const session = way_.resumes ? nvr.session : nullptr;
      nvr.link = start_tls(nvr.link.fd, session);
    } else {
      send_all(nvr.link, upgrade_request("/ws"));
    }
    nvr.step = way_.tls ? Step::securing : Step::upgrading;
    if (!way_.tls) return true;
  }
  if (nvr.step == Step::securing) {
    const int result = SSL_do_handshake(nvr.link.ssl);
    if (result != 1) return result_of(nvr.link, result, 0) < 0 && errno == EAGAIN;
    send_all(nvr.link, upgrade_request("/ws"));
    nvr.step = Step::upgrading;
  }
  if (!receive(nvr)) return false;
  if (nvr.step == Step::upgrading && nvr.got.find("\r\n\r\n") != std::string::npos) {
    if (!nvr.got.starts_with("HTTP/1.1 101")) return false;
    nvr.got.clear();
    send_all(nvr.link, auth(index));
    nvr.step = Step::authenticating;
  } else if (nvr.step == Step::authenticating && nvr.got.find(R"("auth_ok")") != std::string::npos) {
    epoll_ctl(poll_, EPOLL_CTL_DEL, nvr.link.fd, nullptr);
    if (way_.resumes) {
      SSL_SESSION_free(nvr.session);
      nvr.session = SSL_get1_session(nvr.link.ssl); // with its ticket, which came before the response to the upgrade
      nvr.link.resumed = SSL_session_reused(nvr.link.ssl) == 1;
    }
    nvr.step = Step::done;
  }
  return nvr.got.find(R"("type":"error")") == std::string::npos;
}

Fleet::Outcome Fleet::connect(std::size_t window) {
  Outcome outcome;
  std::deque<std::pair<Clock::time_point, std::size_t>> again;
  for (Nvr& nvr : nvrs_)
    nvr.old = std::exchange(nvr.link, {});
  std::vector<epoll_event> ready(512);
  std::size_t next = 0;
  std::size_t open = 0;
  for (std::size_t done = 0; done < nvrs_.size();) {
    for (; next < nvrs_.size() && open < window; ++next, ++open)
      begin(next);
    for (; !again.empty() && again.front().first <= Clock::now(); again.pop_front())
      begin(again.front().second);
    const int count = epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), again.empty() ? 1000 : 10);
    for (int i = 0; i < count; ++i) {
      const std::size_t index = ready[static_cast<std::size_t>(i)].data.u64;
      Nvr& nvr = nvrs_[index];
      if (!go_on(index)) {
        close_link(nvr.link);
        ++outcome.retries;
        again.emplace_back(Clock::now() + before_retry, index);
      } else if (nvr.step == Step::done) {
        ++done;
        --open;
        outcome.resumed += nvr.link.resumed ? 1 : 0;
        if (nvr.old.fd < 0) continue;
        outcome.replaced_closed += closed_by_server(nvr.old) ? 1 : 0;
        close_link(nvr.old);
      }
    }
  }
  return outcome;
}

bool Fleet::receive(Nvr& nvr) {
  char piece[4096];
  for (;;) {
    const ssize_t count = read_some(nvr.link, piece, sizeof piece);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    nvr.got.append(piece, static_cast<std::size_t>(count));
  }
}

/// Waits up to a second: the close may come after the newer socket's `auth_ok`.
bool Fleet::closed_by_server(const Link& link) {
  pollfd wait{link.fd, POLLIN, 0};
  char byte = 0;
  return poll(&wait, 1, 1000) == 1 && recv(link.fd, &byte, 1, MSG_DONTWAIT) >= 0;
}

std::size_t Fleet::alive() const {
  const std::string heartbeat = frame(R"({"type":"heartbeat","id":1})");
  std::size_t alive = 0;
  for (const Nvr& nvr : nvrs_)
    send_all(nvr.link, heartbeat);
  for (const Nvr& nvr : nvrs_) {
    pollfd wait{nvr.link.fd, POLLIN, 0};
    char answer[256];
    const ssize_t count = poll(&wait, 1, 5000) == 1 ? read_some(nvr.link, answer, sizeof answer) : -1;
    alive +=
        count > 0 && std::string_view(answer, static_cast<std::size_t>(count)).find("\"ack\"") != std::string::npos;
  }
  return alive;
}

void Fleet::drop() {
  for (Nvr& nvr : nvrs_)
    close_link(nvr.link);
}

} // namespace bench
