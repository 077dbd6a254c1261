#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cluster/error.hpp"
#include "log/etcd/etcd_log.hpp"

namespace nvrhub::cluster {

/// In what time a member of etcd has synced 99 % of its writes since it was started, as its /metrics say: the upper end
/// of a bucket, each twice the one before. nullopt: slower than all buckets. Blocks, `limit` at most.
/// ERRORS: unavailable, refused.
Result<std::optional<std::chrono::milliseconds>>
read_sync_time(const log::etcd::Options& etcd, const log::etcd::Endpoint& member, std::chrono::milliseconds limit);

/// The same of the text of /metrics. ERRORS: unavailable: it has no such times.
Result<std::optional<std::chrono::milliseconds>> sync_time_in(const std::string& metrics);

} // namespace nvrhub::cluster
