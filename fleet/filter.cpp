#include "fleet/filter.hpp"

#include <algorithm>

namespace nvrhub::fleet {

namespace {

bool has(const std::optional<std::vector<std::string>>& names, std::string_view name) {
  return !names || std::binary_search(names->begin(), names->end(), name);
}

} // namespace

void Filter::narrow_to(const std::vector<std::string>& within) {
  if (!sites) {
    sites = within;
  } else {
    std::erase_if(*sites,
                  [&](const std::string& site) { return !std::binary_search(within.begin(), within.end(), site); });
  }
}

bool Filter::matches_names(std::string_view hostname, std::string_view site) const {
  return has(hostnames, hostname) && has(sites, site);
}

bool Filter::matches(std::string_view hostname, std::string_view site, const NvrSummary& nvr_summary,
                     bool unconfirmed) const {
  return nvr_summary.exists && (!problems || unconfirmed || nvr_summary.is_problem()) && matches_names(hostname, site);
}

bool Filter::matched_before(const Event& event, bool unconfirmed) const {
  const bool renamed = event.kind == Kind::registered;
  return matches(renamed ? event.hostname_before : event.hostname, renamed ? event.site_before : event.site,
                 event.before, unconfirmed);
}

bool Filter::matches_after(const Event& event, bool unconfirmed) const {
  return matches(event.hostname, event.site, event.after, unconfirmed);
}

} // namespace nvrhub::fleet
