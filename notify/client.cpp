#include "notify/client.hpp"

#include <algorithm>
#include <utility>

#include <curl/curl.h>

#include "notify/transfer.hpp"

namespace nvrhub::notify {

namespace {

constexpr int max_poll_ms = 60'000; // libcurl shortens it to its next timer; wake() ends it

/// Once per process; libcurl counts the calls.
struct GlobalInit {
  GlobalInit() { curl_global_init(CURL_GLOBAL_DEFAULT); }
};

} // namespace

/// The transfers in flight. THREADS: the client's, except wake().
class Client::Transfers {
public:
  explicit Transfers(const Limits& limits) : limits_(limits), multi_(curl_multi_init(), curl_multi_cleanup) {}
  ~Transfers() {
    for (const auto& transfer : open_)
      curl_multi_remove_handle(multi_.get(), transfer->handle());
  }
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  void wake() { curl_multi_wakeup(multi_.get()); }

  void add(Job job) {
    auto transfer = std::make_unique<Transfer>(std::move(job.request), std::move(job.callback), limits_);
    if (open_.size() >= limits_.max_transfers)
      return transfer->fail("more than " + std::to_string(limits_.max_transfers) + " transfers at the same time");
    if (transfer->handle() == nullptr || curl_multi_add_handle(multi_.get(), transfer->handle()) != CURLM_OK)
      return transfer->fail("out of memory");
    open_.push_back(std::move(transfer));
  }

  /// Proceeds and calls back; if nothing ended, waits for the network, a timer or wake().
  void proceed() {
    int running = 0, messages = 0;
    curl_multi_perform(multi_.get(), &running);
    bool has_ended = false;
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &messages)) {
      if (message->msg != CURLMSG_DONE) continue;
      finish(message->easy_handle, message->data.result);
      has_ended = true;
    }
    if (!has_ended) curl_multi_poll(multi_.get(), nullptr, 0, max_poll_ms, nullptr);
  }

private:
  void finish(CURL* handle, CURLcode result) {
    curl_multi_remove_handle(multi_.get(), handle);
    const auto has_handle = [handle](const auto& transfer) { return transfer->handle() == handle; };
    const auto found = std::find_if(open_.begin(), open_.end(), has_handle);
    const std::unique_ptr<Transfer> transfer = std::move(*found);
    open_.erase(found);
    transfer->finish(result);
  }

  const Limits limits_;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
  std::vector<std::unique_ptr<Transfer>> open_;
};

Client::Client(const Limits& limits) : limits_(limits) {
  static const GlobalInit once;
  transfers_ = std::make_unique<Transfers>(limits);
  thread_ = std::thread([this] { run(); });
}

Client::~Client() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  transfers_->wake();
  thread_.join();
}

void Client::send(Request request, Callback callback) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(request), std::move(callback)});
  }
  transfers_->wake();
}

void Client::run() {
  while (true) {
    std::vector<Job> jobs;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      jobs.swap(jobs_);
    }
    for (Job& job : jobs)
      transfers_->add(std::move(job));
    transfers_->proceed();
  }
}

} // namespace nvrhub::notify
