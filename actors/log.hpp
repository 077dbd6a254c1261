#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

namespace nvrhub::actors {

enum class Level : std::uint8_t { debug, info, warn, error };

/// A named value of a log line.
/// OWNERSHIP: refers to its texts, which must outlive the call.
struct Field {
  using Value = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;

  template <std::convertible_to<std::string_view> Text>
  Field(std::string_view field, const Text& text) : name(field), value(std::string_view(text)) {}
  template <std::integral Integer>
  Field(std::string_view field, Integer number) : name(field), value(widen(number)) {}
  Field(std::string_view field, double number) : name(field), value(number) {}

  std::string_view name; // snake_case; not `time`, `level`, `event`, `message` or `left_out`, which every line may have
  Value value;

private:
  template <std::integral Integer>
  static Value widen(Integer number) {
    if constexpr (std::same_as<Integer, bool>) {
      return number;
    } else if constexpr (std::signed_integral<Integer>) {
      return std::int64_t{number};
    } else {
      return std::uint64_t{number};
    }
  }
};

/// The server's log. `kind` is a literal that names the event, such as "unknown_hostname"; lines of one kind above the
/// rate limit are counted instead of written.
///
/// REQUIRES: no token, and no URL with its query, in any part of a line.
/// THREADS: any. Never blocks, never throws.
class Log {
public:
  using Sink = std::function<void(Level, std::string_view kind, std::string_view message, std::span<const Field>)>;

  Log() = default; // writes nothing
  /// `lowest`: lines of lower levels are dropped; it may change. OWNERSHIP: it outlives this; null: none is dropped.
  explicit Log(Sink sink, const std::atomic<Level>* lowest = nullptr) : sink_(std::move(sink)), lowest_(lowest) {}

  /// For lines that occur with every connection or request: tests the level before the fields are made.
  bool is_enabled(Level level) const {
    return sink_ && (lowest_ == nullptr || level >= lowest_->load(std::memory_order_relaxed));
  }

  void operator()(Level level, std::string_view kind, std::string_view message,
                  std::initializer_list<Field> fields = {}) const {
    if (is_enabled(level)) sink_(level, kind, message, {fields.begin(), fields.size()});
  }

private:
  Sink sink_;
  const std::atomic<Level>* lowest_ = nullptr;
};

} // namespace nvrhub::actors
