#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvrhub::simulate {

/// splitmix64: eight bytes of state, and the same numbers on every platform (unlike the standard distributions).
class Random {
public:
  explicit Random(std::uint64_t state) : state_(state) {}

  std::uint64_t next();
  /// In [0, 1).
  double uniform();
  /// In [0, bound); bound > 0.
  std::uint32_t below(std::uint32_t bound);

private:
  std::uint64_t state_;
};

enum class CameraState : std::uint8_t { online, offline, video_loss };
std::string_view to_string(CameraState state);

/// The static description of a simulated fleet.
struct FleetSpec {
  std::string hostname_prefix;
  std::uint32_t nvrs = 0;
  std::uint32_t cameras = 0;
  double change_rate = 0;
  std::uint64_t seed = 0;

  /// `index` counts from 0, the names from 1: "NVR-00001", "CAM-001", "10.0.0.0".
  std::string hostname(std::uint32_t index) const;
  std::string camera_name(std::uint32_t camera) const;
  /// Appends the address of a camera: unique within a fleet of up to 2^24.
  void append_address(std::string& out, std::uint32_t index, std::uint32_t camera) const;
  /// The index of a hostname of this fleet; nullopt: not one of them.
  std::optional<std::uint32_t> index_of(std::string_view hostname) const;
};

/// The cameras and the drops of one NVR. They depend only on the seed, the index and the number of reports made so far,
/// never on the clock, the server or another NVR.
class NvrModel {
public:
  NvrModel(const FleetSpec& spec, std::uint32_t index);

  /// Advances to the next report; returns how many cameras differ from the previous one.
  std::uint32_t step();
  const std::vector<CameraState>& cameras() const { return cameras_; }

  /// The next drop: time after coming online, with or without a close frame, time offline.
  struct Drop {
    std::chrono::milliseconds after{0};
    bool clean = false;
    std::chrono::milliseconds away{0};
  };
  /// `churn`: expected drops per minute, > 0. Uses its own random stream, so it does not affect `step`.
  Drop next_drop(double churn);

private:
  void fail(std::uint32_t count);
  void recover();

  double change_rate_;
  Random changes_;
  Random drops_;
  std::uint32_t down_ = 0; // cameras that are not online
  std::vector<CameraState> cameras_;
};

} // namespace nvrhub::simulate
