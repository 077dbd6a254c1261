#pragma once

#include <filesystem>

#include "cluster/node.hpp"
#include "cluster/peer_client.hpp"

namespace nvrhub::cluster {

/// Replaces the data in `directory` by those of a node that runs, after a check: for a node that has none, or whose
/// data are too old for the log. Blocks; `options.is_cancelled` ends it. REQUIRES: nothing has the directory open, and
/// other threads of the process only write the log and answer health checks (fork). ERRORS: why no node gave its data;
/// unavailable if that may pass. The directory is unchanged then.
Result<void> fetch_data(const Options& options, const PeerClient& peers, const std::filesystem::path& directory);

} // namespace nvrhub::cluster
