#include "log/support/faulty_proxy.hpp"

#include <array>
#include <string>
#include <utility>

#include <boost/asio/write.hpp>

namespace nvrhub::tests {

using boost::asio::ip::tcp;

struct FaultyProxy::Connection : std::enable_shared_from_this<Connection> {
  Connection(tcp::socket accepted, boost::asio::io_context& io) : client(std::move(accepted)), member(io) {}

  void start(const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    member.connect(endpoint, error); // loopback: at once
    if (error) return close();
    read_client();
    read_member();
  }
  void close() {
    boost::system::error_code ignored;
    client.close(ignored);
    member.close(ignored);
  }
  void read_client() {
    client.async_read_some(boost::asio::buffer(request), [self = shared_from_this()](const auto& error, auto size) {
      self->held.append(self->request.data(), size);
      if (error && !self->is_holding) return self->close();
      if (!self->is_holding) self->forward();
      if (!error) self->read_client();
    });
  }
  void forward() {
    boost::system::error_code ignored; // the member may be gone
    boost::asio::write(member, boost::asio::buffer(held), ignored);
    held.clear();
  }
  void read_member() {
    member.async_read_some(boost::asio::buffer(answer), [self = shared_from_this()](const auto& error, auto size) {
      boost::system::error_code failed;
      if (!self->is_losing) boost::asio::write(self->client, boost::asio::buffer(self->answer.data(), size), failed);
      if (error) return self->close();
      self->read_member();
    });
  }

  tcp::socket client;
  tcp::socket member;
  std::array<char, 16 * 1024> request{};
  std::array<char, 16 * 1024> answer{};
  std::string held;
  bool is_holding = false;
  bool is_losing = false;
};

FaultyProxy::FaultyProxy(boost::asio::io_context& io, log::etcd::Endpoint member)
    : io_(io), member_(boost::asio::ip::make_address(member.host), member.port),
      acceptor_(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
  accept();
}

FaultyProxy::~FaultyProxy() {
  for (const auto& connection : connections_)
    connection->close();
}

log::etcd::Endpoint FaultyProxy::endpoint() const {
  return {"127.0.0.1", acceptor_.local_endpoint().port()};
}

void FaultyProxy::accept() {
  acceptor_.async_accept([this](const auto& error, tcp::socket socket) {
    if (error) return; // the proxy is gone
    connections_.push_back(std::make_shared<Connection>(std::move(socket), io_));
    connections_.back()->start(member_);
    accept();
  });
}

void FaultyProxy::lose_answers() {
  for (const auto& connection : connections_)
    connection->is_losing = true;
}

void FaultyProxy::hold_requests() {
  for (const auto& connection : connections_)
    connection->is_holding = true;
}

void FaultyProxy::release() {
  for (const auto& connection : connections_) {
    if (!connection->is_holding) continue;
    connection->forward();
    connection->is_losing = true; // the client is gone; the member's answers go nowhere
    connection->is_holding = false;
  }
}

} // namespace nvrhub::tests
