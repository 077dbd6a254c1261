#pragma once

#include "net/websocket_session.hpp"

namespace nvrhub::net {

/// One dashboard socket (protocol.md, "Dashboard socket"): gets the seed's feed.
class DashboardSession final : public WebSocketSession {
public:
  DashboardSession(Socket&& socket, IoThread& thread, Services& services);
  ~DashboardSession() override;

private:
  void on_open() override;
  void on_message(std::string_view text) override;
  void on_binary() override;
  void on_end(End) override {}
  void on_time(MonoTime now) override;
};

} // namespace nvrhub::net
