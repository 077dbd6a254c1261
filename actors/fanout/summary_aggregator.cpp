#include "actors/fanout/summary_aggregator.hpp"

namespace nvrhub::actors {

namespace {

constexpr std::uint64_t add_one = 1;
constexpr std::uint64_t remove_one = ~std::uint64_t{0};

} // namespace

void add_to_summary(protocol::Summary& sum, const fleet::NvrSummary& nvr_summary, bool unconfirmed,
                    std::uint64_t weight) {
  (nvr_summary.online ? sum.nvrs_online : sum.nvrs_offline) += weight;
  if (nvr_summary.online && unconfirmed) sum.nvrs_unconfirmed += weight;
  sum.cameras_online += weight * nvr_summary.cameras_online;
  sum.cameras_offline += weight * nvr_summary.cameras_offline;
  sum.cameras_other += weight * nvr_summary.cameras_other;
}

void SummaryAggregator::start(const protocol::Summary& counted) {
  sum_.nvrs_online += counted.nvrs_online;
  sum_.nvrs_offline += counted.nvrs_offline;
  sum_.nvrs_unconfirmed += counted.nvrs_unconfirmed;
  sum_.cameras_online += counted.cameras_online;
  sum_.cameras_offline += counted.cameras_offline;
  sum_.cameras_other += counted.cameras_other;
  ready_ = changed_ = true;
}

void SummaryAggregator::add(const fleet::Filter& filter, const EncodedEventCache& encoded) {
  const fleet::Event& event = encoded.event();
  const protocol::Summary before = sum_;
  if (filter.matched_before(event, encoded.unconfirmed_before())) {
    add_to_summary(sum_, event.before, encoded.unconfirmed_before(), remove_one);
  }
  if (filter.matches_after(event, encoded.unconfirmed_after())) {
    add_to_summary(sum_, event.after, encoded.unconfirmed_after(), add_one);
  }
  changed_ = changed_ || before != sum_;
}

void SummaryAggregator::set_unconfirmed(const fleet::Filter& filter, const fleet::Nvr& nvr,
                                        const fleet::NvrSummary& nvr_summary, bool unconfirmed) {
  const auto weigh = [&](bool is_unconfirmed, std::uint64_t weight) {
    if (!filter.matches(nvr.hostname, nvr.site, nvr_summary, is_unconfirmed)) return;
    add_to_summary(sum_, nvr_summary, is_unconfirmed, weight);
    changed_ = true;
  };
  weigh(!unconfirmed, remove_one);
  weigh(unconfirmed, add_one);
}

} // namespace nvrhub::actors
