// Calls that another server of the cluster carries out.
#include "api/handlers/forward.hpp"

#include <cctype>
#include <limits>
#include <utility>

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "api/query/query.hpp"

namespace nvrhub::api {

namespace {

constexpr std::size_t max_forwarded = 32;

/// The server that decides about alerts: of those that live the one that joined first. Throws HttpError.
std::string leading_node(const store::Snapshot& snapshot, std::string& address) {
  std::string node;
  store::LogPosition first = std::numeric_limits<store::LogPosition>::max();
  value_or_throw(snapshot.each_origin([&](const store::Origin& origin, const store::OriginState& state) {
    if (!state.joined || state.lost || state.joined_position >= first) return;
    first = state.joined_position;
    node = origin.node;
    const auto announcement = nlohmann::json::parse(state.announcement, nullptr, false);
    address = announcement.is_object() ? announcement.value("address", "") : "";
  }));
  return node;
}

/// The calls that are forwarded have no query.
std::string path_text(const Target& target) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const std::string& segment : target.segments) {
    text += '/';
    for (const char c : segment) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
        text += c;
      } else {
        text += {'%', digits[byte >> 4], digits[byte & 15]};
      }
    }
  }
  return text;
}

Response forwarded(Context& context, const Request& request, const std::string& address) {
  if (context.draining) return error_response(503, "shutting_down", "the server is shutting down");
  const auto answer =
      context.forward({address, request.method, path_text(request.target), request.body, encode_grant(*request.grant)});
  if (!answer) {
    return error_response(503, "owner_unreachable",
                          "the server that decides about alerts does not answer (" + answer.error() +
                              "): whether it makes the change is not known");
  }
  Response response{answer->status, answer->body};
  if (answer->status == 503) response.retry_after_s = 1;
  return response;
}

/// In turn, apart from queries: the other server may not answer.
void forward(Context& context, Request request, const std::string& address, Respond respond) {
  if (address.empty()) { // of `nvrhub cluster init`, which is about to be seen as gone
    return respond(error_response(503, "unavailable", "no server decides about alerts yet; try again"));
  }
  if (context.forwarded.fetch_add(1) >= max_forwarded) {
    --context.forwarded;
    return respond(error_response(503, "busy", "too many calls wait for the server that decides about alerts"));
  }
  boost::asio::post(*context.forwarder, [&context, request = std::move(request), address, respond] {
    Response response = forwarded(context, request, address);
    --context.forwarded;
    respond(std::move(response));
  });
}

} // namespace

void call_where_alerts_are(Context& context, Executor executor, Request request, Respond respond, Handler handler) {
  if (!context.cluster || !context.forward) return handler(context, executor, std::move(request), std::move(respond));
  post_to_reader(context, [&context, executor, request = std::move(request), respond = std::move(respond), handler] {
    std::string address;
    bool is_here = false;
    try {
      const SnapshotSlice slice(context);
      is_here = leading_node(slice.snapshot(), address) == context.cluster().node;
    } catch (const HttpError& error) {
      return respond(error.response);
    }
    is_here ? handler(context, executor, request, respond) : forward(context, request, address, respond);
  });
}

std::string encode_grant(const access::Grant& grant) {
  nlohmann::json object{{"role", access::to_string(grant.role)}, {"token_id", grant.token_id}};
  if (grant.sites) object["sites"] = *grant.sites;
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

access::GrantPtr decode_grant(const std::string& text) {
  try {
    const nlohmann::json object = nlohmann::json::parse(text);
    const auto role = access::role_of(object.at("role").get<std::string>());
    if (!role) return nullptr;
    auto grant = std::make_shared<access::Grant>();
    grant->role = *role;
    grant->token_id = object.at("token_id").get<std::string>();
    if (object.contains("sites")) grant->sites = object.at("sites").get<std::vector<std::string>>();
    return grant;
  } catch (const nlohmann::json::exception&) {
    return nullptr;
  }
}

} // namespace nvrhub::api
