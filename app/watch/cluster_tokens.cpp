#include "app/watch/cluster_tokens.hpp"

#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "store/backup/staging_directory.hpp"

namespace nvrhub::app {

namespace {

const std::string marker; // the empty id
constexpr std::string_view unchanged = "unchanged";

TokenTexts texts_of(const std::vector<access::Token>& tokens) {
  TokenTexts texts;
  for (const access::Token& token : tokens)
    texts[token.id] = access::encode_token(token);
  return texts;
}

void add(store::Write& write, const std::string& id, std::optional<std::string> text) {
  write.alerts.push_back({std::string(store::token_prefix) + id, std::move(text)});
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

/// Those that are valid, and that this version can read: one of a newer version may have a role of its own.
TokenTexts readable(const TokenTexts& stored) {
  TokenTexts valid;
  for (const auto& [id, text] : stored)
    if (!text.empty() && access::decode_token(text)) valid.emplace(id, text);
  return valid;
}

bool is_revoked(const TokenTexts& stored, const std::string& id) {
  const auto found = stored.find(id);
  return found != stored.end() && found->second.empty();
}

std::vector<access::Token> tokens_of(const TokenTexts& texts) {
  std::vector<access::Token> tokens;
  for (const auto& [id, text] : texts)
    if (auto token = access::decode_token(text)) tokens.push_back(std::move(*token));
  return tokens;
}

} // namespace

store::Result<TokenTexts> stored_tokens(const store::Snapshot& snapshot) {
  TokenTexts texts;
  return snapshot
      .each_alert(store::token_prefix,
                  [&](std::string_view key, std::string&& text) {
                    texts.emplace(key.substr(store::token_prefix.size()), std::move(text));
                  })
      .map([&] { return std::move(texts); });
}

ClusterTokens::ClusterTokens(const std::filesystem::path& directory)
    : file_(directory), base_file_(directory / "cluster-tokens.json"), base_(read_base(base_file_)) {}

tl::expected<std::optional<store::Write>, std::string> ClusterTokens::update(const TokenTexts& stored,
                                                                             fleet::WallMillis now) {
  const std::uint64_t version = file_.version();
  const bool has_file = version != 0;
  Changes own;
  // Under the lock of the file: a change by another program or thread comes before or after all of this.
  const auto done = file_.change([&](std::vector<access::Token>& list) -> tl::expected<void, std::string> {
    const TokenTexts local = has_file ? texts_of(list) : readable(stored); // a file that is gone revokes nothing
    own = own_changes(local, stored, has_file, now);
    const TokenTexts result = wanted(local, stored, own);
    if (result == local && (has_file || stored.empty())) return tl::make_unexpected(std::string(unchanged));
    list = tokens_of(result);
    return {};
  });
  if (!done && done.error() != unchanged) return tl::make_unexpected(done.error());
  // Not earlier: what is missing in the file would be taken for revoked.
  if (auto written = write_base(stored); !written) return tl::make_unexpected(written.error());
  version_ = version; // an own change of the file is looked at once more
  made_.insert(own.made.begin(), own.made.end());
  revoked_.insert(own.revoked.begin(), own.revoked.end());
  is_marked_ = is_marked_ || own.marks;
  std::erase_if(made_, [&](const std::string& id) { return stored.contains(id); });
  std::erase_if(revoked_, [&](const std::string& id) { return is_revoked(stored, id); });
  if (own.write.alerts.empty()) return std::nullopt;
  return std::move(own.write);
}

/// What is not on its way yet.
ClusterTokens::Changes ClusterTokens::own_changes(const TokenTexts& local, const TokenTexts& stored, bool has_file,
                                                  fleet::WallMillis now) const {
  Changes own;
  for (const auto& [id, text] : local) {
    if (stored.contains(id) || made_.contains(id)) continue;
    own.made.insert(id);
    add(own.write, id, text);
    const auto token = access::decode_token(text);
    add_event(own.write, "token " + id + " made: " + (token ? access::describe(*token) : token.error()), now);
  }
  std::set<std::string> known = base_;
  known.insert(made_.begin(), made_.end());
  for (const std::string& id : known) {
    const auto found = stored.find(id);
    const bool is_unreadable = found != stored.end() && !found->second.empty() && !access::decode_token(found->second);
    if (local.contains(id) || revoked_.contains(id) || is_revoked(stored, id) || is_unreadable) continue;
    own.revoked.insert(id);
    add(own.write, id, "");
    add_event(own.write, "token " + id + " revoked", now);
  }
  own.marks = has_file && stored.empty() && !is_marked_;
  if (own.marks) add(own.write, marker, "");
  return own;
}

/// What the file should have.
TokenTexts ClusterTokens::wanted(const TokenTexts& local, const TokenTexts& stored, const Changes& own) const {
  TokenTexts result = readable(stored);
  for (const auto& [id, text] : local)
    if (!stored.contains(id)) result.emplace(id, text); // on its way
  for (const auto* revoked : {&revoked_, &own.revoked})
    for (const std::string& id : *revoked)
      result.erase(id);
  return result;
}

tl::expected<void, std::string> ClusterTokens::write_base(const TokenTexts& stored) {
  std::set<std::string> ids;
  for (const auto& [id, text] : stored)
    if (!text.empty()) ids.insert(id);
  if (ids == base_) return {};
  const auto written = store::write_durably(base_file_, nlohmann::json(ids).dump() + "\n");
  if (!written) return tl::make_unexpected(written.error().message);
  base_ = std::move(ids);
  return {};
}

} // namespace nvrhub::app
