#include "simulate/measure/latency.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/histogram/axis/regular.hpp>
#include <boost/histogram/histogram.hpp>
#include <boost/histogram/make_histogram.hpp>

namespace nvrhub::simulate {

namespace bh = boost::histogram;

namespace {

using Axis = bh::axis::regular<double, bh::axis::transform::log>;

constexpr double min_s = 1e-6;
constexpr double max_s = 100;
constexpr unsigned bins = 930; // 1.02^930 covers the eight decades between them

auto make() {
  return bh::make_histogram_with(std::vector<std::uint64_t>(), Axis(bins, min_s, max_s, "seconds"));
}

} // namespace

struct Latency::Impl {
  decltype(make()) histogram = make();
  std::uint64_t count = 0;
  double max = 0;
};

Latency::Latency() : impl_(std::make_unique<Impl>()) {}
Latency::Latency(const Latency& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Latency& Latency::operator=(const Latency& other) {
  *impl_ = *other.impl_;
  return *this;
}
Latency::Latency(Latency&&) noexcept = default;
Latency& Latency::operator=(Latency&&) noexcept = default;
Latency::~Latency() = default;

void Latency::record(Clock::duration latency) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(latency).count());
  impl_->histogram(seconds);
  ++impl_->count;
  impl_->max = std::max(impl_->max, seconds);
}

Latency& Latency::operator+=(const Latency& other) {
  auto cell_of_other = other.impl_->histogram.begin(); // same axis: cells correspond
  for (auto& cell : impl_->histogram)
    cell += *cell_of_other++;
  impl_->count += other.impl_->count;
  impl_->max = std::max(impl_->max, other.impl_->max);
  return *this;
}

Latency Latency::since(const Latency& earlier) const {
  Latency result(*this);
  result.impl_->count -= earlier.impl_->count;
  auto old = earlier.impl_->histogram.begin();
  for (auto& cell : result.impl_->histogram)
    cell -= *old++;
  return result;
}

std::uint64_t Latency::count() const {
  return impl_->count;
}
double Latency::max() const {
  return impl_->max;
}

double Latency::percentile(double share) const {
  if (impl_->count == 0) return 0;
  const auto& axis = impl_->histogram.axis();
  const double rank = std::max(1.0, std::ceil(share * static_cast<double>(impl_->count)));
  double below = 0;
  for (int i = -1; i < axis.size(); ++i) { // -1: below the axis
    const auto in_bin = static_cast<double>(impl_->histogram.at(i));
    if (below + in_bin >= rank) {
      const double value = i < 0 ? min_s : axis.value(i + (rank - below) / in_bin);
      return std::min(value, impl_->max);
    }
    below += in_bin;
  }
  return impl_->max;
}

} // namespace nvrhub::simulate
