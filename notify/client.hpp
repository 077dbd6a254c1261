#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "notify/request.hpp"

namespace nvrhub::notify {

/// Sends requests over the network by libcurl's multi interface: HTTP(S) and SMTP(S).
///
///   Client client;
///   client.send(request, [](Outcome outcome) { ... });   // on the client's thread
///
/// - No redirect is followed, and no proxy, credential or setting is read from the environment or a file of the user.
/// - Unless the request allows it, no connection is made to an address that is not public (address_guard.hpp). With a
///   proxy this concerns the address of the proxy; where the proxy connects to is its own matter.
/// - Connections are not kept: a message is rare, and a kept one could get around the check of another channel.
/// - An answer is read up to a limit.
///
/// THREADS: send() from any. One thread runs all transfers and callbacks, which must not block; no receiver, however
/// slow, blocks it. The destructor aborts what is in flight without calling back.
/// ERRORS: all as Outcome::error.
class Client {
public:
  struct Limits {
    std::chrono::milliseconds connect{5'000};
    std::chrono::milliseconds total{30'000};
    std::chrono::seconds smtp_reply{15};
    std::size_t max_transfers = 512; // further ones fail
  };
  using Callback = std::function<void(Outcome)>;

  Client() : Client(Limits{}) {}
  explicit Client(const Limits& limits);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(Request request, Callback callback);

private:
  class Transfers;

  struct Job {
    Request request;
    Callback callback;
  };

  void run();

  const Limits limits_;
  std::unique_ptr<Transfers> transfers_; // of the thread, except wake()
  std::mutex mutex_;                     // of jobs_ and stopping_
  std::vector<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace nvrhub::notify
