#pragma once

#include "actors/interfaces.hpp"
#include "net/dashboard_session.hpp"
#include "net/per_thread.hpp"

namespace nvrhub::net {

/// Brings committed events to the dashboards: one post to each I/O thread that has some, whatever their number.
class Dashboards final : public actors::FeedSink {
public:
  explicit Dashboards(PerThread<DashboardSession>& sessions) : sessions_(sessions) {}

  void publish(const std::vector<std::shared_ptr<const std::string>>& messages) override {
    sessions_.each([messages](DashboardSession& session) {
      for (const auto& message : messages)
        session.send(message);
    });
  }

private:
  PerThread<DashboardSession>& sessions_;
};

} // namespace nvrhub::net
