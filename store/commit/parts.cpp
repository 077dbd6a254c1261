#include "store/commit/parts.hpp"

#include <utility>

#include "store/entry/codec.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

Result<std::optional<Entry>> apply_part(WriteTxn& txn, entry::Part part, const Sender& sender) {
  if (sender.origin == 0) return fail(Errc::malformed, "a part of an entry that comes from no log");
  if (!sender.may_claim) return std::nullopt; // nothing would remove it
  if (part.index == 0) NVRHUB_TRY(drop_parts(txn, sender.origin));
  if (part.index + 1 < part.count) {
    NVRHUB_TRY(save(txn, Table::parts, part_key(sender.origin, part.index), PartRecord{std::move(part.bytes)}));
    return std::nullopt;
  }
  std::string whole;
  for (std::uint32_t i = 0; i < part.index; ++i) {
    NVRHUB_LET(earlier, load<PartRecord>(txn, Table::parts, part_key(sender.origin, i)));
    if (!earlier) return fail(Errc::malformed, "part " + std::to_string(i) + " of the entry is missing");
    whole.append(earlier->bytes);
  }
  whole.append(part.bytes);
  NVRHUB_TRY(drop_parts(txn, sender.origin));
  NVRHUB_LET(entry, entry::decode(whole));
  if (std::holds_alternative<entry::Part>(entry)) return fail(Errc::malformed, "a part of a part of an entry");
  return std::optional<Entry>(std::move(entry));
}

Result<void> drop_parts(WriteTxn& txn, OriginNumber origin) {
  for (;;) {
    NVRHUB_LET(row, txn.lower_bound(Table::parts, part_key(origin, 0)));
    if (!row || row->first.size() < id_bytes || number_at(row->first, id_bytes) != origin) return {};
    const std::string key(row->first);
    NVRHUB_TRY(txn.erase(Table::parts, key));
  }
}

} // namespace nvrhub::store
