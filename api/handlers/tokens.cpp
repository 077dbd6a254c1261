// GET, POST and DELETE /tokens: the access tokens of the data directory (protocol.md, "Tokens over HTTP").
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "access/token_file.hpp"
#include "api/handlers.hpp"
#include "api/handlers/poll_log.hpp"
#include "api/query/query.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/encode/tokens.hpp"

namespace nvrhub::api {

namespace {

using access::Token;
using Tokens = std::vector<Token>;
using Change = tl::expected<void, std::string>;

constexpr int grace_polls = 20; // a second, in which this server's file follows the log and the log the file

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

enum class InLog : std::uint8_t { unknown, missing, valid, revoked };

/// Of a cluster: what all servers know of a token.
InLog in_log(const Context& context, const std::string& id) {
  const std::string wanted = std::string(store::token_prefix) + id;
  InLog state = InLog::missing;
  const auto snapshot = context.store->snapshot();
  const auto read = snapshot ? snapshot->each_alert(wanted,
                                                    [&](std::string_view key, std::string&& text) {
                                                      if (key != wanted) return;
                                                      state = text.empty() ? InLog::revoked : InLog::valid;
                                                    })
                             : tl::make_unexpected(snapshot.error());
  return read ? state : InLog::unknown;
}

Response unavailable(bool is_stopping, const std::string& text) {
  return error_response(503, is_stopping ? "shutting_down" : "unavailable",
                        (is_stopping ? "the server is shutting down: " : "etcd does not answer: ") + text);
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

struct Made {
  std::string id;
  Response answer;
};

/// In the file.
Made make_token(const Context& context, const Request& request) {
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
  return {token.id, {201, protocol::encode_new_token(info_of(token), text)}};
}

LogPoll poll_made(const Context& context, Made made) {
  const auto check = [&context, made]() -> std::optional<Response> {
    if (in_log(context, made.id) != InLog::valid) return std::nullopt;
    return made.answer;
  };
  const auto give_up = [&context, id = made.id](bool is_stopping) {
    const auto erased = file_of(context).change([&](Tokens& tokens) -> Change {
      std::erase_if(tokens, [&id](const Token& one) { return one.id == id; });
      return {};
    });
    const bool is_certain = erased && !is_stopping;
    return unavailable(is_stopping, is_certain ? "no token was made" : "whether the token was made is not known");
  };
  return {check, give_up};
}

/// From the file. False: it has no such token.
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

Response revoked(bool was_known, const std::string& id) {
  return was_known ? Response{204, ""} : error_response(404, "not_found", "no token has the id \"" + id + "\"", "id");
}

/// The token may be in the log before it is in the file of this server, or in the file only.
LogPoll poll_revoked(const Context& context, const Request& request, const std::string& id, bool was_in_file) {
  struct State {
    bool is_erased;
    bool was_valid = false;
    int polls = 0;
  };
  const auto state = std::make_shared<State>(State{was_in_file});
  const auto check = [&context, request, id, state]() -> std::optional<Response> {
    const InLog now = in_log(context, id);
    const bool is_late = ++state->polls > grace_polls;
    state->was_valid = state->was_valid || now == InLog::valid;
    if (now == InLog::valid && !state->is_erased && !is_late) state->is_erased = erase_token(context, request, id);
    const bool is_unreadable = now == InLog::valid && !state->is_erased && is_late; // to this version
    if (now == InLog::revoked) return revoked(state->is_erased || state->was_valid, id);
    if (is_unreadable || (now == InLog::missing && !state->is_erased)) return revoked(false, id);
    if (now == InLog::missing && is_late) return revoked(true, id);
    return std::nullopt;
  };
  const auto give_up = [](bool is_stopping) {
    return unavailable(is_stopping, "the token is revoked at this server, but may still be valid at the others; call "
                                    "again to be certain");
  };
  return {check, give_up};
}

Response revoke_token(Context& context, const Request& request) {
  throw_if_anonymous(request);
  const std::string& id = request.path["id"];
  return revoked(erase_token(context, request, id), id);
}

/// Calls `change`, which returns how to wait for it, on a reader thread.
template <class ChangeFile>
void change_in_cluster(Context& context, Executor executor, Request request, Respond respond, ChangeFile change) {
  post_to_reader(context, [&context, executor, request = std::move(request), respond = std::move(respond), change] {
    try {
      throw_if_draining(context);
      poll_log(context, executor, respond, change(context, request));
    } catch (HttpError& error) {
      respond(std::move(error.response));
    }
  });
}

} // namespace

void get_tokens(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), list_tokens);
}

void post_token(Context& context, Executor executor, Request request, Respond respond) {
  if (!context.cluster) {
    return on_reader(context, std::move(request), std::move(respond),
                     [](Context& used, const Request& call) { return make_token(used, call).answer; });
  }
  change_in_cluster(context, executor, std::move(request), std::move(respond),
                    [](Context& used, const Request& call) { return poll_made(used, make_token(used, call)); });
}

void delete_token(Context& context, Executor executor, Request request, Respond respond) {
  if (!context.cluster) return on_reader(context, std::move(request), std::move(respond), revoke_token);
  change_in_cluster(context, executor, std::move(request), std::move(respond), [](Context& used, const Request& call) {
    throw_if_anonymous(call);
    const std::string& id = call.path["id"];
    return poll_revoked(used, call, id, erase_token(used, call, id));
  });
}

} // namespace nvrhub::api
