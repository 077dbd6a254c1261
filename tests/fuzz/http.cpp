// The decoders of an HTTP request: its target with the parameters, and its body (protocol.md, "HTTP"). The first line
// of an input is the target, the rest the body.
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
#include "fuzz/support/json_oracle.hpp"
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
  out += "/"; // keeps an empty last segment
  char before = '?';
  for (const auto& [key, value] : target.params) {
    out += before + percent_encoded(key) + "=" + percent_encoded(value);
    before = '&';
  }
  return out;
}

/// Reads a parameter as an API handler does. An invalid value must give a 400 response that names the parameter.
template <class Read>
void read_param(std::string_view name, Read read) {
  try {
    read();
  } catch (const api::HttpError& error) {
    must(error.response.status == 400, "an invalid parameter gives status 400", error.response.body);
    const json body = must_be_json(error.response.body)["error"];
    must(body["field"] == name, "an error names the parameter", error.response.body);
  }
}

void read_params(const Target& target) {
  read_param("limit", [&] {
    const auto limit = api::number_param(target, "limit", 100, 1, 1000);
    must(limit >= 1 && limit <= 1000, "a number parameter is within its limits");
  });
  read_param("since", [&] { (void)api::number_param(target, "since", 0, 0, UINT64_MAX); });
  read_param("time", [&] {
    const auto time = api::time_param(target, "time");
    if (time) must(protocol::parse_iso8601(protocol::iso8601(*time)) == time, "a time survives formatting and parsing");
  });
  read_param("detail", [&] { (void)api::detail_param(target); });
  read_param("cursor", [&] {
    const auto cursor = api::cursor_param(target);
    if (!cursor) return;
    Target again;
    again.params["cursor"] = cursor->text();
    must(api::cursor_param(again)->text() == cursor->text(), "a cursor survives formatting and parsing");
    (void)api::number_of(*cursor);
  });
  const bool has_from = target.params.contains("from");
  try {
    const auto range = api::range_params(target, {0, 1'000'000});
    must(range.from < range.to, "a time range is not empty");
  } catch (const api::HttpError& error) {
    must_name(error.response.body, has_from ? R"("from")" : R"("to")", R"("to")");
  }
}

void try_target(std::string_view text) {
  const auto target = api::parse_target(text);
  if (!target) return;
  const auto all_utf8 = [](const auto& texts) { return std::all_of(texts.begin(), texts.end(), fleet::is_utf8); };
  must(all_utf8(target->segments), "path segments are UTF-8");
  for (const auto& [key, value] : target->params)
    must(fleet::is_utf8(key) && fleet::is_utf8(value), "parameters are UTF-8");
  must_be_json(protocol::encode_http_error("not_found", "there is nothing at " + target->path()));
  const std::string encoded = as_text(*target);
  const auto again = api::parse_target(encoded);
  must(again.has_value(), "an accepted target is accepted after re-encoding", encoded);
  must(again->segments == target->segments && again->params == target->params,
       "re-encoding keeps segments and parameters", encoded);
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

void must_be_valid(const protocol::Registration& registration) {
  std::vector<std::string> names;
  for (const protocol::RegisteredCamera& camera : registration.cameras) {
    must(fleet::is_valid_name(camera.name), "a camera name is valid", camera.name);
    must(fleet::is_valid_address(camera.ip_address.value_or("")), "an address is valid");
    names.push_back(camera.name);
  }
  std::sort(names.begin(), names.end());
  must(std::adjacent_find(names.begin(), names.end()) == names.end(), "each camera is registered once");
  if (registration.device_name) must(fleet::is_valid_name(*registration.device_name), "a device name is valid");
  if (registration.site)
    must(registration.site->empty() || fleet::is_valid_name(*registration.site), "a site name is valid");
  const std::string text = as_json(registration).dump();
  const auto again = protocol::decode_registration(text);
  must(again && as_json(*again).dump() == text, "re-encoding keeps the registration", text);
}

void must_be_explained(const protocol::BadBody& bad) {
  must(bad.message.size() <= 512 && fleet::is_utf8(bad.message), "an error message is short UTF-8", bad.message);
  if (bad.field.empty()) {
    must_name(bad.message, "not JSON", "a JSON object");
  } else {
    must_name(bad.field, "hostname", "device_name", "site", "cameras", "status");
    must(bad.message.starts_with(bad.field), "an error message begins with the field", bad.message);
  }
  must_be_json(protocol::encode_http_error("bad_request", bad.message, bad.field));
}

void try_body(std::string_view body) {
  const auto registration = protocol::decode_registration(body);
  must_agree_on_json(body, registration || !registration.error().message.starts_with("not JSON"));
  if (registration) {
    must_be_valid(*registration);
  } else {
    must_be_explained(registration.error());
  }
  const auto rename = protocol::decode_rename(body);
  if (rename) {
    must(fleet::is_valid_name(*rename), "a hostname is valid", *rename);
  } else {
    must_be_explained(rename.error());
  }
  const auto line = protocol::decode_import_line(body);
  must(line.has_value() == (registration && rename), "an import line is valid if registration and hostname are", body);
  if (line) {
    must(line->hostname == *rename, "import line and rename read the same hostname");
  } else {
    must_be_explained(line.error());
  }
  const auto status = protocol::decode_status(body);
  if (status) {
    must(fleet::Status::parse(status->text()) == *status, "a status is valid");
  } else {
    must_be_explained(status.error());
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
