// The frame reader on bytes of an open WebSocket (RFC 6455, section 5). The first four bytes of an input are the sizes
// of the pieces in which the rest arrives.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/support/must.hpp"
#include "net/support/frame_sequence.hpp"

using namespace nvrhub::net::test;
using nvrhub::fuzz::must;

namespace {

constexpr std::size_t max_message_bytes = 1000; // small, for inputs to reach it
constexpr std::size_t piece_sizes = 4;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < piece_sizes) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + piece_sizes, size - piece_sizes);
  const Heard whole = heard_by_reader(bytes, max_message_bytes, [&] { return bytes.size(); });
  std::size_t piece = 0;
  const Heard pieces =
      heard_by_reader(bytes, max_message_bytes, [&] { return std::size_t{data[piece++ % piece_sizes]}; });
  must(whole == pieces, "the messages do not depend on how the bytes are split");
  const std::string_view common = before_padded_length(bytes);
  const Heard read = heard_by_reader(common, max_message_bytes, [&] { return common.size(); });
  const std::string differs = difference(read, heard_by_beast(common, max_message_bytes));
  must(differs.empty(), "Beast reads the same messages", differs);
  return 0;
}
