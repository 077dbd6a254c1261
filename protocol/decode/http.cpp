#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

#include "fleet/names.hpp"
#include "protocol/byte_order_mark.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/decode/expected.hpp"
#include "protocol/json/parser.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::string_view registration_fields[] = {"hostname", "device_name", "site", "cameras"};
constexpr std::string_view camera_fields[] = {"name", "ip_address"};
constexpr std::string_view token_fields[] = {"role", "hostname", "sites", "note"};
constexpr std::string_view some_sites = "an array of 1 to 10000 names of sites, or null";
static_assert(max_filter_names == 10'000, "the text above contains it");

using Field = std::optional<json::Element>;

tl::unexpected<BadBody> bad(std::string message, std::string field = {}) {
  return tl::unexpected(BadBody{std::move(message), std::move(field)});
}

tl::unexpected<BadBody> bad(const Field& present, std::string path, std::string_view expected) {
  std::string message = missing_or_wrong(present, path, expected);
  return bad(std::move(message), std::move(path));
}

tl::expected<json::Object, BadBody> parse_object(std::string_view body) {
  if (const std::string_view why = wide_encoding(body); !why.empty()) return bad("not JSON: " + std::string(why));
  auto document = json::parse(without_byte_order_mark(body));
  if (!document) return bad(std::move(document.error()));
  const auto object = json::as<json::Object>(*document);
  if (!object) return bad("expected a JSON object");
  return *object;
}

/// A required field that is a hostname or the name of a camera.
tl::expected<std::string_view, BadBody> decode_name(const Field& field, std::string path) {
  const auto name = field ? json::as<std::string_view>(*field) : std::nullopt;
  if (!name || !fleet::is_addressable_name(*name)) {
    std::string message = missing_or_wrong_name(field, path);
    return bad(std::move(message), std::move(path));
  }
  return *name;
}

tl::expected<RegisteredCamera, BadBody> decode_camera(const json::Element& entry, const std::string& path) {
  const auto object = json::as<json::Object>(entry);
  if (!object) return bad(wrong(path, "an object with name"), path);
  const auto [name_field, address_field] = json::fields(*object, camera_fields);
  const auto name = decode_name(name_field, path + ".name");
  if (!name) return tl::unexpected(name.error());
  RegisteredCamera camera{std::string(*name), std::nullopt};
  if (address_field) {
    const auto address = json::as<std::string_view>(*address_field);
    if (!address || !fleet::is_valid_address(*address)) return bad(address_field, path + ".ip_address", an_address);
    camera.ip_address = *address;
  }
  return camera;
}

tl::expected<std::vector<RegisteredCamera>, BadBody> decode_cameras(const json::Element& field) {
  const auto entries = json::as<json::Array>(field);
  if (!entries) return bad(wrong("cameras", "an array or null"), "cameras");
  std::vector<RegisteredCamera> cameras;
  std::unordered_map<std::string, std::size_t> places;
  std::size_t index = 0;
  for (const json::Element entry : *entries) {
    auto camera = decode_camera(entry, "cameras[" + std::to_string(index++) + "]");
    if (!camera) return tl::unexpected(std::move(camera.error()));
    const auto [place, is_new] = places.try_emplace(camera->name, cameras.size());
    if (is_new) {
      cameras.push_back(std::move(*camera));
    } else {
      cameras[place->second] = std::move(*camera);
    }
  }
  return cameras;
}

tl::expected<Registration, BadBody> decode_registration(const Field& device_name, const Field& site,
                                                        const Field& cameras) {
  Registration registration;
  if (device_name) {
    const auto name = json::as<std::string_view>(*device_name);
    if (!name || !fleet::is_valid_name(*name)) return bad(device_name, "device_name", a_name);
    registration.device_name = *name;
  }
  if (site) {
    const auto text = json::as<std::string_view>(*site);
    if (!text || (!text->empty() && !fleet::is_valid_name(*text))) {
      return bad(site, "site", std::string(a_name) + ", or an empty one for none");
    }
    registration.site = *text;
  }
  if (cameras) {
    auto decoded = decode_cameras(*cameras);
    if (!decoded) return tl::unexpected(std::move(decoded.error()));
    registration.cameras = std::move(*decoded);
  }
  return registration;
}

/// The sites that a token is bound to.
tl::expected<std::vector<std::string>, BadBody> decode_sites(const json::Element& field) {
  const auto entries = json::as<json::Array>(field);
  if (!entries || entries->size() == 0 || entries->size() > max_filter_names) {
    return bad(wrong("sites", some_sites), "sites");
  }
  std::vector<std::string> sites;
  for (const json::Element entry : *entries) {
    const auto site = json::as<std::string_view>(entry);
    if (!site || (!site->empty() && !fleet::is_valid_name(*site))) {
      return bad(entry, "sites[" + std::to_string(sites.size()) + "]",
                 std::string(a_name) + ", or an empty one for none");
    }
    sites.emplace_back(*site);
  }
  std::sort(sites.begin(), sites.end());
  sites.erase(std::unique(sites.begin(), sites.end()), sites.end());
  return sites;
}

} // namespace

tl::expected<TokenRequest, BadBody> decode_token(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return tl::unexpected(object.error());
  const auto [role_field, hostname_field, sites_field, note_field] = json::fields(*object, token_fields);
  TokenRequest token;
  const auto role = role_field ? json::as<std::string_view>(*role_field) : std::nullopt;
  if (!role) return bad(role_field, "role", "the name of a role");
  token.role = *role;
  if (hostname_field) {
    const auto hostname = decode_name(hostname_field, "hostname");
    if (!hostname) return tl::unexpected(hostname.error());
    token.hostname = *hostname;
  }
  if (sites_field) {
    auto sites = decode_sites(*sites_field);
    if (!sites) return tl::unexpected(std::move(sites.error()));
    token.sites = std::move(*sites);
  }
  if (note_field) {
    const auto note = json::as<std::string_view>(*note_field);
    if (!note || (!note->empty() && !fleet::is_valid_name(*note))) {
      return bad(note_field, "note", "a string of at most 200 bytes of UTF-8 without control characters, or null");
    }
    token.note = *note;
  }
  return token;
}

tl::expected<Registration, BadBody> decode_registration(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return tl::unexpected(object.error());
  const auto [hostname, device_name, site, cameras] = json::fields(*object, registration_fields);
  return decode_registration(device_name, site, cameras);
}

tl::expected<ImportLine, BadBody> decode_import_line(std::string_view line) {
  const auto object = parse_object(line);
  if (!object) return tl::unexpected(object.error());
  const auto [hostname_field, device_name, site, cameras] = json::fields(*object, registration_fields);
  const auto hostname = decode_name(hostname_field, "hostname");
  if (!hostname) return tl::unexpected(hostname.error());
  auto registration = decode_registration(device_name, site, cameras);
  if (!registration) return tl::unexpected(std::move(registration.error()));
  return ImportLine{std::string(*hostname), std::move(*registration)};
}

tl::expected<std::string, BadBody> decode_rename(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return tl::unexpected(object.error());
  const auto [field] = json::fields(*object, {"hostname"});
  const auto hostname = decode_name(field, "hostname");
  if (!hostname) return tl::unexpected(hostname.error());
  return std::string(*hostname);
}

tl::expected<fleet::Status, BadBody> decode_status(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return tl::unexpected(object.error());
  const auto [field] = json::fields(*object, {"status"});
  const auto text = field ? json::as<std::string_view>(*field) : std::nullopt;
  const auto status = text ? fleet::Status::parse(*text) : std::nullopt;
  if (!status) return bad(field, "status", a_status);
  return *status;
}

} // namespace nvrhub::protocol
