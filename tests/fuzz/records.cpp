// The decoders of stored data: records (store/records/codec.hpp) and the token file (access/token_file.hpp). The first
// byte of an input selects the decoder, the rest is the payload.
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
void check_record(std::string_view payload) {
  std::string sealed;
  store::begin_record(sealed);
  sealed.append(payload);
  store::seal_record(table, key, sealed);
  const auto record = store::decode<Record>(table, key, sealed);
  if (!record) {
    must(record.error().code == store::Errc::corrupt && !record.error().message.empty(),
         "an invalid record is reported as corrupt, with a reason");
    return;
  }
  const std::string written = payload_of(*record);
  std::string bytes;
  store::encode(table, key, *record, bytes);
  const auto again = store::decode<Record>(table, key, bytes);
  must(again.has_value(), "a decoded record is accepted after re-encoding");
  must(payload_of(*again) == written, "re-encoding keeps the record");
  // Lists are allocated whole: a short record must not cause a large allocation.
  must(written.size() <= 4 * payload.size() + 64, "a decoded record is about as large as its payload");
}

/// Opens the bytes without sealing them first: only a sealed record may open.
void check_open(std::string_view bytes) {
  const auto payload = store::open_record(table, key, bytes);
  if (!payload) {
    must(!payload.error().message.empty(), "an error has a message");
    return;
  }
  std::string sealed;
  store::begin_record(sealed);
  sealed.append(*payload);
  store::seal_record(table, key, sealed);
  must(sealed == bytes, "only a sealed record opens");
}

void check_tokens(std::string_view text) {
  static const test::Scratch scratch;
  const access::TokenFile file(scratch.path());
  test::write_file(scratch / "tokens.json", std::string(text));
  const auto tokens = file.read();
  if (!tokens) {
    must_name(tokens.error(), "tokens.json");
    return;
  }
  must(tokens->has_value(), "an existing file is read");
  // A write syncs to disk, which is slow: skipped for an empty list.
  if ((*tokens)->empty()) return;
  std::vector<access::Token> seen;
  const auto nothing = [&](std::vector<access::Token>& list) -> tl::expected<void, std::string> {
    seen = list;
    return {};
  };
  must(file.change(nothing).has_value(), "a list that was read can be written");
  const auto again = file.read();
  must(again && *again && (*again)->size() == seen.size(), "a list that was written can be read");
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const access::Token& one = (**again)[i];
    must(one.id == seen[i].id && one.hash == seen[i].hash && one.role == seen[i].role && one.note == seen[i].note &&
             one.hostname == seen[i].hostname && one.sites == seen[i].sites && one.made == seen[i].made,
         "rewriting keeps the tokens");
  }
}

using Check = void (*)(std::string_view);
constexpr std::array<Check, 20> checks = {
    check_open,
    check_record<store::NvrRecord>,
    check_record<store::CameraRecord>,
    check_record<store::HostnameRecord>,
    check_record<store::SeenRecord>,
    check_record<store::SchemaRecord>,
    check_record<store::EpochRecord>,
    check_record<store::HeadRecord>,
    check_record<store::SessionsRecord>,
    check_record<store::IdentityRecord>,
    check_record<store::Counts>,
    check_record<store::CheckpointRecord>,
    check_record<store::RunRecord>,
    check_record<store::SampleRecord>,
    check_record<fleet::Event>,
    check_record<store::TokensRecord>,
    check_tokens,
    check_record<store::LogRecord>,
    check_record<store::ChainRecord>,
    check_record<store::OriginState>,
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view payload(reinterpret_cast<const char*>(data) + 1, size - 1);
  checks[data[0] % checks.size()](payload);
  return 0;
}
