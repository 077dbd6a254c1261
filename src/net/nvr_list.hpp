#pragma once

#include <optional>
#include <string>

#include "net/items.hpp"

namespace nvrhub::net {

/// ?site=&status=&q= of a list, and what its caller may see.
class NvrFilter {
public:
  explicit NvrFilter(const ApiRequest& request);

  bool matches(const fleet::Nvr& nvr, bool unconfirmed) const;
  /// Whether it looks at cameras.
  bool needs_cameras() const { return !q_.empty(); }

private:
  access::GrantPtr grant_;
  std::optional<std::string> site_;
  std::optional<std::string> status_;
  std::string q_; // lower case
};

/// A list of NVRs as an answer.
class NvrItems : public Items {
public:
  explicit NvrItems(const ApiRequest& request, protocol::Detail detail)
      : Items(request, protocol::nvr_table(detail)), detail_(detail) {}

  void add_nvr(const fleet::Nvr& nvr, bool unconfirmed);
  void add_outline(const fleet::Nvr& nvr, bool unconfirmed, const fleet::Facts& facts);
  ApiResponse answer_at(fleet::Seq seq, std::string_view epoch, std::string_view name,
                        const std::optional<std::string>& next);

private:
  protocol::Detail detail_;
};

/// The id in the cursor of a list of NVRs.
fleet::NvrId id_of(const Cursor& cursor);

} // namespace nvrhub::net
