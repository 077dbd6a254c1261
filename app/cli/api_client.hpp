#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "app/cli/client_flags.hpp"
#include "client/http_client.hpp"

namespace nvrhub::app {

using HttpResult = tl::expected<client::Answer, std::string>;

/// The JSON of a successful answer; null if it has no body.
/// ERRORS (exit code 1): no answer, the server's own message, or a body that is no JSON.
tl::expected<nlohmann::json, CommandError> json_of(const HttpResult& result);

/// Calls `each` with every item of a list of the HTTP API, which may take several requests.
/// `key`: of the array in the answer. ERRORS: as json_of().
tl::expected<void, CommandError> each_item(client::HttpClient& server, std::string_view path, const std::string& key,
                                           const std::function<void(const nlohmann::json&)>& each);

/// A text field of an object, without control characters; empty if it is absent.
std::string text_in(const nlohmann::json& object, const char* field);

} // namespace nvrhub::app
