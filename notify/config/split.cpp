#include <algorithm>
#include <array>

#include "notify/config/config.hpp"

namespace nvrhub::notify {

namespace {

/// Whether `line` is the header of one of the tables that parse_config() reads, well-formed or not.
bool begins_tables(std::string_view line) {
  const auto skip = [&line](std::string_view characters) {
    line.remove_prefix(std::min(line.find_first_not_of(characters), line.size()));
  };
  skip(" \t");
  if (!line.starts_with('[')) return false;
  skip("[ \t\"'");
  constexpr std::array<std::string_view, 2> names{"channel", "alert"};
  return std::any_of(names.begin(), names.end(), [line](std::string_view name) {
    if (!line.starts_with(name)) return false;
    return line.size() > name.size() && std::string_view("]. \t\"'").find(line[name.size()]) != std::string_view::npos;
  });
}

} // namespace

ConfigText split_config(std::string_view text) {
  for (std::size_t at = 0, lines = 0; at < text.size(); ++lines) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (begins_tables(text.substr(at, end - at)))
      return {std::string(text.substr(0, at)), std::string(lines, '\n') + std::string(text.substr(at))};
    at = end + 1;
  }
  return {std::string(text), {}};
}

const Channel* Configuration::find(std::string_view name) const {
  const auto found =
      std::find_if(channels.begin(), channels.end(), [name](const Channel& channel) { return channel.name == name; });
  return found == channels.end() ? nullptr : &*found;
}

} // namespace nvrhub::notify
