#include "protocol/json/utf8.hpp"

#include <simdjson.h>

namespace nvrhub::protocol {

bool is_utf8(std::string_view text) {
  return text.empty() || simdjson::validate_utf8(text.data(), text.size()); // an empty one may have no address
}

} // namespace nvrhub::protocol
