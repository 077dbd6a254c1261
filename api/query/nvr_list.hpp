#pragma once

#include <optional>
#include <string>

#include "api/query/list_response.hpp"

namespace nvrhub::api {

/// The filter of a list of NVRs: ?site=&status=&q= and the sites that the caller may see.
class NvrFilter {
public:
  explicit NvrFilter(const Request& request);

  bool matches(const fleet::Nvr& nvr, bool unconfirmed) const;
  /// Whether matches() reads the NVR's cameras.
  bool needs_cameras() const { return !q_.empty(); }

private:
  access::GrantPtr grant_;
  std::optional<std::string> site_;
  std::optional<std::string> status_;
  std::string q_; // lower case
};

/// One page of a list of NVRs.
class NvrListResponse : public ListResponse {
public:
  explicit NvrListResponse(const Request& request, protocol::Detail detail)
      : ListResponse(request, protocol::nvr_table(detail)), detail_(detail) {}

  void add_nvr(const fleet::Nvr& nvr, bool unconfirmed);
  void add_outline(const fleet::Nvr& nvr, bool unconfirmed, const fleet::NvrSummary& nvr_summary);
  Response answer_at(fleet::Seq seq, std::string_view epoch, std::string_view name,
                     const std::optional<std::string>& next);

private:
  protocol::Detail detail_;
};

/// The id in the cursor of a list of NVRs.
fleet::NvrId id_of(const Cursor& cursor);

} // namespace nvrhub::api
