#pragma once

// What the GETs that read the store have in common: parameters and turns.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "net/api.hpp"
#include "protocol/decode.hpp"
#include "store/history.hpp"

namespace nvrhub::net {

/// What ends a query early: thrown by what is below, caught by on_reader.
struct Stop {
  ApiResponse response;
};

/// Runs `query` on a reader thread, unless too many wait already or the server stops.
using Query = ApiResponse (*)(Services&, const ApiRequest&);
void on_reader(Services& services, ApiRequest request, Respond respond, Query query);

/// The value, or Stop: 500, or 404 `before_history` where the history that was asked for is no longer kept.
template <class T>
T or_stop(store::Result<T> result);
[[noreturn]] void stop_with(const store::Error& error);

// ---- parameters: absent, or sound, or Stop with 400 and the parameter's name ----

ApiResponse bad_param(std::string_view name, std::string_view expected);
const std::string* param(const Target& target, std::string_view name);
std::uint64_t number_param(const Target& target, std::string_view name, std::uint64_t absent, std::uint64_t least,
                           std::uint64_t most);
std::optional<fleet::WallMillis> time_param(const Target& target, std::string_view name);
/// `from` and `to`; what is absent is open. Stop unless `from` is before `to`.
fleet::Span range_params(const Target& target, const fleet::Span& open);
protocol::Detail detail_param(const Target& target);

struct Cursor {
  std::string token;
  std::uint64_t number = 0;

  std::string text() const { return token + "." + std::to_string(number); }
};
std::optional<Cursor> cursor_param(const Target& target);
[[noreturn]] void stop_with_bad_cursor();
/// A cursor's token that is a number.
std::uint64_t number_of(const Cursor& cursor);

// ---- turns ----

/// A snapshot for some 20 ms: a long query takes one after the other, so that it keeps no old pages and ends when the
/// server stops.
class Turn {
public:
  explicit Turn(Services& services);
  const store::Snapshot& snapshot() const { return snapshot_; }
  store::History history() const { return store::History(snapshot_); }
  bool is_over() const { return std::chrono::steady_clock::now() > end_; }

private:
  store::Snapshot snapshot_;
  std::chrono::steady_clock::time_point end_;
};

/// Stop if the server does.
void stop_when_draining(const Services& services);

struct EventRange {
  fleet::Seq since = 0; // exclusive
  fleet::Seq upto = 0;  // inclusive
  std::optional<fleet::NvrId> id;
  bool newest_first = false;
};
/// Calls `visit(event, turn)` for each event of the range, in turns, until it returns false.
void each_event(Services& services, EventRange range, const std::function<bool(fleet::Event&&, const Turn&)>& visit);

template <class T>
T or_stop(store::Result<T> result) {
  if (!result) stop_with(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

} // namespace nvrhub::net
