#include "api/query/list_response.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "api/header_list.hpp"

namespace nvrhub::api {

namespace {

constexpr std::uint64_t default_limit = 100;
constexpr std::uint64_t max_limit = 1000;
constexpr std::uint64_t max_rows = 1'000'000;            // of CSV
constexpr std::size_t max_answer = std::size_t{8} << 20; // bytes

std::string query_encoded(std::string_view text) {
  return boost::urls::encode({text.data(), text.size()}, boost::urls::unreserved_chars);
}

} // namespace

bool wants_csv(std::string_view accept) {
  const double csv = weight_of(accept, "text/csv").value_or(0);
  return csv > 0 && csv >= weight_of(accept, "application/json").value_or(0);
}

Response csv_answer(std::string body, std::string_view name) {
  Response response{200, std::move(body), "text/csv; charset=utf-8; header=present"};
  response.disposition = "attachment; filename=\"" + std::string(name) + ".csv\"";
  return response;
}

ListResponse::ListResponse(const Request& request, protocol::Csv table)
    : target_(request.target), is_csv_(wants_csv(request.accept)),
      limit_(is_csv_ ? number_param(target_, "limit", max_rows, 1, max_rows)
                     : number_param(target_, "limit", default_limit, 1, max_limit)),
      table_(std::move(table)) {}

bool ListResponse::is_full() const {
  return count_ >= limit_ || (is_csv_ ? table_.size() : bytes_) >= max_answer;
}

/// The URL of the next page is in a Link header, because CSV has no place for it.
Response ListResponse::csv_page(std::string_view name, const std::optional<std::string>& next) {
  Response response = csv_answer(table_.take(), name);
  if (!next) return response;
  response.link.append("<?cursor=").append(query_encoded(*next));
  for (const auto& [key, value] : target_.params) {
    if (key != "cursor") response.link.append("&").append(query_encoded(key)).append("=").append(query_encoded(value));
  }
  response.link.append(">; rel=\"next\"");
  return response;
}

} // namespace nvrhub::api
