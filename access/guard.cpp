#include "access/guard.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::access {

namespace {

GrantPtr grant_of(const Token& token) {
  Grant grant{token.role, token.id, false, token.hostname, token.sites};
  if (grant.sites) std::sort(grant.sites->begin(), grant.sites->end());
  return std::make_shared<const Grant>(std::move(grant));
}

} // namespace

void Guard::set(const std::optional<std::vector<Token>>& tokens) {
  auto next = std::make_shared<Table>();
  next->open = !tokens;
  if (tokens) {
    for (const Token& token : *tokens)
      next->tokens.insert_or_assign(token.id, Known{token, grant_of(token)});
  }
  const std::lock_guard lock(mutex_);
  table_ = std::move(next);
  generation_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const Guard::Table> Guard::table() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

bool Guard::is_open() const {
  return table()->open;
}

GrantPtr Guard::admit(std::string_view text) const {
  static const GrantPtr everything = std::make_shared<const Grant>();
  const auto now = table();
  if (now->open) return everything;
  const auto id = id_in(text);
  if (!id) return nullptr;
  const auto known = now->tokens.find(*id);
  if (known == now->tokens.end() || !matches(known->second.token, hash_of(text))) return nullptr;
  return known->second.grant;
}

bool Guard::holds(const Grant& grant) const {
  if (grant.by_certificate) return true; // valid as long as its connection
  const auto now = table();
  if (grant.token_id.empty()) return now->open;
  return now->tokens.contains(grant.token_id); // ids are never reused
}

} // namespace nvrhub::access
