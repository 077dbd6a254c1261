#include "net/reactor/readiness.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include <boost/system/system_error.hpp>

namespace nvrhub::net {

Readiness::Readiness() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw boost::system::system_error(errno, boost::system::system_category(), "epoll");
}

Readiness::~Readiness() {
  ::close(epoll_);
}

bool Readiness::watch(int socket, Watched& what) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &what;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) == 0;
}

void Readiness::unwatch(int socket, const Watched& what) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
  for (std::size_t i = next_; i < end_; ++i) {
    if (ready_[i].data.ptr == &what) ready_[i].data.ptr = nullptr;
  }
}

void Readiness::run(const std::function<void()>& after_each) {
  const int count = ::epoll_wait(epoll_, ready_.data(), static_cast<int>(ready_.size()), 0);
  end_ = static_cast<std::size_t>(std::max(count, 0));
  for (next_ = 0; next_ < end_;) {
    const epoll_event& event = ready_[next_++];
    if (event.data.ptr == nullptr) continue;
    const bool hung_up = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    static_cast<Watched*>(event.data.ptr)
        ->on_ready({.readable = hung_up || (event.events & EPOLLIN) != 0,
                    .writable = (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0,
                    .hung_up = hung_up});
    after_each();
  }
  next_ = end_ = 0;
}

} // namespace nvrhub::net
