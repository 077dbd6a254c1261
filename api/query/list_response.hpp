#pragma once

// Responses in JSON or CSV.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/query/query.hpp"
#include "protocol/csv.hpp"

namespace nvrhub::api {

/// Whether an Accept header prefers CSV to JSON.
bool wants_csv(std::string_view accept);
Response csv_answer(std::string body, std::string_view name);

/// One page of a list: up to `limit=` items and about 8 MiB; the last item may exceed that. `table` is the empty CSV.
class ListResponse {
public:
  ListResponse(const Request& request, protocol::Csv table);

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
  Response answer(std::string_view name, const std::optional<std::string>& next, Encode encode) {
    return is_csv_ ? csv_page(name, next) : Response{200, encode(texts_, next)};
  }

private:
  Response csv_page(std::string_view name, const std::optional<std::string>& next);

  const Target& target_;
  bool is_csv_;
  std::uint64_t limit_;
  protocol::Csv table_;
  std::vector<std::string> texts_;
  std::uint64_t count_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace nvrhub::api
