#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

#include "metrics/per_thread.hpp"

namespace nvrhub::metrics {

using Labels = std::vector<prometheus::ClientMetric::Label>;

/// Builds the Prometheus text format: metric families in the order in which they are added. Names use base units, and
/// `_total` for counters (docs/internals/decisions/0012).
class Exposition {
public:
  struct Value {
    Labels labels;
    std::uint64_t value = 0;
  };

  void counter(std::string name, std::string help, std::uint64_t value);
  void counters(std::string name, std::string help, std::vector<Value> values);
  void seconds(std::string name, std::string help, double total); // a counter
  void gauge(std::string name, std::string help, double value);
  void gauge(std::string name, std::string help, std::uint64_t value);
  void gauges(std::string name, std::string help, std::vector<Value> values);

  /// A family for begin_histogram() to add to.
  void histograms(std::string name, std::string help);
  /// Adds an empty histogram of type `H`. Bounds and values are divided by `per_unit` to get the base unit.
  template <class H>
  void begin_histogram(double per_unit, Labels labels = {}) {
    prometheus::ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    metric.histogram.bucket.resize(H::size);
    for (std::size_t i = 0; i < H::size; ++i)
      metric.histogram.bucket[i].upper_bound = H::bound(i) / per_unit;
  }
  /// Adds `histogram` to the one begun last.
  template <const auto& Bounds>
  void merge(const Histogram<Bounds>& histogram, double per_unit) {
    prometheus::ClientMetric::Histogram& into = families_.back().metric.back().histogram;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < histogram.size; ++i) {
      cumulative += histogram.bucket(i).value();
      into.bucket[i].cumulative_count += cumulative;
    }
    into.sample_count += cumulative;
    into.sample_sum += static_cast<double>(histogram.sum().value()) / per_unit;
  }
  /// Adds the histogram of all threads; `pick`: const T& -> const Histogram&.
  template <class T, class Pick>
  void histogram(const PerThread<T>& all, Pick pick, double per_unit, Labels labels = {}) {
    begin_histogram<std::remove_cvref_t<std::invoke_result_t<Pick, const T&>>>(per_unit, std::move(labels));
    all.each([&](const T& local) { merge(std::invoke(pick, local), per_unit); });
  }

  std::string text() const;

private:
  std::vector<prometheus::ClientMetric>& family(std::string name, std::string help, prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> families_;
};

} // namespace nvrhub::metrics
