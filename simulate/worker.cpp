#include "simulate/worker.hpp"

#include <future>

#include <boost/asio/post.hpp>

namespace nvrhub::simulate {

namespace {

constexpr std::size_t max_handshakes = 256; // of the whole fleet

} // namespace

Worker::Worker(Simulation& simulation, std::uint32_t first, std::uint32_t step)
    : work_(context_.get_executor()),
      throttle_(context_, max_handshakes / step, simulation.options.connects_per_s / step) {
  for (std::uint32_t index = first; index < simulation.fleet.nvrs; index += step)
    nvrs_.push_back(std::make_unique<Nvr>(context_, throttle_, stats_, simulation, index));
}

Worker::~Worker() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void Worker::start() {
  boost::asio::post(context_, [this] {
    for (const auto& nvr : nvrs_)
      nvr->start();
  });
  thread_ = std::thread([this] { context_.run(); });
}

void Worker::finish() {
  boost::asio::post(context_, [this] {
    throttle_.close();
    for (const auto& nvr : nvrs_)
      nvr->finish();
  });
}

std::uint64_t Worker::unanswered() {
  std::promise<std::uint64_t> promise;
  boost::asio::post(context_, [&] {
    std::uint64_t sum = 0;
    for (const auto& nvr : nvrs_)
      sum += nvr->unanswered();
    promise.set_value(sum);
  });
  return promise.get_future().get();
}

void Worker::hang_up() {
  boost::asio::post(context_, [this] {
    for (const auto& nvr : nvrs_)
      nvr->hang_up();
    work_.reset();
  });
}

void Worker::join(TimePoint until) {
  while (!context_.stopped() && Clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  context_.stop();
  thread_.join();
}

} // namespace nvrhub::simulate
