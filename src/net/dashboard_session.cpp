#include "net/dashboard_session.hpp"

#include <utility>

#include "protocol/encode.hpp"

namespace nvrhub::net {

using protocol::CloseCode;
using protocol::ErrorCode;

DashboardSession::DashboardSession(Socket&& socket, IoThread& thread, Services& services)
    : WebSocketSession(std::move(socket), thread, services) {}

DashboardSession::~DashboardSession() {
  services_.dashboards.leave(thread(), *this);
}

void DashboardSession::on_open() {
  services_.dashboards.join(thread(), *this);
  set_deadline(last_life() + services_.options.heartbeat_timeout / 2);
  read_next();
}

void DashboardSession::on_message(std::string_view) {
  if (!is_closing()) {
    refuse(ErrorCode::bad_message, "a dashboard socket only listens: it gets every nvr_status_update");
  }
  read_next();
}

void DashboardSession::on_binary() {
  on_message({});
}

void DashboardSession::on_time(MonoTime now) {
  if (!probe(now)) close(CloseCode::silent);
}

} // namespace nvrhub::net
