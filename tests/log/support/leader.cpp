#include "log/support/leader.hpp"

#include <chrono>
#include <optional>
#include <string_view>

#include "log/etcd/client.hpp"
#include "log/etcd/methods.hpp"
#include "log/etcd/protobuf.hpp"
#include "log/support/log_node.hpp"

namespace nvrhub::tests {
namespace {

struct Status {
  std::uint64_t member = 0;
  std::uint64_t leader = 0;
};

std::uint64_t number_of(std::string_view message, std::uint32_t wanted) {
  log::etcd::ProtobufReader reader(message);
  while (const auto field = reader.next().value()) {
    if (field->number == wanted) return field->value;
  }
  return 0;
}

Status ask_status(boost::asio::io_context& io, const log::etcd::Endpoint& endpoint) {
  log::etcd::Client client(io, {{endpoint}, nullptr}, {}, std::chrono::seconds(1));
  std::optional<Status> status;
  client.call(log::etcd::methods::status, {}, log::etcd::Client::forever, [&](const auto& answer) {
    log::etcd::ProtobufReader reader(answer->message);
    const auto header = reader.next().value();
    status = Status{number_of(header->bytes, 2), number_of(answer->message, 4)};
  });
  run_until(io, [&] { return status.has_value(); });
  return *status;
}

} // namespace

std::size_t wait_for_leader(boost::asio::io_context& io, const EtcdMembers& etcd) {
  while (true) {
    std::optional<std::size_t> leader;
    bool agreed = true;
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < etcd.size(); ++i) {
      const Status status = ask_status(io, etcd.endpoint(i));
      agreed = agreed && status.leader != 0 && (i == 0 || status.leader == id);
      id = status.leader;
      if (status.member == status.leader) leader = i;
    }
    if (agreed && leader) return *leader;
  }
}

} // namespace nvrhub::tests
