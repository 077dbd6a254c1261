#include "app/watch/cluster_tokens.hpp"

#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "actors/token_records.hpp"
#include "store/backup/staging_directory.hpp"

namespace nvrhub::app {

namespace {

const std::string marker; // the empty id

TokenTexts texts_of(const std::vector<access::Token>& tokens) {
  TokenTexts texts;
  for (const access::Token& token : tokens)
    texts[token.id] = access::encode_token(token);
  return texts;
}

void add(store::Write& write, const std::string& id, std::optional<std::string> text) {
  write.alerts.push_back({std::string(actors::token_prefix) + id, std::move(text)});
}

void add_event(store::Write& write, std::string detail, fleet::WallMillis now) {
  fleet::Event& event = write.events.emplace_back();
  event.kind = fleet::Kind::admin;
  event.at = now;
  event.detail = std::move(detail);
}

/// Nothing: it is missing or damaged, as before the first time.
std::set<std::string> read_base(const std::filesystem::path& file) {
  std::set<std::string> ids;
  std::ifstream in(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const nlohmann::json list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) return ids;
  for (const nlohmann::json& id : list)
    if (id.is_string()) ids.insert(id.get<std::string>());
  return ids;
}

/// Those that are not revoked.
TokenTexts valid_of(const TokenTexts& stored) {
  TokenTexts valid;
  for (const auto& [id, text] : stored)
    if (!text.empty()) valid.emplace(id, text);
  return valid;
}

} // namespace

store::Result<TokenTexts> stored_tokens(const store::Snapshot& snapshot) {
  TokenTexts texts;
  return snapshot
      .each_alert(actors::token_prefix,
                  [&](std::string_view key, std::string&& text) {
                    texts.emplace(key.substr(actors::token_prefix.size()), std::move(text));
                  })
      .map([&] { return std::move(texts); });
}

ClusterTokens::ClusterTokens(const std::filesystem::path& directory)
    : file_(directory), base_file_(directory / "cluster-tokens.json"), base_(read_base(base_file_)) {}

tl::expected<std::optional<store::Write>, std::string> ClusterTokens::update(const TokenTexts& stored,
                                                                             fleet::WallMillis now) {
  const auto read = file_.read();
  if (!read) return tl::make_unexpected(read.error());
  const TokenTexts local = *read ? texts_of(**read) : valid_of(stored); // a file that is gone revokes nothing
  store::Write own = own_changes(local, stored, now);
  if (*read && stored.empty() && !std::exchange(is_marked_, true)) add(own, marker, "");

  TokenTexts wanted = valid_of(stored);
  for (const auto& [id, text] : local)
    if (!stored.contains(id)) wanted.emplace(id, text); // on its way
  for (const std::string& id : revoked_)
    wanted.erase(id);
  std::set<std::string> ids;
  for (const auto& [id, text] : valid_of(stored))
    ids.insert(id);
  if (wanted != local || (!*read && !stored.empty())) {
    if (auto written = write_tokens(wanted); !written) return tl::make_unexpected(written.error());
  }
  if (ids != base_) { // not earlier: what is missing in the file would be taken for revoked
    if (auto written = write_base(ids); !written) return tl::make_unexpected(written.error());
    base_ = std::move(ids);
  }
  version_ = file_.version();
  if (own.alerts.empty()) return std::nullopt;
  return own;
}

/// What is not on its way yet.
store::Write ClusterTokens::own_changes(const TokenTexts& local, const TokenTexts& stored, fleet::WallMillis now) {
  store::Write write;
  for (const auto& [id, text] : local) {
    if (stored.contains(id) || !made_.insert(id).second) continue;
    add(write, id, text);
    const auto token = access::decode_token(text);
    add_event(write, "token " + id + " made: " + (token ? access::describe(*token) : token.error()), now);
  }
  const auto is_revoked = [&](const std::string& id) {
    const auto found = stored.find(id);
    return found != stored.end() && found->second.empty();
  };
  std::set<std::string> known = base_;
  known.insert(made_.begin(), made_.end());
  for (const std::string& id : known) {
    if (is_revoked(id) || local.contains(id) || !revoked_.insert(id).second) continue;
    add(write, id, "");
    add_event(write, "token " + id + " revoked", now);
  }
  std::erase_if(made_, [&](const std::string& id) { return stored.contains(id); });
  std::erase_if(revoked_, is_revoked);
  return write;
}

tl::expected<void, std::string> ClusterTokens::write_tokens(const TokenTexts& wanted) const {
  std::vector<access::Token> tokens;
  for (const auto& [id, text] : wanted) {
    auto token = access::decode_token(text);
    if (!token) return tl::make_unexpected("token " + id + " of the cluster " + token.error());
    tokens.push_back(std::move(*token));
  }
  return file_.change([&](std::vector<access::Token>& list) -> tl::expected<void, std::string> {
    list = std::move(tokens);
    return {};
  });
}

tl::expected<void, std::string> ClusterTokens::write_base(const std::set<std::string>& ids) const {
  const auto written = store::write_durably(base_file_, nlohmann::json(ids).dump() + "\n");
  if (!written) return tl::make_unexpected(written.error().message);
  return {};
}

} // namespace nvrhub::app
