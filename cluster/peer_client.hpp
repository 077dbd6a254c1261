#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "access/cluster_secret.hpp"
#include "cluster/ask.hpp"
#include "cluster/error.hpp"
#include "cluster/http_answer.hpp"

namespace nvrhub::cluster {

struct PeerOptions {
  std::string node;                                    // the caller
  std::shared_ptr<const access::ClusterSecret> secret; // null: nothing that needs it can be asked for
  std::string ca;           // authority (PEM) of the peers' certificates; empty: the machine's
  bool allow_plain = false; // data of the fleet may travel without TLS
};

struct PeerState {
  bool is_ready = false;                        // it takes NVRs, so it reaches etcd
  std::chrono::duration<double> clock_ahead{0}; // of this machine's, at least; negative: behind
};

/// Calls other servers of the cluster over HTTP. Each call blocks and has a connection of its own.
/// `address` is what the other server has announced. THREADS: any.
class PeerClient {
public:
  explicit PeerClient(PeerOptions options);

  /// What the server answers at /readyz. ERRORS: unavailable: no answer.
  Result<PeerState> ask_state(const std::string& address, std::chrono::milliseconds limit) const;

  /// Downloads the data of the server into a new file, which is durable then. `progress` gets the bytes so far.
  /// ERRORS: refused, unavailable, cancelled; the file is incomplete then.
  Result<void> fetch_data(const std::string& address, const std::filesystem::path& file, const GiveUp& give_up,
                          const std::function<void(std::uint64_t)>& progress) const;

  /// Has the server carry out a call of the API for a caller with this grant, as JSON; null: all rights.
  Result<HttpAnswer> forward(const std::string& address, const std::string& method, const std::string& target,
                             const std::string& body, const std::string& grant, std::chrono::milliseconds limit) const;

private:
  HttpTls tls() const;
  Result<std::string> signed_body(const std::string& address, std::string_view call, const std::string& content,
                                  std::chrono::milliseconds limit) const;
  Result<void> require_private(const std::string& address) const;

  PeerOptions options_;
};

} // namespace nvrhub::cluster
