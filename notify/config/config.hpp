#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "notify/channel.hpp"

namespace nvrhub::notify {

/// The text of a config file, cut where its tables begin: `nvrhub serve` reads `flags` as keys, parse_config() the
/// rest.
struct ConfigText {
  std::string flags;
  std::string tables; // with an empty line for each line of `flags`, so that line numbers are those of the file
};
/// Cuts before the first [channel...] or [alert...] header, with one bracket or two.
ConfigText split_config(std::string_view text);

/// What the tables of a config file say.
struct Configuration {
  std::vector<Channel> channels; // at most alerts::max_channels
  /// {"rules":[...]} of the [[alert]] tables, in the form of `PUT /api/v1/alert-rules`; empty: there are none.
  std::string alerts_json;
  std::vector<unsigned> alert_lines; // of each rule, for errors of its decoder

  const Channel* find(std::string_view name) const;
};

/// Reads the tables of a config file, and the files and environment variables that they name for secrets and templates.
/// The fields are those of docs/guide/alerts.md.
/// ERRORS: the first wrong field, as `line 12: [[channel]] "ops": url: expected ...`. No error contains a secret.
tl::expected<Configuration, std::string> parse_config(const std::string& tables);

} // namespace nvrhub::notify
