#include "app/watch/token_watch.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::app {

tl::expected<bool, std::string> TokenWatch::refresh(access::Guard& guard) {
  const std::uint64_t version = file_.version();
  if (version == version_) return false;
  auto tokens = file_.read();
  const bool missing = tokens && !*tokens;
  if (!tokens || missing) {
    if (std::exchange(failed_version_, version) == version) return false;
    return tl::make_unexpected(
        missing ? "tokens.json is missing from the data directory; the tokens read before stay valid: restore the file"
                : tokens.error());
  }
  failed_version_.reset();
  version_ = version;
  guard.set(*tokens);
  tokens_ = std::move(*tokens).value_or(std::vector<access::Token>{});
  return true;
}

std::optional<store::Write> TokenWatch::take_changes(fleet::WallMillis now) {
  store::Write write;
  const auto add_event = [&](std::string detail) {
    fleet::Event& event = write.events.emplace_back();
    event.kind = fleet::Kind::admin;
    event.at = now;
    event.detail = std::move(detail);
  };
  std::vector<std::string> ids;
  for (const access::Token& token : tokens_) {
    ids.push_back(token.id);
    if (std::find(logged_.begin(), logged_.end(), token.id) == logged_.end()) {
      add_event("token " + token.id + " made: " + access::describe(token));
    }
  }
  for (const std::string& id : logged_) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) add_event("token " + id + " revoked");
  }
  if (write.events.empty()) return std::nullopt;
  write.tokens_logged = logged_ = std::move(ids);
  return write;
}

} // namespace nvrhub::app
