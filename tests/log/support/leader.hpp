#pragma once

#include <cstddef>

#include <boost/asio/io_context.hpp>

#include "log/support/etcd_members.hpp"

namespace nvrhub::tests {

/// The index of the member that leads; waits until all agree on one.
std::size_t wait_for_leader(boost::asio::io_context& io, const EtcdMembers& etcd);

} // namespace nvrhub::tests
