#include "fleet/similar_names.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <utf8proc.h>

namespace nvrhub::fleet {

namespace {

constexpr int canonical = UTF8PROC_STABLE | UTF8PROC_COMPOSE;

/// `text` after utf8proc's transformation; unchanged if it is not UTF-8.
std::string transform(std::string_view text, int options) {
  utf8proc_uint8_t* bytes = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &bytes, static_cast<utf8proc_option_t>(options));
  if (size < 0) return std::string(text);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(bytes, std::free);
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

} // namespace

std::string fold_name(std::string_view name) {
  if (!is_ascii(name)) return transform(name, canonical | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  std::string folded(name); // nearly every name: a server folds all of them when it starts
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

std::optional<std::string> explain_similar(std::string_view given, std::string_view known) {
  if (given == known || fold_name(given) != fold_name(known)) return std::nullopt;
  std::string text = '"' + std::string(known) + "\": ";
  if (transform(given, canonical) == transform(known, canonical)) {
    return text + "it looks the same but is in another Unicode normalisation form (NFC or NFD), and hostnames are "
                  "compared byte by byte";
  }
  if (transform(given, canonical | UTF8PROC_CASEFOLD) == transform(known, canonical | UTF8PROC_CASEFOLD)) {
    return text + "hostnames are case-sensitive";
  }
  return text + "the two differ in Unicode forms or invisible characters, and hostnames are compared byte by byte";
}

} // namespace nvrhub::fleet
