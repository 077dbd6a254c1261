#include "store/check.hpp"

#include "fleet/replay.hpp"
#include "store/check_past.hpp"

namespace nvrhub::store {

namespace {

class Check {
public:
  explicit Check(const Snapshot& snapshot) : txn_(snapshot.txn()) {}

  CheckReport run() {
    meta();
    hostnames();
    seen();
    owners(base_state);
    owners(live_state);
    fleet::Fleet fleet = base();
    log(fleet);
    state(fleet);
    return std::move(audit_.report);
  }

private:
  void meta();
  void hostnames();
  void seen();
  void owners(const StateTables& tables);
  fleet::Fleet base();
  void log(fleet::Fleet& fleet);
  void one_event(fleet::Event& event, fleet::Fleet& fleet);
  void state(fleet::Fleet& fleet);
  void one_nvr(const fleet::Nvr& nvr, const NvrRecord& record, fleet::Fleet& fleet);

  ReadTxn& txn_;
  Audit audit_;
  PastCheck past_{txn_, audit_};
  HeadRecord head_;
  Counts counts_;
  fleet::Seq last_seq_ = 0;
  fleet::WallMillis last_at_ = 0;
  std::uint64_t hostnames_ = 0;
  Counts counted_;
};

void Check::meta() {
  if (const auto epoch = audit_.ok(load_meta<EpochRecord>(txn_, meta::epoch))) {
    audit_.report.epoch = epoch->epoch;
    const bool sound = epoch->epoch.size() == 16 && epoch->epoch.find_first_not_of("0123456789abcdef") == Epoch::npos;
    audit_.require(sound, [] { return "the epoch is not 16 hex digits"; });
  }
  if (const auto ledger = audit_.ok(load_ledger(txn_))) {
    head_ = ledger->head;
    counts_ = ledger->counts;
  }
  audit_.ok(load_meta<SessionsRecord>(txn_, meta::sessions));
  audit_.ok(load<IdentityRecord>(txn_, Table::meta, meta::identity));
  audit_.ok(load<TokensRecord>(txn_, Table::meta, meta::tokens));
  audit_.report.log_begin = head_.begin;
  audit_.report.head = head_.seq;
  audit_.require(head_.begin >= 1 && head_.begin <= head_.seq + 1, [] { return "the log begins after its own end"; });
}

void Check::hostnames() {
  audit_.each<HostnameRecord>(txn_, Table::hostnames, [&](std::string_view hostname, const HostnameRecord& record) {
    ++hostnames_;
    const auto nvr = audit_.ok(load<NvrRecord>(txn_, Table::nvrs, nvr_key(record.id)));
    audit_.require(nvr && *nvr && (*nvr)->hostname == hostname,
                   [&] { return describe(Table::hostnames, hostname) + " leads to no NVR of that name"; });
  });
}

void Check::seen() {
  audit_.each<SeenRecord>(txn_, Table::seen, [&](std::string_view key, const SeenRecord&) {
    const auto nvr = audit_.ok(txn_.get(Table::nvrs, key));
    audit_.require(nvr && *nvr, [&] { return describe(Table::seen, key) + " belongs to no NVR"; });
  });
}

/// Every camera belongs to an NVR: reading the NVRs would not meet the others.
void Check::owners(const StateTables& tables) {
  std::string known;
  audit_.each<CameraRecord>(txn_, tables.cameras, [&](std::string_view key, const CameraRecord& camera) {
    const std::string_view owner = key.substr(0, id_bytes);
    if (known != owner) {
      const auto nvr = owner.size() == id_bytes ? audit_.ok(txn_.get(tables.nvrs, owner)) : std::nullopt;
      audit_.require(nvr && *nvr, [&] { return describe(tables.cameras, key) + " belongs to no NVR"; });
      known = owner;
    }
    audit_.require(camera.seq <= head_.seq, [&] { return describe(tables.cameras, key) + " is newer than the log"; });
  });
}

fleet::Fleet Check::base() {
  fleet::Fleet fleet;
  audit_.ok(read_nvrs(txn_, base_state, 0, [&](fleet::Nvr&& nvr, const NvrRecord&) {
    audit_.require(nvr.id < head_.next_nvr,
                   [&] { return "NVR " + std::to_string(nvr.id) + " has a number that is still to be given"; });
    fleet.emplace(nvr.id, std::move(nvr));
    return true;
  }));
  return fleet;
}

void Check::log(fleet::Fleet& fleet) {
  last_seq_ = head_.begin - 1;
  past_.begin(head_, fleet);
  audit_.each<fleet::Event>(txn_, Table::events, [&](std::string_view key, fleet::Event& event) {
    const auto seq = seq_of_key(key);
    audit_.require(seq == last_seq_ + 1, [&] {
      return describe(Table::events, key) + " follows event " + std::to_string(last_seq_) + ": the log has a gap";
    });
    if (!seq) return;
    event.seq = *seq;
    one_event(event, fleet);
  });
  audit_.require(last_seq_ == head_.seq, [&] {
    return "the log ends with event " + std::to_string(last_seq_) + ", not with " + std::to_string(head_.seq);
  });
  const bool empty = head_.begin > head_.seq;
  audit_.require(empty || last_at_ == head_.at, [] { return "the log's last time is not its last event's"; });
  past_.end();
}

void Check::one_event(fleet::Event& event, fleet::Fleet& fleet) {
  const auto name = [&] { return "event " + std::to_string(event.seq); };
  audit_.require(last_seq_ < head_.begin || event.at >= last_at_, [&] { return name() + " goes back in time"; });
  last_seq_ = event.seq;
  last_at_ = event.at;
  audit_.require(event.nvr_id < head_.next_nvr,
                 [&] { return name() + " is of an NVR whose number is still to be given"; });
  const auto its_nvr = [&] {
    const auto at = fleet.find(event.nvr_id);
    return at == fleet.end() ? nullptr : &at->second;
  };
  past_.leaves(its_nvr());
  fleet::apply(fleet, event);
  past_.enters(event, its_nvr());
}

void Check::state(fleet::Fleet& fleet) {
  audit_.ok(read_nvrs(txn_, live_state, 0, [&](fleet::Nvr&& nvr, const NvrRecord& record) {
    one_nvr(nvr, record, fleet);
    return true;
  }));
  for (const auto& [id, nvr] : fleet) {
    audit_.add("NVR " + std::to_string(id) + " (" + nvr.hostname + ") is in the log, but has no record");
  }
  audit_.require(hostnames_ == audit_.report.nvrs, [] { return "there are not as many hostnames as NVRs"; });
  audit_.require(counted_ == counts_, [] { return "the fleet's counts are not those of its NVRs"; });
}

void Check::one_nvr(const fleet::Nvr& nvr, const NvrRecord& record, fleet::Fleet& fleet) {
  const auto name = [&] { return "NVR " + std::to_string(nvr.id) + " (" + nvr.hostname + ")"; };
  ++audit_.report.nvrs;
  audit_.report.cameras += nvr.cameras.size();
  audit_.require(nvr.id != 0 && nvr.id < head_.next_nvr,
                 [&] { return name() + " has a number that is still to be given"; });
  const auto owner = audit_.ok(load<HostnameRecord>(txn_, Table::hostnames, record.hostname));
  audit_.require(owner && *owner && (*owner)->id == nvr.id, [&] { return name() + " is not found by its hostname"; });

  NvrRecord counted = record;
  counted.cameras = static_cast<std::uint32_t>(nvr.cameras.size());
  counted.cameras_online = counted.cameras_other = 0;
  for (const fleet::Camera& camera : nvr.cameras) {
    counted.cameras_online += camera.status.is_online() ? 1 : 0;
    counted.cameras_other += camera.status.is_online() || camera.status.is_offline() ? 0 : 1;
  }
  audit_.require(counted == record, [&] { return name() + " does not have the cameras that its record counts"; });
  recount(counted_, std::nullopt, counted);

  const auto node = fleet.extract(nvr.id);
  if (node.empty()) return audit_.add(name() + " has a record, but is not in the log");
  audit_.compare(node.mapped(), nvr);
}

} // namespace

CheckReport check(const Snapshot& snapshot) {
  return Check(snapshot).run();
}

} // namespace nvrhub::store
