#include "api/query/list_response.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace nvrhub::api {

namespace {

constexpr std::uint64_t default_limit = 100;
constexpr std::uint64_t max_limit = 1000;
constexpr std::uint64_t max_rows = 1'000'000;            // of CSV
constexpr std::size_t max_answer = std::size_t{8} << 20; // bytes

std::string encoded(std::string_view text) {
  return boost::urls::encode({text.data(), text.size()}, boost::urls::unreserved_chars);
}

/// The first part of `text` up to `separator`, trimmed; `text` becomes the rest.
std::string_view next_part(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (!part.empty() && part.front() == ' ')
    part.remove_prefix(1);
  while (!part.empty() && part.back() == ' ')
    part.remove_suffix(1);
  return part;
}

bool is_same_ignoring_case(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [](char x, char y) { return std::tolower(static_cast<unsigned char>(x)) == y; });
}

} // namespace

bool wants_csv(std::string_view accept) {
  std::optional<double> csv;
  std::optional<double> json;
  while (!accept.empty()) {
    std::string_view range = next_part(accept, ',');
    const std::string_view type = next_part(range, ';');
    double quality = 1;
    while (!range.empty()) {
      const std::string_view parameter = next_part(range, ';');
      if (is_same_ignoring_case(parameter.substr(0, 2), "q=")) {
        std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), quality);
      }
    }
    if (is_same_ignoring_case(type, "text/csv")) csv = quality;
    if (is_same_ignoring_case(type, "application/json")) json = quality;
  }
  return csv.value_or(0) > 0 && *csv >= json.value_or(0);
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
  response.link.append("<?cursor=").append(encoded(*next));
  for (const auto& [key, value] : target_.params) {
    if (key != "cursor") response.link.append("&").append(encoded(key)).append("=").append(encoded(value));
  }
  response.link.append(">; rel=\"next\"");
  return response;
}

} // namespace nvrhub::api
