// What a client sends over a WebSocket once it is open (RFC 6455, section 5). The first bytes say how the rest is cut
// into pieces.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/support/must.hpp"
#include "net/support/frame_sequence.hpp"

using namespace nvrhub::net::test;
using nvrhub::fuzz::must;

namespace {

constexpr std::size_t most = 1000; // so that inputs reach it
constexpr std::size_t cuts = 4;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < cuts) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + cuts, size - cuts);
  const Heard whole = heard_by_reader(bytes, most, [&] { return bytes.size(); });
  std::size_t turn = 0;
  const Heard pieces = heard_by_reader(bytes, most, [&] { return std::size_t{data[turn++ % cuts]}; });
  must(whole == pieces, "how bytes arrive does not matter");
  const std::string other = difference(whole, heard_by_beast(bytes, most));
  must(other.empty(), "Beast hears the same", other);
  return 0;
}
