#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <tl/expected.hpp>

#include "client/http_client.hpp"

namespace nvrhub::app {

/// The flags of the commands that talk to a running server: --server, --token, --token-file, --tls, --ca.
struct ClientFlags {
  std::string server = "127.0.0.1:8080";
  std::string token;
  std::string token_file; // -: stdin
  bool tls = false;
  std::string ca;

  bool reads_stdin() const { return token_file == "-"; }
};

/// An error of a command, and its exit code: 1 runtime failure, 2 usage.
struct CommandError {
  std::string message;
  int exit_code = 1;
};

/// Prints the error of `command` to stderr; returns its exit code.
int report_failure(const CLI::App& command, const CommandError& error);

/// `roles`: of the token, for the help.
void add_client_flags(CLI::App& command, ClientFlags& flags, const std::string& roles);

/// Reads the files that the flags name. REQUIRES: `command` has parsed the flags.
/// ERRORS: flags that contradict each other (2), a file that can't be read or used (1).
tl::expected<client::Server, CommandError> read_client_flags(const CLI::App& command, const ClientFlags& flags);

/// Other servers, reached as `server` is; `text`: addresses with commas between them, the value of `flag`.
/// ERRORS: an address that is none, or that contradicts TLS of `server` (2).
tl::expected<std::vector<client::Server>, CommandError>
read_other_servers(const client::Server& server, const std::string& flag, const std::string& text);

/// For commands that use fixed paths: the address may have no other path than those of the sockets, which a URL may
/// have because it is that of a recorder or a dashboard. ERRORS: also another path (2).
tl::expected<client::Server, CommandError> read_client_flags_without_path(const CLI::App& command,
                                                                          const ClientFlags& flags);

} // namespace nvrhub::app
