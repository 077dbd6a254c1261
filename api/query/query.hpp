#pragma once

// What the handlers that read the store share: running on a reader thread, query parameters, snapshot slices.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "api/context.hpp"
#include "api/request.hpp"
#include "protocol/decode/decode.hpp"
#include "store/history/history.hpp"

namespace nvrhub::api {

/// The error response of a query. Thrown by the functions below, caught by on_reader().
struct HttpError {
  Response response;
};

/// Runs `query` on a reader thread and answers with its response.
/// ERRORS: 503 `busy` if too many queries wait, 503 `shutting_down` if the server is stopping.
using Query = std::function<Response(Context&, const Request&)>;
void on_reader(Context& context, Request request, Respond respond, Query query);

/// Runs `work` on a reader thread, for the later pieces of an answer. It must not throw.
void post_to_reader(Context& context, std::function<void()> work);

/// The value, or HttpError: 404 `before_history` if the history asked for is no longer kept, 503 if the store is
/// unavailable for a moment, else 500.
template <class T>
T value_or_throw(store::Result<T> result);
[[noreturn]] void throw_store_error(const store::Error& error);

// ---- query parameters: each is absent or valid, else HttpError 400 that names it ----

Response bad_param(std::string_view name, std::string_view expected);
const std::string* param(const Target& target, std::string_view name);
std::uint64_t number_param(const Target& target, std::string_view name, std::uint64_t absent, std::uint64_t least,
                           std::uint64_t most);
std::optional<fleet::WallMillis> time_param(const Target& target, std::string_view name);
/// `from` and `to`; an absent one is taken from `open`. HttpError unless `from` is before `to`.
fleet::Span range_params(const Target& target, const fleet::Span& open);
protocol::Detail detail_param(const Target& target);

/// A position in a list: `TOKEN.NUMBER`, opaque to clients.
struct Cursor {
  std::string token;
  std::uint64_t number = 0;

  std::string text() const { return token + "." + std::to_string(number); }
};
std::optional<Cursor> cursor_param(const Target& target);
[[noreturn]] void throw_bad_cursor();
/// The token as a number; HttpError if it is none.
std::uint64_t number_of(const Cursor& cursor);

// ---- snapshot slices ----

/// A snapshot that is used for about 20 ms. A long query takes one after another, so it pins no old pages of the store
/// and ends soon when the server stops.
class SnapshotSlice {
public:
  explicit SnapshotSlice(Context& context);
  const store::Snapshot& snapshot() const { return snapshot_; }
  store::History history() const { return store::History(snapshot_); }
  bool is_over() const { return std::chrono::steady_clock::now() > end_; }

private:
  store::PendingOperations::Operation operation_;
  store::Snapshot snapshot_;
  std::chrono::steady_clock::time_point end_;
};

/// HttpError 503 if the server is stopping.
void throw_if_draining(const Context& context);

struct EventRange {
  fleet::Seq since = 0; // exclusive
  fleet::Seq upto = 0;  // inclusive
  std::optional<fleet::NvrId> id;
  bool newest_first = false;
};
/// Calls `visit(event, slice)` for each event of the range, one slice after another, until it returns false.
void each_event(Context& context, EventRange range,
                const std::function<bool(fleet::Event&&, const SnapshotSlice&)>& visit);

template <class T>
T value_or_throw(store::Result<T> result) {
  if (!result) throw_store_error(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

} // namespace nvrhub::api
