#include <algorithm>
#include <utility>

#include "fleet/names.hpp"
#include "store/commit/origins.hpp"
#include "store/commit/store_header.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

using VisitEvent = std::function<bool(fleet::Event&&)>;

Result<void> each_of_all(ReadTxn& txn, fleet::Seq since, fleet::Seq upto, const VisitEvent& visit) {
  return each_row(txn, Table::events, event_key(since + 1),
                  [&](std::string_view key, std::string_view value) -> Result<bool> {
                    NVRHUB_LET(event, decode_event(key, value));
                    return event.seq <= upto && visit(std::move(event));
                  });
}

Result<void> each_of_nvr(ReadTxn& txn, fleet::NvrId id, fleet::Seq since, fleet::Seq upto, const VisitEvent& visit) {
  return each_row(txn, Table::nvr_events, nvr_event_key(id, since + 1),
                  [&](std::string_view index_key, std::string_view) -> Result<bool> {
                    const auto seq = seq_of_nvr_event_key(index_key);
                    if (!seq) return tl::make_unexpected(malformed_record(Table::nvr_events, index_key));
                    if (id_of_key(index_key) != id || *seq > upto) return false;
                    NVRHUB_LET(event, load_event(txn, *seq));
                    return visit(std::move(event));
                  });
}

fleet::Nvr without_cameras(fleet::NvrId id, NvrRecord&& record) {
  fleet::Nvr nvr;
  nvr.id = id;
  nvr.version = record.version;
  nvr.hostname = std::move(record.hostname);
  nvr.device_name = std::move(record.device_name);
  nvr.site = std::move(record.site);
  nvr.online = record.online;
  nvr.session = record.session;
  return nvr;
}

} // namespace

Result<fleet::Seq> Snapshot::head() const {
  return load_meta<HeadRecord>(*txn_, meta::head).map([](const HeadRecord& head) { return head.seq; });
}

Result<fleet::Seq> Snapshot::log_begin() const {
  return load_meta<HeadRecord>(*txn_, meta::head).map([](const HeadRecord& head) { return head.begin; });
}

Result<Epoch> Snapshot::epoch() const {
  return load_meta<EpochRecord>(*txn_, meta::epoch).map([](const EpochRecord& record) { return record.epoch; });
}

Result<fleet::StoredTimes> Snapshot::times() const {
  NVRHUB_LET(head, load_meta<HeadRecord>(*txn_, meta::head));
  NVRHUB_LET(clock, load<ClockRecord>(*txn_, Table::meta, meta::clock));
  NVRHUB_LET(row, txn_->before(Table::runs, {}));
  fleet::StoredTimes times{head.at, clock ? clock->vouched : 0};
  if (row) {
    NVRHUB_LET(run, decode<RunRecord>(Table::runs, row->first, row->second));
    times.last = std::max(times.last, run.to);
  }
  return times;
}

Result<std::vector<std::string>> Snapshot::tokens_logged() const {
  NVRHUB_LET(record, load<TokensRecord>(*txn_, Table::meta, meta::tokens));
  return record ? std::move(record->ids) : std::vector<std::string>{};
}

Result<std::optional<std::string>> Snapshot::alert(std::string_view key) const {
  NVRHUB_LET(record, load<AlertRecord>(*txn_, Table::alerts, key));
  if (!record) return std::nullopt;
  return std::move(record->bytes);
}

Result<void> Snapshot::each_alert(std::string_view prefix,
                                  const std::function<void(std::string_view, std::string&&)>& visit) const {
  return each_row(*txn_, Table::alerts, prefix, [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (!key.starts_with(prefix)) return false;
    NVRHUB_LET(record, decode<AlertRecord>(Table::alerts, key, value));
    visit(key, std::move(record.bytes));
    return true;
  });
}

Result<Counts> Snapshot::counts() const {
  return load_meta<Counts>(*txn_, meta::counts);
}

Result<std::optional<fleet::NvrId>> Snapshot::id_of(std::string_view hostname) const {
  if (hostname.empty() || hostname.size() > fleet::max_name_bytes) return std::nullopt;
  NVRHUB_LET(record, load<HostnameRecord>(*txn_, Table::hostnames, hostname));
  if (!record) return std::nullopt;
  return record->id;
}

Result<std::optional<fleet::Nvr>> Snapshot::nvr(fleet::NvrId id) const {
  return read_nvr(*txn_, live_state, id);
}

Result<void> Snapshot::each_nvr(fleet::NvrId after, const std::function<bool(fleet::Nvr&&)>& visit) const {
  return read_nvrs(*txn_, live_state, after, [&](fleet::Nvr&& nvr, const NvrRecord&) { return visit(std::move(nvr)); });
}

Result<void>
Snapshot::each_nvr_summary(fleet::NvrId after,
                           const std::function<bool(fleet::Nvr&&, const fleet::NvrSummary&)>& visit) const {
  return each_row(*txn_, Table::nvrs, nvr_key(after + 1),
                  [&](std::string_view key, std::string_view value) -> Result<bool> {
                    NVRHUB_LET(record, decode<NvrRecord>(Table::nvrs, key, value));
                    const auto id = id_of_key(key);
                    if (!id) return tl::make_unexpected(malformed_record(Table::nvrs, key));
                    const fleet::NvrSummary summary = summary_of(record);
                    return visit(without_cameras(*id, std::move(record)), summary);
                  });
}

Result<std::optional<std::pair<fleet::Nvr, fleet::NvrSummary>>> Snapshot::nvr_summary(fleet::NvrId id) const {
  NVRHUB_LET(record, load<NvrRecord>(*txn_, Table::nvrs, nvr_key(id)));
  if (!record) return std::nullopt;
  const fleet::NvrSummary summary = summary_of(record);
  return std::pair(without_cameras(id, std::move(*record)), summary);
}

Result<void> Snapshot::each_event(fleet::Seq since, fleet::Seq upto, std::optional<fleet::NvrId> nvr,
                                  const VisitEvent& visit) const {
  if (since >= upto) return {};
  return nvr ? each_of_nvr(*txn_, *nvr, since, upto, visit) : each_of_all(*txn_, since, upto, visit);
}

Result<ChainLink> Snapshot::applied() const {
  return load_log(*txn_).map([](const LogRecord& record) { return record.last; });
}

Result<std::optional<ClusterId>> Snapshot::cluster() const {
  NVRHUB_LET(record, load<ClusterRecord>(*txn_, Table::meta, meta::cluster));
  if (!record) return std::nullopt;
  return std::move(record->id);
}

Result<void> Snapshot::each_origin(const std::function<void(const Origin&, const OriginState&)>& visit) const {
  return store::each_origin(*txn_, {}, [&](const Origin& origin, OriginState&& state) {
    visit(origin, state);
    return true;
  });
}

Result<void> Snapshot::each_held(const std::function<void(fleet::NvrId, OriginNumber)>& visit) const {
  return each_row(*txn_, Table::nvrs, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    NVRHUB_LET(record, decode<NvrRecord>(Table::nvrs, key, value));
    const auto id = id_of_key(key);
    if (!id) return tl::make_unexpected(malformed_record(Table::nvrs, key));
    if (record.online) visit(*id, record.holder);
    return true;
  });
}

Result<std::optional<Origin>> Snapshot::holder(fleet::NvrId id) const {
  NVRHUB_LET(record, load<NvrRecord>(*txn_, Table::nvrs, nvr_key(id)));
  std::optional<Origin> holder;
  if (!record || record->holder == 0) return holder;
  NVRHUB_TRY(store::each_origin(*txn_, {}, [&](const Origin& origin, const OriginState& state) {
    if (state.number == record->holder) holder = origin;
    return !holder;
  }));
  return holder;
}

} // namespace nvrhub::store
