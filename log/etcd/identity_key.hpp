#pragma once

#include <string>

#include "log/etcd/client.hpp"
#include "log/etcd/keys.hpp"
#include "log/log.hpp"

namespace nvrhub::log::etcd {

/// The key with the identity of the cluster. It is entered by one transaction, which compares that no key at all begins
/// with the prefix: of two calls at once one is refused. THREADS: one, as Log's. OWNERSHIP: the references outlive it.
class IdentityKey {
public:
  IdentityKey(Client& client, const Keys& keys) : client_(client), keys_(keys) {}

  void found(const std::string& identity, const Log::OnDone& done);
  void read(Log::OnIdentity done);

private:
  Client& client_;
  const Keys& keys_;
};

} // namespace nvrhub::log::etcd
