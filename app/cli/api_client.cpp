#include "app/cli/api_client.hpp"

#include <boost/url/url.hpp>

#include "client/local_time.hpp"

namespace nvrhub::app {

namespace {

using nlohmann::json;

std::string message_of(const client::Answer& answer, const json& body) {
  const std::string head = "the server answered " + std::to_string(answer.status) + ": ";
  const auto error = body.is_object() ? body.find("error") : body.end();
  if (!body.is_object() || error == body.end() || !error->is_object()) return head + client::printable(answer.body);
  return head + client::printable(error->value("message", answer.body));
}

} // namespace

tl::expected<json, CommandError> json_of(const HttpResult& result) {
  if (!result) return tl::unexpected(CommandError{result.error(), 1});
  const bool is_success = result->status >= 200 && result->status < 300;
  if (is_success && result->body.empty()) return json();
  json body = json::parse(result->body, nullptr, false);
  if (is_success && !body.is_discarded()) return body;
  return tl::unexpected(CommandError{message_of(*result, body), 1});
}

tl::expected<void, CommandError> each_item(client::HttpClient& server, std::string_view path, const std::string& key,
                                           const std::function<void(const json&)>& each) {
  boost::urls::url target{boost::urls::string_view(path.data(), path.size())};
  while (true) {
    const auto page = json_of(server.get(std::string(target.buffer())));
    if (!page) return tl::unexpected(page.error());
    const auto items = page->find(key);
    if (!page->is_object() || items == page->end())
      return tl::unexpected(CommandError{"the server's answer has no \"" + key + "\"", 1});
    for (const json& item : *items)
      each(item);
    const auto next = page->find("next");
    if (next == page->end() || !next->is_string()) return {};
    target.params().set("cursor", next->get<std::string>());
  }
}

std::string text_in(const json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? client::printable(found->get_ref<const std::string&>()) : "";
}

} // namespace nvrhub::app
