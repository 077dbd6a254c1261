#include "client/console.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

namespace nvrhub::client {

namespace {

constexpr std::size_t max_line = 64 * 1024;

/// Blocks the signals that stop the command and returns a descriptor that becomes readable when one arrives.
int take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

} // namespace

Console::Console(boost::asio::io_context& context, std::string command, std::function<void()> stopped)
    : context_(context), command_(std::move(command)), stopped_(std::move(stopped)), signals_(take_signals()),
      readiness_(context, ::epoll_create1(EPOLL_CLOEXEC)) {
  watch(signals_, EPOLLIN);
  watch(STDOUT_FILENO, 0); // errors and hang-ups are always reported
  wait();
}

Console::~Console() {
  ::close(signals_);
}

/// False for a regular file and /dev/null, which are always ready.
bool Console::watch(int descriptor, unsigned events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  return ::epoll_ctl(readiness_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Console::wait() {
  readiness_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [this](const boost::system::error_code& error) {
                          if (!error) on_ready();
                        });
}

void Console::on_ready() {
  std::array<epoll_event, 3> ready{};
  const int count = ::epoll_wait(readiness_.native_handle(), ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < count; ++i) {
    const int descriptor = ready.at(static_cast<std::size_t>(i)).data.fd;
    if (descriptor == signals_) return stop(State::signalled);
    if (descriptor == STDOUT_FILENO) return stop(State::reader_gone);
    read_some();
  }
  wait();
}

void Console::stop(State state) {
  if (is_stopped()) return;
  state_ = state;
  boost::asio::post(context_, [this] { stopped_(); });
}

/// Waits until stdout takes a part of PIPE_BUF bytes without blocking; false: stopped by a signal.
bool Console::wait_for_room() {
  std::array<pollfd, 2> polled{{{STDOUT_FILENO, POLLOUT, 0}, {signals_, POLLIN, 0}}};
  while (::poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) {
  }
  return polled[1].revents == 0;
}

void Console::print(std::string_view text) {
  while (!text.empty() && !is_stopped()) {
    if (!wait_for_room()) return stop(State::signalled);
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      return stop(State::reader_gone);
    } else if (errno != EINTR && errno != EAGAIN) {
      note(std::string("cannot write to stdout: ") + std::strerror(errno));
      return stop(State::failed);
    }
  }
}

void Console::note(const std::string& message) const {
  std::fputs(("nvrhub " + command_ + ": " + message + "\n").c_str(), stderr);
}

void Console::read_lines(std::function<void(std::string_view)> on_line) {
  on_line_ = std::move(on_line);
  is_pollable_ = watch(STDIN_FILENO, EPOLLIN);
  if (!is_pollable_) boost::asio::post(context_, [this] { read_some(); });
}

void Console::pause_reading(bool paused) {
  if (std::exchange(paused_, paused) == paused || !on_line_) return;
  // Removed rather than set to no events: the end of the input would be reported all the same, without end.
  if (is_pollable_ && paused) ::epoll_ctl(readiness_.native_handle(), EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
  if (is_pollable_ && !paused) watch(STDIN_FILENO, EPOLLIN);
  if (!paused) {
    boost::asio::post(context_, [this] {
      pass_lines();
      if (!is_pollable_) read_some();
    });
  }
}

void Console::read_some() {
  if (!on_line_ || paused_ || is_stopped()) return;
  std::array<char, 4096> part{};
  const ssize_t count = ::read(STDIN_FILENO, part.data(), part.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) return on_end_of_input();
  input_.append(part.data(), static_cast<std::size_t>(count));
  pass_lines();
  if (!is_pollable_) boost::asio::post(context_, [this] { read_some(); });
}

void Console::pass_lines() {
  std::size_t begin = 0;
  for (std::size_t end = 0; !paused_ && (end = input_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    on_line_(std::string_view(input_).substr(begin, end - begin));
  }
  input_.erase(0, begin);
  if (input_.size() > max_line && input_.find('\n') == std::string::npos) input_.resize(max_line);
}

void Console::on_end_of_input() {
  if (is_pollable_) ::epoll_ctl(readiness_.native_handle(), EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
  if (!input_.empty()) input_ += '\n'; // a last line without its end
  pass_lines();
  if (input_.empty()) on_line_ = nullptr;
}

} // namespace nvrhub::client
