// GET, POST and DELETE /tokens: the access tokens of the data directory (protocol.md, "Tokens over HTTP").
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "access/token_file.hpp"
#include "api/handlers.hpp"
#include "api/handlers/forward.hpp"
#include "api/query/query.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/encode/tokens.hpp"

namespace nvrhub::api {

namespace {

using access::Token;
using Tokens = std::vector<Token>;
using Change = tl::expected<void, std::string>;

constexpr std::chrono::seconds log_limit{5};
constexpr std::chrono::milliseconds log_poll{20};

constexpr std::string_view a_role = "nvr, dashboard, ingest, operator or admin";

access::TokenFile file_of(const Context& context) {
  return access::TokenFile(context.about.data_file.parent_path());
}

/// Of a file that cannot be read or written.
[[noreturn]] void throw_file_error(const std::string& message) {
  throw HttpError{error_response(503, "unavailable", message)};
}

[[noreturn]] void throw_bad_field(std::string_view field, std::string_view expected) {
  throw HttpError{
      error_response(400, "bad_request", std::string(field).append(" is wrong: expected ").append(expected), field)};
}

bool has_id(const Tokens& tokens, std::string_view id) {
  return std::any_of(tokens.begin(), tokens.end(), [id](const Token& token) { return token.id == id; });
}

/// Without tokens everybody is an admin, and a stranger's token would lock out the others.
void throw_if_anonymous(const Request& request) {
  if (!request.grant->token_id.empty()) return;
  throw HttpError{error_response(403, "forbidden",
                                 "the first token is made on the server: `nvrhub token add --data DIR --role admin`")};
}

/// A list without the caller's token is not the one that the server uses: its file was removed or replaced, and a
/// change would revoke all tokens that are missing in it.
Change check_list(const Tokens& tokens, const Request& request) {
  if (has_id(tokens, request.grant->token_id)) return {};
  return tl::make_unexpected("tokens.json lacks the token of this call: restore the file");
}

protocol::TokenInfo info_of(const Token& token) {
  return {token.id, token.made, to_string(token.role), token.hostname, token.sites, token.note};
}

Token token_of(protocol::TokenRequest&& wanted) {
  const auto role = access::role_of(wanted.role);
  if (!role) throw_bad_field("role", a_role);
  if (wanted.hostname && role != access::Role::nvr) throw_bad_field("hostname", "none, because the role is not nvr");
  if (wanted.sites && !access::may_be_bound_to_sites(*role)) {
    throw_bad_field("sites", "none, because the role is neither dashboard nor operator");
  }
  Token token;
  token.role = *role;
  token.hostname = std::move(wanted.hostname);
  token.sites = std::move(wanted.sites);
  token.note = std::move(wanted.note);
  return token;
}

enum class InLog : std::uint8_t { missing, valid, revoked };

/// Of a cluster: what all servers know of a token.
InLog in_log(const Context& context, const std::string& id) {
  const auto snapshot = value_or_throw(context.store->snapshot());
  InLog state = InLog::missing;
  const std::string wanted = std::string(store::token_prefix) + id;
  value_or_throw(snapshot.each_alert(wanted, [&](std::string_view key, std::string&& text) {
    if (key == wanted) state = text.empty() ? InLog::revoked : InLog::valid;
  }));
  return state;
}

/// Calls `is_done` until it is, or the log has not answered for too long: false.
template <class IsDone>
bool wait_for_log(const Context& context, IsDone is_done) {
  const auto until = std::chrono::steady_clock::now() + log_limit;
  while (!is_done()) {
    if (context.draining || std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(log_poll);
  }
  return true;
}

Response list_tokens(Context& context, const Request&) {
  const auto read = file_of(context).read();
  if (!read) throw_file_error(read.error());
  const Tokens tokens = read->value_or(Tokens{});
  std::vector<protocol::TokenInfo> infos; // they refer to `tokens`
  for (const Token& token : tokens)
    infos.push_back(info_of(token));
  return {200, protocol::encode_tokens(infos)};
}

Response make_token(Context& context, const Request& request) {
  throw_if_anonymous(request);
  auto wanted = protocol::decode_token(request.body);
  if (!wanted) throw HttpError{error_response(400, "bad_request", wanted.error().message, wanted.error().field)};
  Token token = token_of(std::move(*wanted));
  token.made = context.shared->now();
  std::string text;
  const auto done = file_of(context).change([&](Tokens& tokens) -> Change {
    if (auto checked = check_list(tokens, request); !checked) return checked;
    auto minted = access::mint(token, tokens);
    if (!minted) return tl::make_unexpected(minted.error());
    text = std::move(*minted);
    tokens.push_back(token);
    return {};
  });
  if (!done) throw_file_error(done.error());
  if (context.cluster && !wait_for_log(context, [&] { return in_log(context, token.id) == InLog::valid; })) {
    (void)file_of(context).change([&](Tokens& tokens) -> Change {
      std::erase_if(tokens, [&token](const Token& one) { return one.id == token.id; });
      return {};
    });
    throw HttpError{error_response(503, "unavailable", "etcd does not answer: no token was made")};
  }
  return {201, protocol::encode_new_token(info_of(token), text)};
}

/// False: the file has no such token.
bool erase_token(const Context& context, const Request& request, const std::string& id) {
  bool is_unknown = false;
  const auto done = file_of(context).change([&](Tokens& tokens) -> Change {
    if (auto checked = check_list(tokens, request); !checked) return checked;
    is_unknown = std::erase_if(tokens, [&id](const Token& token) { return token.id == id; }) == 0;
    return is_unknown ? Change(tl::make_unexpected("")) : Change();
  });
  if (!done && !is_unknown) throw_file_error(done.error());
  return !is_unknown;
}

/// In a cluster a token that another server has made may be in the log before it is in the file.
bool erase_in_cluster(const Context& context, const Request& request, const std::string& id) {
  bool was_in_file = erase_token(context, request, id);
  const bool is_done = wait_for_log(context, [&] {
    const InLog state = in_log(context, id);
    if (state == InLog::valid && !was_in_file) was_in_file = erase_token(context, request, id);
    return state == InLog::revoked || (state == InLog::missing && !was_in_file);
  });
  if (is_done) return was_in_file;
  throw HttpError{error_response(503, "unavailable",
                                 "etcd does not answer: the token is revoked at this server, and at the others once it "
                                 "does; call again to wait for it")};
}

Response revoke_token(Context& context, const Request& request) {
  throw_if_anonymous(request);
  const std::string& id = request.path["id"];
  const bool was_known = context.cluster ? erase_in_cluster(context, request, id) : erase_token(context, request, id);
  if (!was_known) throw HttpError{error_response(404, "not_found", "no token has the id \"" + id + "\"", "id")};
  return {204, ""};
}

/// In a cluster they wait for its log.
void change_tokens(Context& context, Request request, Respond respond, Query change) {
  if (!context.cluster) return on_reader(context, std::move(request), std::move(respond), std::move(change));
  post_to_forwarder(context, std::move(respond), [&context, request = std::move(request), change = std::move(change)] {
    return change(context, request);
  });
}

} // namespace

void get_tokens(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), list_tokens);
}

void post_token(Context& context, Executor, Request request, Respond respond) {
  change_tokens(context, std::move(request), std::move(respond), make_token);
}

void delete_token(Context& context, Executor, Request request, Respond respond) {
  change_tokens(context, std::move(request), std::move(respond), revoke_token);
}

} // namespace nvrhub::api
