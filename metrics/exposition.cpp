#include "metrics/exposition.hpp"

#include <prometheus/text_serializer.h>

namespace nvrhub::metrics {

using prometheus::MetricType;

std::vector<prometheus::ClientMetric>& Exposition::family(std::string name, std::string help, MetricType type) {
  return families_.emplace_back(prometheus::MetricFamily{std::move(name), std::move(help), type, {}}).metric;
}

void Exposition::counter(std::string name, std::string help, std::uint64_t value) {
  counters(std::move(name), std::move(help), {{{}, value}});
}

void Exposition::counters(std::string name, std::string help, std::vector<Value> values) {
  auto& metrics = family(std::move(name), std::move(help), MetricType::Counter);
  for (Value& value : values) {
    prometheus::ClientMetric& metric = metrics.emplace_back();
    metric.label = std::move(value.labels);
    metric.counter.value = static_cast<double>(value.value);
  }
}

void Exposition::seconds(std::string name, std::string help, double total) {
  family(std::move(name), std::move(help), MetricType::Counter).emplace_back().counter.value = total;
}

void Exposition::gauge(std::string name, std::string help, double value) {
  family(std::move(name), std::move(help), MetricType::Gauge).emplace_back().gauge.value = value;
}

void Exposition::gauge(std::string name, std::string help, std::uint64_t value) {
  gauges(std::move(name), std::move(help), {{{}, value}});
}

void Exposition::gauges(std::string name, std::string help, std::vector<Value> values) {
  auto& metrics = family(std::move(name), std::move(help), MetricType::Gauge);
  for (Value& value : values) {
    prometheus::ClientMetric& metric = metrics.emplace_back();
    metric.label = std::move(value.labels);
    metric.gauge.value = static_cast<double>(value.value);
  }
}

void Exposition::histograms(std::string name, std::string help) {
  family(std::move(name), std::move(help), MetricType::Histogram);
}

std::string Exposition::text() const {
  return prometheus::TextSerializer().Serialize(families_);
}

} // namespace nvrhub::metrics
