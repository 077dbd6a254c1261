#pragma once

#include <chrono>

#include "log/etcd/client.hpp"
#include "log/etcd/keys.hpp"
#include "log/log.hpp"

namespace nvrhub::log::etcd {

/// Log::last_entries(). OWNERSHIP: `client` and `keys` live until `done` has run or the client is gone.
void read_last_entries(Client& client, const Keys& keys, std::chrono::milliseconds limit, Log::OnLastEntries done);

} // namespace nvrhub::log::etcd
