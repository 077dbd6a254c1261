// GET, POST and DELETE /tokens: the access tokens of the data directory (protocol.md, "Tokens over HTTP").
#include <algorithm>
#include <utility>
#include <vector>

#include "access/token_file.hpp"
#include "api/handlers.hpp"
#include "api/query/query.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/encode/tokens.hpp"

namespace nvrhub::api {

namespace {

using access::Token;
using Tokens = std::vector<Token>;
using Change = tl::expected<void, std::string>;

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
  return {201, protocol::encode_new_token(info_of(token), text)};
}

Response revoke_token(Context& context, const Request& request) {
  throw_if_anonymous(request);
  const std::string& id = request.path["id"];
  bool is_unknown = false;
  const auto done = file_of(context).change([&](Tokens& tokens) -> Change {
    if (auto checked = check_list(tokens, request); !checked) return checked;
    is_unknown = std::erase_if(tokens, [&id](const Token& token) { return token.id == id; }) == 0;
    return is_unknown ? Change(tl::make_unexpected("")) : Change();
  });
  if (is_unknown) throw HttpError{error_response(404, "not_found", "no token has the id \"" + id + "\"", "id")};
  if (!done) throw_file_error(done.error());
  return {204, ""};
}

} // namespace

void get_tokens(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), list_tokens);
}

void post_token(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), make_token);
}

void delete_token(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), revoke_token);
}

} // namespace nvrhub::api
