// What an HTTP request brings: its target with the parameters, and its body (protocol.md, "HTTP"). The first line of
// an input is a target, the rest a body.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/query/query.hpp"
#include "api/target.hpp"
#include "fleet/names.hpp"
#include "fuzz/support/json_truth.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/encode/encode.hpp"

using namespace nvrhub;
using namespace nvrhub::fuzz;
using api::Target;
using nlohmann::json;

namespace {

// ---- the target ----

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string as_text(const Target& target) {
  std::string out;
  for (const std::string& segment : target.segments)
    out += "/" + percent_encoded(segment);
  out += "/"; // it may follow a segment that is empty
  char before = '?';
  for (const auto& [key, value] : target.params) {
    out += before + percent_encoded(key) + "=" + percent_encoded(value);
    before = '&';
  }
  return out;
}

/// Reads a parameter as some call does. A refusal is a 400 that names it.
template <class Read>
void read_param(std::string_view name, Read read) {
  try {
    read();
  } catch (const api::HttpError& refused) {
    must(refused.response.status == 400, "a wrong parameter is the asker's fault", refused.response.body);
    const json error = must_be_json(refused.response.body)["error"];
    must(error["field"] == name, "a refusal names the parameter", refused.response.body);
  }
}

void read_params(const Target& target) {
  read_param("limit", [&] {
    const auto limit = api::number_param(target, "limit", 100, 1, 1000);
    must(limit >= 1 && limit <= 1000, "a number is within its bounds");
  });
  read_param("since", [&] { (void)api::number_param(target, "since", 0, 0, UINT64_MAX); });
  read_param("time", [&] {
    const auto time = api::time_param(target, "time");
    if (time) must(protocol::parse_iso8601(protocol::iso8601(*time)) == time, "a time can be said and read again");
  });
  read_param("detail", [&] { (void)api::detail_param(target); });
  read_param("cursor", [&] {
    const auto cursor = api::cursor_param(target);
    if (!cursor) return;
    Target again;
    again.params["cursor"] = cursor->text();
    must(api::cursor_param(again)->text() == cursor->text(), "a cursor can be said and read again");
    (void)api::number_of(*cursor);
  });
  const bool has_from = target.params.contains("from");
  try {
    const auto range = api::range_params(target, {0, 1'000'000});
    must(range.from < range.to, "a range is one");
  } catch (const api::HttpError& refused) {
    must_name(refused.response.body, has_from ? R"("from")" : R"("to")", R"("to")");
  }
}

void try_target(std::string_view text) {
  const auto target = api::parse_target(text);
  if (!target) return;
  const auto all_utf8 = [](const auto& texts) { return std::all_of(texts.begin(), texts.end(), fleet::is_utf8); };
  must(all_utf8(target->segments), "a target is UTF-8");
  for (const auto& [key, value] : target->params)
    must(fleet::is_utf8(key) && fleet::is_utf8(value), "parameters are UTF-8");
  must_be_json(protocol::encode_http_error("not_found", "there is nothing at " + target->path()));
  const std::string spelled = as_text(*target);
  const auto again = api::parse_target(spelled);
  must(again.has_value(), "what was accepted is accepted again", spelled);
  must(again->segments == target->segments && again->params == target->params, "what was accepted says the same again",
       spelled);
  read_params(*target);
}

// ---- the body ----

json as_json(const protocol::Registration& registration) {
  json out = {{"cameras", json::array()}};
  if (registration.device_name) out["device_name"] = *registration.device_name;
  if (registration.site) out["site"] = *registration.site;
  for (const protocol::RegisteredCamera& camera : registration.cameras) {
    json& entry = out["cameras"].emplace_back(json{{"name", camera.name}});
    if (camera.ip_address) entry["ip_address"] = *camera.ip_address;
  }
  return out;
}

void must_be_sound(const protocol::Registration& registration) {
  std::vector<std::string> names;
  for (const protocol::RegisteredCamera& camera : registration.cameras) {
    must(fleet::is_valid_name(camera.name), "a camera's name is a name", camera.name);
    must(fleet::is_valid_address(camera.ip_address.value_or("")), "an address is one");
    names.push_back(camera.name);
  }
  std::sort(names.begin(), names.end());
  must(std::adjacent_find(names.begin(), names.end()) == names.end(), "each camera is registered once");
  if (registration.device_name) must(fleet::is_valid_name(*registration.device_name), "a device name is a name");
  if (registration.site)
    must(registration.site->empty() || fleet::is_valid_name(*registration.site), "a site is a name");
  const std::string text = as_json(registration).dump();
  const auto again = protocol::decode_registration(text);
  must(again && as_json(*again).dump() == text, "what was accepted says the same again", text);
}

void must_explain(const protocol::BadBody& bad) {
  must(bad.message.size() <= 512 && fleet::is_utf8(bad.message), "a refusal is a short text", bad.message);
  if (bad.field.empty()) {
    must_name(bad.message, "not JSON", "a JSON object");
  } else {
    must_name(bad.field, "hostname", "device_name", "site", "cameras", "status");
    must(bad.message.starts_with(bad.field), "a refusal begins with the field", bad.message);
  }
  must_be_json(protocol::encode_http_error("bad_request", bad.message, bad.field));
}

void try_body(std::string_view body) {
  const auto registration = protocol::decode_registration(body);
  must_agree_on_json(body, registration || !registration.error().message.starts_with("not JSON"));
  if (registration) {
    must_be_sound(*registration);
  } else {
    must_explain(registration.error());
  }
  const auto rename = protocol::decode_rename(body);
  if (rename) {
    must(fleet::is_valid_name(*rename), "a hostname is a name", *rename);
  } else {
    must_explain(rename.error());
  }
  const auto line = protocol::decode_import_line(body);
  must(line.has_value() == (registration && rename), "a line of an import is a hostname and a registration", body);
  if (line) {
    must(line->hostname == *rename, "both read the same hostname");
  } else {
    must_explain(line.error());
  }
  const auto status = protocol::decode_status(body);
  if (status) {
    must(fleet::Status::parse(status->text()) == *status, "a status is one");
  } else {
    must_explain(status.error());
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\n'), input.size());
  try_target(input.substr(0, end));
  try_body(input.substr(std::min(end + 1, input.size())));
  return 0;
}
