#include "fleet/status.hpp"

#include "fleet/names.hpp"

namespace nvrhub::fleet {

std::optional<Status> Status::parse(std::string_view text) {
  if (text == "online") return online(); // nearly all are one of these two
  if (text == "offline") return offline();
  if (text.size() > max_bytes || !is_valid_name(text)) return std::nullopt;
  return Status(text.data(), text.size());
}

std::string_view to_string(Source source) {
  switch (source) {
  case Source::reported:
    return "reported";
  case Source::assumed:
    return "assumed";
  case Source::nvr_unreachable:
    return "nvr_unreachable";
  case Source::manual:
    return "manual";
  }
  return "?";
}

std::string_view to_string(Cause cause) {
  switch (cause) {
  case Cause::closed:
    return "closed";
  case Cause::timeout:
    return "timeout";
  case Cause::error:
    return "error";
  case Cause::kicked:
    return "kicked";
  case Cause::server_restart:
    return "server_restart";
  case Cause::manual:
    return "manual";
  case Cause::node_lost:
    return "node_lost";
  }
  return "?";
}

} // namespace nvrhub::fleet
