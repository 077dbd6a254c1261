#include "protocol/byte_order_mark.hpp"

namespace nvrhub::protocol {

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

std::string_view wide_encoding(std::string_view text) {
  const bool has_mark = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  if (!has_mark && text.substr(0, 2).find('\0') == std::string_view::npos) return {};
  return "the text is UTF-16 or UTF-32: save it as UTF-8";
}

} // namespace nvrhub::protocol
