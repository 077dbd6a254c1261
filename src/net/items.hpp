#pragma once

// Answers in JSON or CSV.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/query.hpp"
#include "protocol/csv.hpp"

namespace nvrhub::net {

/// Whether an Accept header asks for CSV rather than JSON.
bool wants_csv(std::string_view accept);
ApiResponse csv_answer(std::string body, std::string_view name);

/// The items of a list, as many as one answer holds: `limit=` of them and no more than some megabytes, whose last item
/// may go beyond. `table` is the empty CSV.
class Items {
public:
  Items(const ApiRequest& request, protocol::Csv table);

  bool is_full() const;
  template <class Json, class Row>
  void add(Json json, Row row) {
    ++count_;
    if (is_csv_) return row(table_);
    texts_.push_back(json());
    bytes_ += texts_.back().size();
  }
  /// `encode(texts, next)` makes the JSON page.
  template <class Encode>
  ApiResponse answer(std::string_view name, const std::optional<std::string>& next, Encode encode) {
    return is_csv_ ? csv_page(name, next) : ApiResponse{200, encode(texts_, next)};
  }

private:
  ApiResponse csv_page(std::string_view name, const std::optional<std::string>& next);

  const Target& target_;
  bool is_csv_;
  std::uint64_t limit_;
  protocol::Csv table_;
  std::vector<std::string> texts_;
  std::uint64_t count_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace nvrhub::net
