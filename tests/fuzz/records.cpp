// What stands on disk: records (store/records/codec.hpp) and the list of tokens (access/token_file.hpp). The first byte
// of an input chooses the kind, the rest is a payload.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/token_file.hpp"
#include "fuzz/support/must.hpp"
#include "store/records/codec.hpp"
#include "store/support/scratch.hpp"

using namespace nvrhub;
using namespace nvrhub::fuzz;

namespace {

constexpr store::Table table = store::Table::nvrs;
constexpr std::string_view key = "\0\0\0\7";

template <class Record>
std::string payload_of(const Record& record) {
  std::string out;
  store::ByteWriter writer(out);
  write(writer, record);
  return out;
}

template <class Record>
void try_record(std::string_view payload) {
  std::string sealed;
  store::begin_record(sealed);
  sealed.append(payload);
  store::seal_record(table, key, sealed);
  const auto record = store::decode<Record>(table, key, sealed);
  if (!record) {
    must(record.error().code == store::Errc::corrupt && !record.error().message.empty(), "a bad record is corrupt");
    return;
  }
  const std::string written = payload_of(*record);
  std::string bytes;
  store::encode(table, key, *record, bytes);
  const auto again = store::decode<Record>(table, key, bytes);
  must(again.has_value(), "what was read can be written and read again");
  must(payload_of(*again) == written, "what was read is what is read again");
  // Lists are read into memory at once: a short record must not buy much of it.
  must(written.size() <= 4 * payload.size() + 64, "a record is about as large as its bytes");
}

/// The bytes as they are: only what this program sealed may open.
void try_open(std::string_view bytes) {
  const auto payload = store::open_record(table, key, bytes);
  if (!payload) {
    must(!payload.error().message.empty(), "an error says what is wrong");
    return;
  }
  std::string sealed;
  store::begin_record(sealed);
  sealed.append(*payload);
  store::seal_record(table, key, sealed);
  must(sealed == bytes, "only what was sealed opens");
}

void try_tokens(std::string_view text) {
  static const test::Scratch scratch;
  const access::TokenFile file(scratch.path());
  test::write_file(scratch / "tokens.json", std::string(text));
  const auto tokens = file.read();
  if (!tokens) {
    must_name(tokens.error(), "tokens.json");
    return;
  }
  must(tokens->has_value(), "a file that is there is read");
  // To write needs the disk, so only what there is something to write of.
  if ((*tokens)->empty()) return;
  std::vector<access::Token> seen;
  const auto nothing = [&](std::vector<access::Token>& list) -> tl::expected<void, std::string> {
    seen = list;
    return {};
  };
  must(file.change(nothing).has_value(), "what was read can be written");
  const auto again = file.read();
  must(again && *again && (*again)->size() == seen.size(), "what was written can be read");
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const access::Token& one = (**again)[i];
    must(one.id == seen[i].id && one.hash == seen[i].hash && one.role == seen[i].role && one.note == seen[i].note &&
             one.hostname == seen[i].hostname && one.sites == seen[i].sites && one.made == seen[i].made,
         "what was read is what is read again");
  }
}

using Try = void (*)(std::string_view);
constexpr std::array<Try, 17> tries = {
    try_open,
    try_record<store::NvrRecord>,
    try_record<store::CameraRecord>,
    try_record<store::HostnameRecord>,
    try_record<store::SeenRecord>,
    try_record<store::SchemaRecord>,
    try_record<store::EpochRecord>,
    try_record<store::HeadRecord>,
    try_record<store::SessionsRecord>,
    try_record<store::IdentityRecord>,
    try_record<store::Counts>,
    try_record<store::CheckpointRecord>,
    try_record<store::RunRecord>,
    try_record<store::SampleRecord>,
    try_record<fleet::Event>,
    try_record<store::TokensRecord>,
    try_tokens,
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view payload(reinterpret_cast<const char*>(data) + 1, size - 1);
  tries[data[0] % tries.size()](payload);
  return 0;
}
