#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "notify/render/template.hpp"
#include "notify/secret.hpp"

namespace nvrhub::notify {

/// The body of a webhook: nvrhub's own JSON, or what a known service takes.
enum class Format : std::uint8_t { json, slack, teams, ntfy, discord, plain };

/// Encryption of an SMTP connection that begins in clear. `optional` is open to an attacker who removes the offer.
enum class StartTls : std::uint8_t { required, optional, none };

/// How a receiver is reached.
struct Transport {
  Secret proxy;               // URL; empty: directly. The environment is not read.
  std::string ca;             // PEM file of the authority to trust; empty: those of the machine
  bool allow_private = false; // also addresses that only this machine or its network reaches (address_guard.hpp)
};

/// Empty: none. A token is sent as `Authorization: Bearer`, user name and password as HTTP Basic or by SMTP AUTH.
struct Credentials {
  std::string username;
  Secret password;
  Secret token;
};

struct Webhook {
  Secret url; // services put the access key into the path
  Format format = Format::json;
  Template body; // empty: as `format` says
  std::string content_type;
  Secret signing_key; // the bytes, not their base64; empty: not signed
};

struct Email {
  std::string server; // smtp://HOST:PORT or smtps://HOST:PORT
  StartTls starttls = StartTls::required;
  std::string from_name; // empty: none
  std::string from;
  std::vector<std::string> to; // at least one
};

struct Alertmanager {
  std::vector<Secret> urls; // of the members of one cluster, without the path of the API; at least one
};

/// Where messages go: one [[channel]] table of the config file (docs/guide/alerts.md).
struct Channel {
  std::string name; // unique; letters, digits, '.', '_' and '-'
  Transport transport;
  Credentials credentials;
  std::variant<Webhook, Email, Alertmanager> settings;
};

/// "webhook", "email" or "alertmanager".
std::string_view type_of(const Channel& channel);

/// The receivers for a person or a log, without a secret: scheme, host and port, or the mail addresses.
std::string describe(const Channel& channel);

} // namespace nvrhub::notify
