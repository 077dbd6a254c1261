#pragma once

#include <string>
#include <string_view>

namespace nvrhub::cluster {

/// What a node announces to its peers when it joins: a JSON object. Peers of a later version may add keys.
struct Announcement {
  std::string address;        // where its peers and its users reach it: a URL
  std::string version;        // of nvrhub
  unsigned entry_version = 0; // the newest form of entries that it reads (store/entry/codec.hpp)

  friend bool operator==(const Announcement&, const Announcement&) = default;
};

std::string encode(const Announcement& announcement);
/// Keys that are missing or of another type keep their defaults.
Announcement decode_announcement(std::string_view text);

} // namespace nvrhub::cluster
