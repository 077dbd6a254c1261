#include "api/query/nvr_list.hpp"

#include <algorithm>
#include <cctype>
#include <limits>

namespace nvrhub::api {

namespace {

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool contains(std::string_view text, std::string_view lower_needle) {
  const auto same = [](char a, char b) { return lower(a) == b; };
  return std::search(text.begin(), text.end(), lower_needle.begin(), lower_needle.end(), same) != text.end();
}

} // namespace

NvrFilter::NvrFilter(const Request& request) : grant_(request.grant) {
  const Target& target = request.target;
  if (const std::string* text = param(target, "site")) site_ = *text;
  if (const std::string* text = param(target, "status")) {
    if (*text != "online" && *text != "offline" && *text != "unconfirmed") {
      throw HttpError{bad_param("status", "online, offline or unconfirmed")};
    }
    status_ = *text;
  }
  if (const std::string* text = param(target, "q")) {
    q_ = *text;
    std::transform(q_.begin(), q_.end(), q_.begin(), lower);
  }
}

bool NvrFilter::matches(const fleet::Nvr& nvr, bool unconfirmed) const {
  if (!grant_->sees(nvr.site) || (site_ && nvr.site != *site_)) return false;
  if (status_ && (*status_ == "unconfirmed" ? !(nvr.online && unconfirmed) : nvr.online != (*status_ == "online"))) {
    return false;
  }
  if (q_.empty() || contains(nvr.hostname, q_) || contains(nvr.device_name, q_) || contains(nvr.site, q_)) return true;
  return std::any_of(nvr.cameras.begin(), nvr.cameras.end(), [this](const fleet::Camera& camera) {
    return contains(camera.name, q_) || contains(camera.ip_address, q_);
  });
}

void NvrListResponse::add_nvr(const fleet::Nvr& nvr, bool unconfirmed) {
  add([&] { return protocol::encode_nvr(nvr, unconfirmed, detail_); },
      [&](protocol::Csv& table) { protocol::add_nvr(table, nvr, unconfirmed, detail_); });
}

void NvrListResponse::add_outline(const fleet::Nvr& nvr, bool unconfirmed, const fleet::NvrSummary& nvr_summary) {
  add([&] { return protocol::encode_outline(nvr, unconfirmed, nvr_summary, detail_); },
      [&](protocol::Csv& table) { protocol::add_outline(table, nvr, unconfirmed, nvr_summary, detail_); });
}

Response NvrListResponse::answer_at(fleet::Seq seq, std::string_view epoch, std::string_view name,
                                    const std::optional<std::string>& next) {
  return answer(name, next, [&](const std::vector<std::string>& nvrs, const std::optional<std::string>& its_next) {
    return protocol::encode_nvr_page(seq, epoch, nvrs, its_next);
  });
}

fleet::NvrId id_of(const Cursor& cursor) {
  if (cursor.number > std::numeric_limits<fleet::NvrId>::max()) throw_bad_cursor();
  return static_cast<fleet::NvrId>(cursor.number);
}

} // namespace nvrhub::api
