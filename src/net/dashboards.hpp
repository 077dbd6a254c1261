#pragma once

#include "actors/interfaces.hpp"
#include "net/dashboard_session.hpp"
#include "net/per_thread.hpp"

namespace nvrhub::net {

/// Brings committed events to the dashboards: one post to each I/O thread that has some, whatever their number.
class Dashboards final : public actors::FeedSink {
public:
  explicit Dashboards(PerThread<DashboardSession>& sessions) : sessions_(sessions) {}

  void publish(const std::vector<std::string>& messages) override {
    std::vector<Frame> frames;
    frames.reserve(messages.size());
    for (const std::string& message : messages)
      frames.push_back(text_frame(message));
    sessions_.each([frames = std::move(frames)](DashboardSession& session) {
      for (const Frame& frame : frames)
        session.send(frame);
    });
  }

private:
  PerThread<DashboardSession>& sessions_;
};

} // namespace nvrhub::net
