#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/interfaces.hpp"

namespace nvrhub::actors::test {

/// A socket that writes down what the actors tell it.
class Socket final : public SessionOutlet {
public:
  std::vector<std::string> texts;
  std::vector<protocol::CloseCode> closes;
  std::optional<Attached> session;
  fleet::SessionNumber number = 0; // of `session`, kept when the handle is dropped
  int attached_times = 0;
  int reports_taken = 0;

  void attached(const Attached& granted) override {
    session = granted;
    number = granted.session;
    ++attached_times;
    for (const auto& act : std::exchange(waiting_, {}))
      act(granted);
  }
  void send(std::string text) override { texts.push_back(std::move(text)); }
  void report_taken() override { ++reports_taken; }
  void close(protocol::CloseCode code) override { closes.push_back(code); }

  /// Does `act` now if the session is granted, else as soon as it is: a socket is not read before.
  void once_attached(std::function<void(const Attached&)> act) {
    if (session) {
      act(*session);
    } else {
      waiting_.push_back(std::move(act));
    }
  }

private:
  std::vector<std::function<void(const Attached&)>> waiting_;
};
using SocketPtr = std::shared_ptr<Socket>;

/// Keeps what dashboards would see.
class Feed final : public FeedSink {
public:
  std::vector<std::string> texts;

  void publish(const std::vector<std::string>& messages) override {
    texts.insert(texts.end(), messages.begin(), messages.end());
  }
};

} // namespace nvrhub::actors::test
