#include "app/cli/cluster_flags.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace nvrhub::app {

namespace {

constexpr std::size_t max_password = 4096;

CLI::Validator cluster_check() {
  return CLI::Validator(
      [](const std::string& text) {
        const auto cluster = log::etcd::parse_cluster(text);
        return cluster ? std::string() : cluster.error().message;
      },
      "URL");
}

tl::expected<std::string, CommandError> read_password_file(const std::string& name) {
  const std::string flag = "--cluster-password-file " + name + ": ";
  errno = 0;
  std::ifstream file(name);
  if (!file) return tl::make_unexpected(CommandError{flag + "cannot be read: " + std::strerror(errno)});
  std::string password(max_password + 1, '\0');
  file.read(password.data(), static_cast<std::streamsize>(password.size()));
  if (file.bad()) return tl::make_unexpected(CommandError{flag + "cannot be read"});
  password.resize(static_cast<std::size_t>(file.gcount()));
  if (password.size() > max_password) return tl::make_unexpected(CommandError{flag + "is longer than a password"});
  password.erase(password.find_last_not_of("\r\n") + 1);
  if (password.empty()) return tl::make_unexpected(CommandError{flag + "is empty; a password is expected"});
  return password;
}

} // namespace

CLI::Option* add_cluster_flags(CLI::App& command, ClusterFlags& flags) {
  CLI::Option* const cluster =
      command
          .add_option("--cluster", flags.url,
                      "The cluster's etcd: URLs of its members and the prefix of its keys, as in "
                      "http://e1:2379,http://e2:2379/fleet")
          ->type_name("URL")
          ->check(cluster_check());
  command.add_option("--cluster-ca", flags.ca, "Authority (PEM) of etcd's certificates; default: the machine's")
      ->type_name("FILE");
  CLI::Option* const cert =
      command.add_option("--cluster-cert", flags.cert, "Certificate (PEM) that etcd is shown")->type_name("FILE");
  CLI::Option* const key = command.add_option("--cluster-key", flags.key, "Its key (PEM)")->type_name("FILE");
  cert->needs(key);
  key->needs(cert);
  CLI::Option* const user = command.add_option("--cluster-user", flags.user, "User at etcd")->type_name("NAME");
  CLI::Option* const password =
      command.add_option("--cluster-password-file", flags.password_file, "File with the user's password")
          ->type_name("FILE");
  user->needs(password);
  password->needs(user);
  return cluster;
}

tl::expected<log::etcd::Options, CommandError> read_cluster_flags(const ClusterFlags& flags) {
  constexpr int usage_code = 2;
  auto cluster = log::etcd::parse_cluster(flags.url);
  if (!cluster) return tl::make_unexpected(CommandError{"--cluster: " + cluster.error().message, usage_code});
  const bool names_tls = !flags.ca.empty() || !flags.cert.empty() || !flags.user.empty();
  if (!cluster->is_tls && names_tls) {
    return tl::make_unexpected(CommandError{"--cluster says http://, but " +
                                                std::string(!flags.ca.empty()     ? "--cluster-ca"
                                                            : !flags.cert.empty() ? "--cluster-cert"
                                                                                  : "--cluster-user") +
                                                " is given, which needs https://",
                                            usage_code});
  }
  log::etcd::Options options;
  options.cluster = std::move(*cluster);
  options.tls = {flags.ca, flags.cert, flags.key};
  if (flags.user.empty()) return options;
  auto password = read_password_file(flags.password_file);
  if (!password) return tl::make_unexpected(std::move(password.error()));
  options.credentials = {flags.user, std::move(*password)};
  return options;
}

} // namespace nvrhub::app
