// GET and DELETE /waiting: the NVRs that were refused because they are not registered (protocol.md, "Waiting room").
#include "protocol/encode/waiting.hpp"
#include "api/handlers.hpp"
#include "api/query/query.hpp"

namespace nvrhub::api {

namespace {

bool with_ignored(const Target& target) {
  const std::string* text = param(target, "ignored");
  if (text == nullptr || *text == "false") return false;
  if (*text == "true") return true;
  throw HttpError{bad_param("ignored", "true or false")};
}

Response list_waiting(Context& context, const Request& request) {
  std::vector<protocol::WaitingEntry> entries;
  for (auto& nvr : context.shared->waiting.list(with_ignored(request.target))) {
    auto similar = context.shared->hostnames.similar_to(nvr->hostname);
    entries.push_back({std::move(nvr), std::move(similar)});
  }
  return {200, protocol::encode_waiting(entries)};
}

} // namespace

void get_waiting(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), list_waiting);
}

void delete_waiting(Context& context, Executor, Request request, Respond respond) {
  const std::string& hostname = request.path["hostname"];
  if (context.shared->waiting.ignore(hostname)) return respond({204, ""});
  respond(error_response(404, "not_found", "no NVR waits under the hostname \"" + hostname + "\"", "hostname"));
}

} // namespace nvrhub::api
