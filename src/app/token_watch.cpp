#include "app/token_watch.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::app {

tl::expected<bool, std::string> TokenWatch::refresh(access::Guard& guard) {
  const std::uint64_t version = file_.version();
  if (version == version_) return false;
  auto tokens = file_.read();
  const bool gone = tokens && !*tokens;
  if (!tokens || gone) {
    if (std::exchange(told_version_, version) == version) return false;
    return tl::make_unexpected(gone ? "tokens.json is gone from the data directory: the tokens that it held go on"
                                    : tokens.error());
  }
  told_version_.reset();
  version_ = version;
  guard.set(*tokens);
  tokens_ = std::move(*tokens).value_or(std::vector<access::Token>{});
  return true;
}

std::optional<store::Write> TokenWatch::take_news(fleet::WallMillis now) {
  store::Write write;
  const auto tell = [&](std::string detail) {
    fleet::Event& event = write.events.emplace_back();
    event.kind = fleet::Kind::admin;
    event.at = now;
    event.detail = std::move(detail);
  };
  std::vector<std::string> ids;
  for (const access::Token& token : tokens_) {
    ids.push_back(token.id);
    if (std::find(told_.begin(), told_.end(), token.id) == told_.end()) {
      tell("token " + token.id + " made: " + access::describe(token));
    }
  }
  for (const std::string& id : told_) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) tell("token " + id + " revoked");
  }
  if (write.events.empty()) return std::nullopt;
  write.tokens_told = told_ = std::move(ids);
  return write;
}

} // namespace nvrhub::app
