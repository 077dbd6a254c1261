#include "cluster/announcement.hpp"

#include <nlohmann/json.hpp>

namespace nvrhub::cluster {

std::string encode(const Announcement& announcement) {
  const nlohmann::ordered_json object{{"address", announcement.address},
                                      {"version", announcement.version},
                                      {"entry_version", announcement.entry_version}};
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Announcement decode_announcement(std::string_view text) {
  Announcement announcement;
  const nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return announcement;
  const auto value_of = [&](const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? nlohmann::json() : *found;
  };
  const nlohmann::json address = value_of("address");
  const nlohmann::json version = value_of("version");
  const nlohmann::json entry_version = value_of("entry_version");
  if (address.is_string()) announcement.address = address.get<std::string>();
  if (version.is_string()) announcement.version = version.get<std::string>();
  if (entry_version.is_number_unsigned()) announcement.entry_version = entry_version.get<unsigned>();
  return announcement;
}

} // namespace nvrhub::cluster
