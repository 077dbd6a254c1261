#include "store/log_entry.hpp"

namespace nvrhub::store {

bool is_node_name(std::string_view text) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= max_node_name && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_cluster_id(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

} // namespace nvrhub::store
