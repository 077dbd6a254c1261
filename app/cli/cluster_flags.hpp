#pragma once

#include <string>

#include <CLI/CLI.hpp>
#include <tl/expected.hpp>

#include "app/cli/client_flags.hpp"
#include "log/etcd/etcd_log.hpp"

namespace nvrhub::app {

/// The flags that name the etcd of a cluster and how it is reached: --cluster, --cluster-ca, --cluster-cert,
/// --cluster-key, --cluster-user, --cluster-password-file.
struct ClusterFlags {
  std::string url;
  std::string ca;
  std::string cert;
  std::string key;
  std::string user;
  std::string password_file;
};

/// Returns the option --cluster, which the caller may require.
CLI::Option* add_cluster_flags(CLI::App& command, ClusterFlags& flags);

/// Without `origin`. Reads the file of the password. REQUIRES: --cluster is given.
/// ERRORS: flags that contradict each other (2), a file that can't be read (1). Files of TLS are read later.
tl::expected<log::etcd::Options, CommandError> read_cluster_flags(const ClusterFlags& flags);

} // namespace nvrhub::app
