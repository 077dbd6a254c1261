#include "actors/census.hpp"

namespace nvrhub::actors {

namespace {

constexpr std::uint64_t in = 1;
constexpr std::uint64_t out = ~std::uint64_t{0};

} // namespace

void add(protocol::Summary& sum, const fleet::Facts& facts, bool unconfirmed, std::uint64_t weight) {
  (facts.online ? sum.nvrs_online : sum.nvrs_offline) += weight;
  if (facts.online && unconfirmed) sum.nvrs_unconfirmed += weight;
  sum.cameras_online += weight * facts.cameras_online;
  sum.cameras_offline += weight * facts.cameras_offline;
  sum.cameras_other += weight * facts.cameras_other;
}

void Census::start(const protocol::Summary& counted) {
  sum_.nvrs_online += counted.nvrs_online;
  sum_.nvrs_offline += counted.nvrs_offline;
  sum_.nvrs_unconfirmed += counted.nvrs_unconfirmed;
  sum_.cameras_online += counted.cameras_online;
  sum_.cameras_offline += counted.cameras_offline;
  sum_.cameras_other += counted.cameras_other;
  ready_ = changed_ = true;
}

void Census::add(const fleet::Filter& filter, const Item& item) {
  const fleet::Event& event = item.event();
  const protocol::Summary before = sum_;
  if (filter.matched_before(event, item.unconfirmed_before())) {
    actors::add(sum_, event.before, item.unconfirmed_before(), out);
  }
  if (filter.matches_after(event, item.unconfirmed_after())) {
    actors::add(sum_, event.after, item.unconfirmed_after(), in);
  }
  changed_ = changed_ || before != sum_;
}

void Census::confirm(const fleet::Filter& filter, const fleet::Nvr& nvr, const fleet::Facts& facts) {
  if (!filter.matches(nvr.hostname, nvr.site, facts, true)) return;
  actors::add(sum_, facts, true, out);
  if (filter.matches(nvr.hostname, nvr.site, facts, false)) actors::add(sum_, facts, false, in);
  changed_ = true;
}

} // namespace nvrhub::actors
