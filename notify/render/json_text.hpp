#pragma once

// Private to notify/.

#include <string>

#include <nlohmann/json.hpp>

namespace nvrhub::notify {

using Json = nlohmann::ordered_json;

/// On one line. Bytes that are not UTF-8 become U+FFFD.
inline std::string json_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace nvrhub::notify
