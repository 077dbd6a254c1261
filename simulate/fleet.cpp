#include "simulate/fleet.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace nvrhub::simulate {

namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
constexpr double video_loss_share = 0.2; // of the cameras that fail
constexpr double initially_down = 0.05;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// Decorrelates neighbouring seeds: with a plain sum, NVR 2 of seed 1 would equal NVR 1 of seed 2.
std::uint64_t stream(std::uint64_t seed, std::uint32_t index, std::uint64_t purpose) {
  return mix(mix(seed + golden) + (index + 1) * golden + purpose);
}

} // namespace

std::uint64_t Random::next() {
  return mix(state_ += golden);
}
double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1p-53;
}
std::uint32_t Random::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
}

std::string_view to_string(CameraState state) {
  switch (state) {
  case CameraState::online:
    return "online";
  case CameraState::offline:
    return "offline";
  case CameraState::video_loss:
    return "video_loss";
  }
  return "offline";
}

std::string FleetSpec::hostname(std::uint32_t index) const {
  return fmt::format("{}{:05}", hostname_prefix, index + 1);
}

std::string FleetSpec::camera_name(std::uint32_t camera) const {
  return fmt::format("CAM-{:03}", camera + 1);
}

void FleetSpec::append_address(std::string& out, std::uint32_t index, std::uint32_t camera) const {
  const std::uint64_t number = std::uint64_t{index} * cameras + camera;
  out += "10";
  for (const int shift : {16, 8, 0}) {
    const fmt::format_int octet((number >> shift) & 0xff);
    out += '.';
    out.append(octet.data(), octet.size());
  }
}

std::optional<std::uint32_t> FleetSpec::index_of(std::string_view name) const {
  if (!name.starts_with(hostname_prefix)) return std::nullopt;
  const std::string_view digits = name.substr(hostname_prefix.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number == 0 || number > nvrs) return std::nullopt;
  if (digits.size() < 5 || (digits.size() > 5 && digits.front() == '0')) return std::nullopt;
  return number - 1;
}

NvrModel::NvrModel(const FleetSpec& spec, std::uint32_t index)
    : change_rate_(spec.change_rate), changes_(stream(spec.seed, index, 1)), drops_(stream(spec.seed, index, 2)),
      cameras_(spec.cameras, CameraState::online) {
  for (auto& camera : cameras_) {
    if (changes_.uniform() >= initially_down) continue;
    camera = CameraState::offline;
    ++down_;
  }
}

std::uint32_t NvrModel::step() {
  if (cameras_.empty() || changes_.uniform() >= change_rate_) return 0;
  // Recovery becomes likelier the more cameras are down; in a long run about a sixteenth of them are down.
  const auto size = static_cast<std::uint32_t>(cameras_.size());
  const double balance = std::max(1.0, size / 16.0);
  const double recovers = down_ / (down_ + balance);
  if (down_ == size || changes_.uniform() < recovers) {
    recover();
    return 1;
  }
  // A failing switch takes several cameras down.
  const std::uint32_t wanted = changes_.uniform() < 0.8 ? 1 : 2 + changes_.below(3);
  const std::uint32_t count = std::min(wanted, size - down_);
  fail(count);
  return count;
}

void NvrModel::fail(std::uint32_t count) {
  const CameraState state = changes_.uniform() < video_loss_share ? CameraState::video_loss : CameraState::offline;
  const auto size = static_cast<std::uint32_t>(cameras_.size());
  down_ += count;
  for (std::uint32_t at = changes_.below(size); count > 0; at = (at + 1) % size) {
    if (cameras_[at] != CameraState::online) continue;
    cameras_[at] = state;
    --count;
  }
}

void NvrModel::recover() {
  std::uint32_t nth = changes_.below(down_);
  --down_;
  for (auto& camera : cameras_) {
    if (camera == CameraState::online || nth-- > 0) continue;
    camera = CameraState::online;
    return;
  }
}

NvrModel::Drop NvrModel::next_drop(double churn) {
  const double minutes = -std::log(1.0 - drops_.uniform()) / churn; // exponential: drops come independently
  const double capped = std::min(minutes, 60.0 * 24 * 365);
  return {.after = std::chrono::milliseconds(static_cast<std::int64_t>(capped * 60'000)),
          .clean = drops_.below(2) == 0,
          .away = std::chrono::milliseconds(1'000 + drops_.below(4'000))};
}

} // namespace nvrhub::simulate
